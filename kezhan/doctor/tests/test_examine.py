"""`kezhan doctor` from the door: one line a finding, exit 1 on a fault, nothing started or changed."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from kezhan import cli
from kezhan.doctor import machine
from kezhan.doctor.examine import examine, server_pid
from kezhan.doctor.findings import ok
from kezhan.doctor.words import WORDS
from kezhan.kit.postgres import SUPERUSER, Access, Cluster
from kezhan.kit.testing import PATIENCE, TestCluster, url_of
from kezhan.settings import Settings

ROOT = Path(cli.__file__).parents[1]


pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture(scope="module")
def place(cluster: TestCluster) -> Iterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


def found(settings: Settings, root: Path = ROOT) -> dict[str, str]:
    """Code → level."""
    return {one.code: one.level for one in examine(settings.resolved(), root, 500)}


def inside(access: Access, folder: Path) -> dict[str, str]:
    return found(Settings(data=folder, database_url=url_of(access), pages=False))


def admin(access: Access, *statements: str) -> None:
    with psycopg.connect(access.psycopg(SUPERUSER), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_every_word_is_in_both_languages_with_the_same_parameters() -> None:
    for code, (english, chinese) in WORDS.items():
        assert english != chinese or code in {"python", "database"}, code
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", chinese)), code


def test_every_word_is_used_and_every_finding_has_one() -> None:
    source = "".join(path.read_text() for path in (ROOT / "kezhan/doctor").glob("*.py"))
    asked = set(re.findall(r"\b(?:ok|warn|fault)\(\s*\"(\w+)\"", source)) | {"unfit_demo", "unfit_plain"}
    assert asked == set(WORDS)


@pytest.mark.parametrize(
    ("language", "word"),
    [
        ("en_US.UTF-8", "Start it: kezhan up"),
        ("zh-CN", "请启动"),
        ("zh_CN.UTF-8", "请启动"),
        ("", "Start it"),
    ],
)
def test_without_a_server_it_says_so_in_the_readers_language_twice_alike(
    tmp_path: Path, language: str, word: str
) -> None:
    words = ["doctor", "--data", str(tmp_path / "none"), "--locale", language]
    first, second = CliRunner().invoke(cli.app, words), CliRunner().invoke(cli.app, words)
    assert word in first.output
    assert first.output == second.output
    assert not (tmp_path / "none").exists(), "it makes nothing"


def test_the_environments_language_is_taken_and_the_option_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    words = ["doctor", "--data", str(tmp_path / "none")]
    assert "注意" in CliRunner().invoke(cli.app, words).output
    assert "注意" not in CliRunner().invoke(cli.app, [*words, "--locale", "en"]).output


def test_a_fault_is_exit_1_and_a_warning_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "check_packages", lambda _: ok("packages_unlocked"))
    words = ["doctor", "--data", str(tmp_path / "none")]
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    open_to_all = CliRunner().invoke(cli.app, [*words, "--host", "0.0.0.0", "--locale", "en"])  # noqa: S104
    assert open_to_all.exit_code == 1
    assert "FAULT  0.0.0.0 serves other machines" in open_to_all.output


@pytest.mark.parametrize("words", [["--sockets", "0"], ["--sockets", "x"], ["--port", "x"], ["more"]])
def test_words_that_cannot_be_are_exit_2(words: list[str]) -> None:
    assert CliRunner().invoke(cli.app, ["doctor", *words]).exit_code == 2


@pytest.mark.parametrize("url", ["mysql://u:hush@a/b", "postgresql://u:hush@127.0.0.1:1/tea"])
def test_a_database_out_of_reach_is_a_fault_that_tells_no_password(tmp_path: Path, url: str) -> None:
    done = CliRunner().invoke(
        cli.app, ["doctor", "--data", str(tmp_path), "--database-url", url, "--locale", "zh"]
    )
    assert done.exit_code == 1
    assert "故障  数据库连不上" in done.output
    assert "hush" not in done.output


def test_a_database_that_is_as_it_should_be_has_nothing_but_good_lines_besides_the_tests_settings(
    place: Access, tmp_path: Path
) -> None:
    for _ in range(2):
        levels = inside(place, tmp_path)
        for code in ("database", "connections", "clock", "migrations", "roles", "outbox"):
            assert levels[code] == "ok", code
        assert levels["not_durable"] == "fault", "tests run with fsync off, and that is told"


def test_roles_and_walls_that_do_not_hold_are_faults(access: Access, tmp_path: Path) -> None:
    assert inside(access, tmp_path)["roles"] == "ok"
    admin(access, "alter table contacts no force row level security")
    assert inside(access, tmp_path)["walls_open"] == "fault"
    admin(access, "alter table contacts force row level security", "alter table contacts owner to kz_app")
    assert inside(access, tmp_path)["roles_bypass"] == "fault"
    admin(access, "alter table contacts owner to kz_owner")
    admin(access, "drop policy memberships_app on memberships")
    admin(access, "create policy memberships_app on memberships to kz_app using (true)")
    admin(
        access,
        "insert into workspaces (id, name) values (gen_random_uuid(), '茶')",
        "insert into users (id, email, email_key) values (gen_random_uuid(), 'a@x.cn', 'a@x.cn')",
        "insert into memberships (workspace_id, id, user_id, email, name, sort_key, role)"
        " select w.id, w.id, u.id, 'a@x.cn', '林', 'lin', 'owner' from workspaces w, users u",
    )
    assert inside(access, tmp_path)["roles_bypass"] == "fault", "the application's role itself has tried"


@pytest.mark.parametrize(
    ("version", "code", "level"),
    [
        ("0001", "migrations_behind", "fault"),
        ("9999", "migrations_newer", "warn"),
        (None, "migrations_none", "warn"),
    ],
)
def test_a_schema_of_another_version_is_told(
    access: Access, tmp_path: Path, version: str | None, code: str, level: str
) -> None:
    admin(access, "delete from alembic_version")
    if version:
        admin(access, f"insert into alembic_version values ('{version}')")  # noqa: S608
    levels = inside(access, tmp_path)
    assert levels[code] == level
    assert ("roles" in levels) == (code == "migrations_newer"), "what is not there is not asked about"


def test_what_nobody_passes_on_and_what_was_given_up_is_told(access: Access, tmp_path: Path) -> None:
    admin(
        access,
        "insert into outbox_cursors (handler) values ('test.late')",
        "insert into outbox (workspace_id, kind, body, created_at)"
        " values (gen_random_uuid(), 'x', '{}', now() - interval '2 hours')",
    )
    assert inside(access, tmp_path)["outbox_idle"] == "warn"
    lane = psycopg.connect(access.psycopg(SUPERUSER), application_name="kz_lane")
    assert inside(access, tmp_path)["outbox_late"] == "fault", "a process is there and does not get on"
    lane.close()
    admin(
        access,
        "delete from outbox",
        "insert into dead_letters (workspace_id, handler, kind, body, fault)"
        " values (gen_random_uuid(), 'test.late', 'x', '{}', 'y')",
    )
    assert inside(access, tmp_path)["letters"] == "warn"


@pytest.mark.parametrize("written", ["", "x", "0", "99999999", "-1", "9" * 30])
def test_a_lock_nobody_holds_names_no_process(tmp_path: Path, written: str) -> None:
    (tmp_path / "kezhan.lock").write_text(written)
    assert server_pid(tmp_path) is None


def test_a_check_that_fails_itself_is_a_finding_and_the_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise RuntimeError("no\nidea")

    monkeypatch.setattr(machine, "check_packages", broken)
    levels = found(Settings(data=tmp_path))
    assert levels["broken"] == "fault"
    assert levels["database_down"] == "warn"


@pytest.mark.long
def test_with_the_embedded_database_it_looks_into_the_one_that_runs(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert found(Settings(data=folder))["database_down"] == "warn"
    cluster = Cluster(folder)
    cluster.start()
    try:
        before = cluster.pid
        levels = found(Settings(data=folder))
        assert (levels["database"], levels["durable"], levels["migrations_none"]) == ("ok", "ok", "warn")
        assert (cluster.pid, cluster.alive()) == (before, True)
        os.kill(cluster.pid, 9)
        assert cluster._postmaster is not None
        cluster._postmaster.gone.wait(PATIENCE)
        assert found(Settings(data=folder))["database_lost"] == "fault", "the program lives, its database not"
    finally:
        cluster.stop()
    assert found(Settings(data=folder))["database_down"] == "warn"
