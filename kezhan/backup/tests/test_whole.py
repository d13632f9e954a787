"""An installation backed up while people talk, lost, and brought back elsewhere."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from obstore.store import MemoryStore

from kezhan.backup import keys, restore, store
from kezhan.backup.places import Place
from kezhan.backup.stop import Stop
from kezhan.backup.take import MARK, take
from kezhan.backup.tests.factories import KEY, empty, furnish, made, rows_of, settings_for
from kezhan.channels.tests.people import make_shop
from kezhan.kit.errors import Refused
from kezhan.kit.postgres import SUPERUSER, Access, Cluster, attach
from kezhan.kit.testing import TestCluster, until, url_of
from kezhan.simulate.client import Visitor
from kezhan.testing import Running, running
from kezhan.workspaces.tests.factories import member_client

pytestmark = pytest.mark.usefixtures("bare_environment")


def count(access: Access, statement: str) -> int:
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        row = connection.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def execute(access: Access, *statements: str) -> None:
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        for statement in statements:
            connection.execute(statement)


@contextlib.asynccontextmanager
async def talking(visitors: list[Visitor]) -> AsyncIterator[list[int]]:
    """They write and send files until the block ends; how many were acknowledged."""
    acknowledged = [0]

    async def talk(visitor: Visitor) -> None:
        while True:
            await visitor.say("在吗")
            await visitor.upload("茶.txt", "text/plain", f"tea {acknowledged[0]}".encode())
            acknowledged[0] += 1

    tasks = [asyncio.create_task(talk(visitor)) for visitor in visitors]
    try:
        yield acknowledged
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_under_load_it_is_one_instant_and_comes_back_elsewhere_with_every_row_and_file(
    cluster: TestCluster, access: Access, tmp_path: Path
) -> None:
    there, here = tmp_path / "there", tmp_path / "here"
    settings = settings_for(there, access, backup_to=str(tmp_path / "vault"))
    async with running(access, there) as served:
        shop = await make_shop(served)
        visitors = [await shop.visitor(), await shop.visitor()]
        _, client = await member_client(served, workspace_id=shop.workspace_id)
        async with talking(visitors) as said:
            await until(lambda: said[0] >= 5)
            before = said[0]
            taken = await asyncio.to_thread(made, Access.from_url(url_of(access)), settings)
            after = said[0]
            await until(lambda: said[0] > after)
        cookies = dict(client.cookies)
        await shop.close()
    manifest = taken.manifest
    assert before <= rows_of(manifest, "messages") <= after + len(visitors)
    assert before <= manifest.files.count == rows_of(manifest, "files")
    assert count(access, "select count(*) from messages") > rows_of(manifest, "messages"), "it went on"
    assert (manifest.gone, manifest.damaged) == (0, 0)
    cluster.drop(access)
    shutil.rmtree(there)

    second = empty(cluster)
    target = settings_for(here, second, backup_to=str(tmp_path / "vault"))
    done = await asyncio.to_thread(restore.restore, target, Place.at(target), taken.archive, KEY, Stop())
    assert done.manifest == manifest
    assert {path.name for path in here.iterdir()} == {"files", "keys.json"}
    assert (here / "keys.json").stat().st_mode & 0o777 == 0o600
    assert count(second, "select count(*) from messages") == rows_of(manifest, "messages")
    assert len([path for path in (here / "files").rglob("*") if path.is_file()]) == manifest.files.count
    async with running(second, here) as served:
        await _goes_on(served, cookies, shop.site_key)
    with pytest.raises(Refused) as refused:
        await asyncio.to_thread(restore.restore, target, Place.at(target), taken.archive, KEY, Stop())
    assert refused.value.code == "backup.not_empty"
    cluster.drop(second)


async def _goes_on(served: Running, cookies: dict[str, str], site_key: str) -> None:
    """Who was signed in is; who comes is served; what happens is passed on."""
    client = await served.client()
    client.cookies.update(cookies)
    assert (await client.get("/api/me")).status_code == 200
    visitor = Visitor(served.url, site_key, await served.client())
    await visitor.arrive()
    await visitor.say("还在吗")
    await visitor.close()
    behind = (
        "select count(*) from outbox_cursors c where (c.xid, c.id) <"
        " (select xid, id from outbox order by xid desc, id desc limit 1)"
    )
    await until(lambda: not count(served.db.access, behind))


@pytest.fixture(scope="module")
def small(cluster: TestCluster) -> Iterator[Access]:
    """A database that nobody changes while the tests of this file look at it."""
    access = cluster.fresh()
    yield access
    cluster.drop(access)


def test_what_is_not_whole_or_not_for_here_touches_nothing(
    cluster: TestCluster, small: Access, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path / "there")
    place = Place.at(settings)
    taken = made(small, settings)
    path = tmp_path / "there" / "backups" / taken.archive
    whole = path.read_bytes()
    second = empty(cluster)
    target = settings_for(tmp_path / "here", second)

    def refused(key: str = KEY) -> str:
        with pytest.raises(Refused) as refused:
            restore.restore(target, place, taken.archive, key, Stop())
        assert not (tmp_path / "here").exists()
        assert store.is_empty(second)
        return refused.value.code

    for spoilt in (whole[:-20], whole[: len(whole) // 2], whole[:-300] + bytes(300), whole[:100]):
        path.write_bytes(spoilt)
        assert refused() == "backup.damaged"
    path.write_bytes(whole)
    assert refused("another stone and tea") == "backup.wrong_key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore, "knows", lambda revision: False)
        assert refused() == "backup.newer"
        patch.setattr(restore, "knows", lambda revision: True)
        patch.setattr(restore, "free", lambda folder: 0)
        assert refused() == "backup.no_room"
    execute(second, "create table somebodys (id int)")
    with pytest.raises(Refused) as full:
        restore.restore(target, place, taken.archive, KEY, Stop())
    assert full.value.code == "backup.not_empty"
    cluster.drop(second)


def test_a_restore_that_broke_off_lets_nothing_start_and_is_begun_anew(
    cluster: TestCluster, small: Access, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path / "there")
    keys.keep(tmp_path / "there", KEY)
    (tmp_path / "there" / "demo-filled").write_text("yes")
    taken, place = made(small, settings), Place.at(settings)
    assert taken.manifest.kept.count == 2, "and not the key"
    second, here = empty(cluster), tmp_path / "here"
    target = settings_for(here, second)

    def power_cut(*_: object) -> None:
        (here / "keys.json").write_text("of the one that broke off")
        raise OSError("power")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restore, "_bring_back", power_cut)
        with pytest.raises(OSError, match="power"):
            restore.restore(target, place, taken.archive, KEY, Stop())
    with pytest.raises(Refused) as half:
        restore.check_started(here)
    assert half.value.code == "backup.half_restored"
    with (here / MARK).open("a+b") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        with pytest.raises(Refused) as twice:
            restore.restore(target, place, taken.archive, KEY, Stop())
        assert twice.value.code == "backup.under_way"
        assert (here / "keys.json").exists(), "what the other one has brought is left alone"
    restore.restore(target, place, taken.archive, KEY, Stop())
    restore.check_started(here)
    assert sorted(path.name for path in here.iterdir()) == ["demo-filled", "files", "keys.json"]
    assert (here / "keys.json").read_bytes() == (tmp_path / "there" / "keys.json").read_bytes()
    execute(second, "delete from alembic_version")
    with pytest.raises(Refused) as differs:
        restore._compare(store.sums(second, Stop()), taken.manifest)
    assert (differs.value.code, differs.value.params["said"]) == ("backup.differs", "alembic_version")
    cluster.drop(second)


def test_a_bucket_is_a_place_like_a_folder_and_a_backup_that_fails_is_not_there(
    small: Access, tmp_path: Path
) -> None:
    settings, bucket = settings_for(tmp_path), Place(MemoryStore(), "s3://vault/tea")
    first, second = made(small, settings, bucket), made(small, settings, bucket)
    assert sorted(one.name for one in bucket.archives()) == sorted([first.archive, second.archive])
    assert bucket.room() is None
    assert restore.check(bucket, first.archive, KEY, Stop()).manifest == first.manifest
    assert first.manifest.tables == second.manifest.tables
    bucket.remove(first.archive)
    bucket.remove(first.archive)
    stop, folder = Stop(), Place.at(settings)
    stop.set()
    with pytest.raises(Refused) as broken:
        take(small, settings, folder, "command", stop)
    assert broken.value.code == "backup.broken_off"
    (tmp_path / "backups" / "kezhan-20261123T000000Z-0a0a0a.kzb#1").write_bytes(b"of one that was killed")
    taken = made(small, settings, folder)
    assert [path.name for path in (tmp_path / "backups").iterdir()] == [taken.archive]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Place, "room", lambda place: 1000)
        with pytest.raises(Refused) as full:
            made(small, settings, folder)
    assert full.value.code == "backup.no_room"


async def test_what_waits_for_the_database_is_broken_off_at_once(small: Access, tmp_path: Path) -> None:
    stop, waiting = Stop(), "select count(*) from pg_locks where relation = 'tags'::regclass and not granted"
    with psycopg.connect(small.psycopg(SUPERUSER)) as other:
        other.execute("lock table tags in access exclusive mode")
        work = asyncio.create_task(asyncio.to_thread(store.sums, small, stop))
        await until(lambda: count(small, waiting))
        stop.set()
        with pytest.raises(Refused) as broken:
            await work
    assert broken.value.code == "backup.broken_off"


def test_a_bucket_by_its_settings(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "backup_s3_endpoint": "http://127.0.0.1:1",
        "backup_s3_key": "k",
        "backup_s3_secret": "s",
    }
    place = Place.at(settings_for(tmp_path, backup_to="s3://vault/tea", **more))
    assert (place.name, place.folder) == ("s3://vault/tea", None)
    for wrong in ("s3://", "s3:///tea"):
        with pytest.raises(Refused) as refused:
            Place.at(settings_for(tmp_path, backup_to=wrong))
        assert refused.value.code == "backup.place"
    (tmp_path / "file").write_text("tea")
    with pytest.raises(Refused) as refused:
        Place.at(settings_for(tmp_path, backup_to=str(tmp_path / "file")))
    assert refused.value.code == "backup.place"


def test_a_table_the_role_cannot_read_whole_is_never_left_out_in_silence(
    cluster: TestCluster, tmp_path: Path
) -> None:
    access = cluster.fresh()
    by_url = Access.from_url(url_of(access))
    policy = "policy tags_backup on tags"
    for hide, show in (
        (f"drop {policy}", f"create {policy} for select to kz_backup using (true)"),
        ("revoke select on users from kz_backup", "grant select on users to kz_backup"),
    ):
        execute(access, hide)
        with pytest.raises(Refused) as refused:
            made(by_url, settings_for(tmp_path))
        assert refused.value.code == "backup.unreadable"
        assert refused.value.params["said"] in {"tags", "users"}
        execute(access, show)
    assert made(by_url, settings_for(tmp_path)).manifest.tables == store.sums(access, Stop())
    cluster.drop(access)


def test_what_was_to_be_passed_on_still_is_on_a_server_that_counts_from_the_beginning(
    cluster: TestCluster,
) -> None:
    access = cluster.fresh()
    execute(
        access,
        "insert into outbox (id, xid, workspace_id, kind, body)"
        " select id, xid::xid8, gen_random_uuid(), kind, '{}' from (values"
        "  (7, '9000000002', 'c'), (9, '9000000001', 'b'), (8, '8000000000', 'a')) o (id, xid, kind)",
        "insert into outbox_cursors (handler, xid, id)"
        " values ('new', '0', 0), ('some', '9000000001', 9), ('all', '9500000000', 3)",
    )
    store.settle(access)
    store.settle(access)
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        waiting = {
            handler: "".join(
                row[0]
                for row in connection.execute(
                    "select o.kind from outbox o, outbox_cursors c where c.handler = %s"
                    " and (o.xid, o.id) > (c.xid, c.id) and o.xid < pg_snapshot_xmin(pg_current_snapshot())"
                    " order by o.xid, o.id",
                    (handler,),
                )
            )
            for handler in ("new", "some", "all")
        }
        connection.execute(
            "insert into outbox (workspace_id, kind, body) values (gen_random_uuid(), 'd', '{}')"
        )
        newest = connection.execute("select kind from outbox order by xid desc, id desc limit 1").fetchone()
    assert waiting == {"new": "abc", "some": "c", "all": ""}
    assert newest == ("d",)
    cluster.drop(access)


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A folder that PostgreSQL may enter under root too."""
    folder = Path(tempfile.mkdtemp(prefix="kz-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def kezhan(*words: object) -> str:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "kezhan", *map(str, words)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
def test_a_folder_with_its_own_database_is_killed_brought_back_and_rehearsed(open_path: Path) -> None:
    """By the commands, as a person would."""
    there, here, vault, key = (open_path / name for name in ("there", "here", "vault", "key"))
    person = "insert into users (id, email, email_key) values (gen_random_uuid(), 'a@x.cn', 'a@x.cn')"
    kezhan("migrate", "--data", there)
    furnish(there)
    cluster = Cluster(there)
    cluster.start()
    execute(attach(there), person)
    assert "MB/s" in kezhan("backup", "--data", there, "--to", vault)
    (archive,) = vault.iterdir()
    os.kill(cluster.pid, signal.SIGKILL)
    cluster.stop()
    assert "can be restored" in kezhan("restore", archive, "--data", there, "--rehearse")
    assert not list(there.glob("rehearsal-*"))
    key.write_text(keys.read(settings_for(there, backup_key="")))
    shutil.rmtree(there)
    words = ("--from", vault, "--data", here, "--key-file", key)
    assert "restored" in kezhan("restore", "latest", *words)
    brought = Cluster(here)
    assert count(brought.start(), "select count(*) from users") == 1
    brought.stop()
    kezhan("backup", "--data", here)


LARGE = 200 * 2**20
"""Bytes of a database, with its indexes."""
CUSTOMERS = """
    insert into contacts (workspace_id, id, name, sort_key, name_key, email, email_key, note)
    select w.id, gen_random_uuid(), c.t, c.t, c.t, c.t || '@tea.cn', c.t || '@tea.cn',
           md5(c.t) || md5(n || c.t)
    from workspaces w, generate_series(1, 50000) as n, lateral (select md5(n || random()::text) as t) c
"""


@pytest.mark.long
def test_a_larger_database_is_taken_and_brought_back_in_a_known_time(
    open_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there, here, vault, key = (open_path / name for name in ("there", "here", "vault", "key"))
    kezhan("migrate", "--data", there)
    furnish(there)
    cluster = Cluster(there)
    access = cluster.start()
    execute(access, "insert into workspaces (id, name) values (gen_random_uuid(), 'T')")
    while (size := count(access, "select pg_database_size(current_database())")) < LARGE:
        execute(access, CUSTOMERS)
    people = count(access, "select count(*) from contacts")
    took, told = {}, ""
    begun = time.monotonic()
    told += kezhan("backup", "--data", there, "--to", vault)
    took["backup"] = time.monotonic() - begun
    cluster.stop()
    key.write_text(keys.read(settings_for(there, backup_key="")))
    begun = time.monotonic()
    told += kezhan("restore", "latest", "--from", vault, "--data", here, "--key-file", key)
    took["restore"] = time.monotonic() - begun
    brought = Cluster(here)
    assert count(brought.start(), "select count(*) from contacts") == people
    brought.stop()
    with capsys.disabled():
        words = ", ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items())
        print(f"\n  {size / 2**20:.0f} MB, {people:,} customers: {words}\n{told}")  # noqa: T201
