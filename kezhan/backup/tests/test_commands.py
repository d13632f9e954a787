"""The commands, and the backup before an upgrade."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic import command
from typer.testing import CliRunner, Result

from kezhan import cli, serve
from kezhan.backup import command as commands
from kezhan.backup import restore, store, work
from kezhan.backup.places import Place
from kezhan.backup.stop import Stop
from kezhan.backup.tests.factories import KEY, empty, furnish, settings_for
from kezhan.kit import migrate
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, url_of
from tests.test_migrations import alembic

pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture(scope="module")
def small(cluster: TestCluster) -> Iterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


def kezhan(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def test_a_backup_is_made_named_and_brought_back_by_commands(
    cluster: TestCluster, small: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ("--data", tmp_path / "there", "--database-url", url_of(small))
    shown = kezhan("backup", "--show-key", *place)
    assert shown.exit_code == 0
    assert shown.output == kezhan("backup", "--show-key", *place).output, "the same again"
    key = shown.output.strip()
    assert len(key) == 39 and (tmp_path / "there" / "backup-key").stat().st_mode & 0o777 == 0o600
    astray = kezhan("backup", *place)
    assert (astray.exit_code, "keys.json" in astray.output) == (1, True), "another folder than its own"
    furnish(tmp_path / "there")
    done = kezhan("backup", *place)
    assert (done.exit_code, "MB/s" in done.output, key in done.output) == (0, True, False), done.output
    (listed,) = kezhan("backup", "--list", *place).output.splitlines()
    archive = listed.split()[0]
    assert archive in done.output
    second = empty(cluster)
    there = tmp_path / "there" / "backups" / archive
    words = ("--data", tmp_path / "here", "--database-url", url_of(second))
    lost = kezhan("restore", there, *words)
    assert (lost.exit_code, "--key-file" in lost.output) == (1, True), "the key is not inside"
    for name in ("latest", "kezhan-x.kzb", tmp_path / "no" / "x.kzb"):
        none = kezhan("restore", name, *words, "--from", tmp_path / "no")
        assert (none.exit_code, "Traceback" in none.output) == (1, False)
    (tmp_path / "short").write_text("tea\n")
    assert "12" in kezhan("restore", there, *words, "--key-file", tmp_path / "short").output
    brought = kezhan("restore", there, *words, "--key-file", tmp_path / "there" / "backup-key")
    assert brought.exit_code == 0, brought.output
    assert (tmp_path / "here" / "backup-key").read_text().strip() == key
    cluster.drop(second)


def test_a_command_while_another_works_says_so(small: Access, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, small)

    async def held() -> Result:
        db = Database(Access.from_url(settings.database_url), Wiring(), pool=1)
        try:
            async with work.turn(db):
                return await asyncio.to_thread(
                    kezhan, "backup", "--data", tmp_path, "--database-url", settings.database_url
                )
        finally:
            await db.close()

    busy = asyncio.run(held())
    assert (busy.exit_code, "under way" in busy.output) == (1, True), busy.output


def test_a_half_restored_folder_is_not_started(small: Access, tmp_path: Path) -> None:
    (tmp_path / "restoring").write_text("x\n")
    for words in (("up", "--no-pages", "--empty"), ("migrate",), ("backup",)):
        done = kezhan(*words, "--data", tmp_path)
        assert (done.exit_code, "has begun and not ended" in done.output) == (1, True), done.output
    assert [path.name for path in tmp_path.iterdir()] == ["restoring"]


def test_an_older_database_is_backed_up_first_and_left_as_it_was_where_the_upgrade_fails(
    cluster: TestCluster, tmp_path: Path
) -> None:
    access, told = empty(cluster), list[str]()
    settings = settings_for(tmp_path)
    assert commands.before_upgrade(access, settings, told.append) is None, "an empty one"
    alembic(access, command.upgrade, "0030")
    furnish(tmp_path)
    with psycopg.connect(access.psycopg("postgres")) as connection:
        connection.execute("insert into workspaces (id, name) values (gen_random_uuid(), '山间茶业')")
    without = settings_for(tmp_path, backup_first=False)
    assert commands.before_upgrade(access, without, told.append) is None
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        connection.execute("create table backup_runs (in_the_way int)")
    before = store.sums(access, Stop())
    with pytest.raises(Refused) as failed:
        serve._upgrade(settings, access)
    assert failed.value.code == "backup.upgrade_failed"
    assert store.sums(access, Stop()) == before, "what 0031 did went back with 0032"
    assert migrate.version(access)[0] == "0030"
    (archive,) = Place.at(settings).archives()
    assert archive.upgrade
    with psycopg.connect(access.psycopg("postgres")) as connection:
        connection.execute("update workspaces set name = 'of the new version'")
    second = empty(cluster)
    place, back = Place.at(settings), tmp_path / "back"
    whole = restore.check(place, archive.name, KEY, Stop()).manifest
    restore._bring_back(second, back, place, archive.name, KEY, whole, Stop())
    assert (migrate.version(second)[0], store.sums(second, Stop())) == ("0030", before), "the way back"
    cluster.drop(second)
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        connection.execute("drop table backup_runs")
    kept = commands.before_upgrade(access, settings, told.append)
    assert kept is not None and kept.archive in told[-1] and "restore" in told[-1]
    migrate.upgrade(access)
    commands.after_upgrade(access, kept)
    assert commands.before_upgrade(access, settings, told.append) is None, "it is of this version"
    with psycopg.connect(access.psycopg("kz_system")) as connection:
        assert connection.execute("select cause, state from backup_runs").fetchall() == [("upgrade", "done")]
    cluster.drop(access)
