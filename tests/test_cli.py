"""The command line: what each command answers with, and that a fault to be expected is one sentence."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import psycopg
import pytest
from typer.testing import CliRunner, Result

from kezhan import cli, serve
from kezhan.kit.migrate import version
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, url_of
from kezhan.settings import Settings

BARE = ["--no-pages", "--empty", "--port", "0"]


pytestmark = pytest.mark.usefixtures("bare_environment")


@pytest.fixture(scope="module")
def place(cluster: TestCluster) -> Iterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


def kezhan(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def sentence(done: Result, code: int) -> str:
    """The one line a person gets."""
    assert done.exit_code == code, done.output
    assert "Traceback" not in done.output
    (line,) = done.output.strip().splitlines()
    assert line.startswith("kezhan: ")
    return line


def test_help_names_every_command_and_options_say_what_they_do() -> None:
    shown = kezhan("--help")
    assert shown.exit_code == 0
    for name in ("up", "migrate", "backup", "restore", "doctor", "simulate", "fake-platforms", "openapi"):
        assert name in shown.output
        one = kezhan(name, "--help")
        assert (one.exit_code, "Usage" in one.output) == (0, True)
    for option in (
        "--port",
        "--host",
        "--data",
        "--public-url",
        "--database-url",
        "--trusted-proxy",
        "--empty",
    ):
        assert option in kezhan("up", "--help").output


@pytest.mark.parametrize(
    "words",
    [[], ["nothing"], ["up", "--port", "x"], ["up", "--nothing"], ["up", "extra"], ["openapi", "extra"]],
)
def test_words_nobody_knows_are_exit_2_with_the_way_to_help(words: list[str]) -> None:
    done = kezhan(*words)
    assert done.exit_code == 2
    assert "--help" in done.output or "Usage" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--host", "0.0.0.0"], "--empty"),  # noqa: S104
        (["--host", "0.0.0.0", "--empty"], "--trusted-proxy"),  # noqa: S104
        (["--database-url", "mysql://u:hush@a/b"], "postgresql://"),
        (["--database-url", "postgresql://u:hush@127.0.0.1:1/tea"], "127.0.0.1"),
        (["--database-url", "postgresql://u:hush@a/b?x=1"], "cannot be read"),
    ],
)
def test_what_cannot_be_served_is_one_sentence_and_exit_1(
    tmp_path: Path, words: list[str], part: str
) -> None:
    line = sentence(kezhan("up", "--no-pages", "--data", tmp_path, *words), 1)
    assert part in line
    assert "hush" not in line


def test_migrate_brings_an_empty_database_to_this_version_and_finds_nothing_to_do_the_second_time(
    tmp_path: Path, cluster: TestCluster
) -> None:
    empty = replace(cluster.access, database="not_yet", login_per_role=True)
    with psycopg.connect(cluster.access.psycopg("postgres", "postgres"), autocommit=True) as admin:
        admin.execute("create database not_yet")
    for _ in range(2):
        done = kezhan("migrate", "--data", tmp_path, "--database-url", url_of(empty))
        assert (done.exit_code, done.output) == (0, "")
        current, wanted = version(empty)
        assert current == wanted
    cluster.drop(empty)


def test_migrate_says_in_a_sentence_why_it_cannot(tmp_path: Path) -> None:
    words = ["--database-url", "postgresql://u:hush@127.0.0.1:1/tea"]
    assert "127.0.0.1" in sentence(kezhan("migrate", "--data", tmp_path, *words), 1)


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("tea")
    for folder in (tmp_path / "file", tmp_path / "file" / "deeper"):
        assert str(folder) in sentence(kezhan("up", *BARE, "--data", folder), 1)


def test_a_port_somebody_has_is_named(place: Access, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = kezhan(
            "up", "--no-pages", "--empty", "--port", port, "--data", tmp_path, "--database-url", url_of(place)
        )
    assert f"127.0.0.1:{port}" in sentence(done, 1)


def test_fake_platforms_say_which_port_somebody_has_and_that_they_come_with_a_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert str(port) in sentence(kezhan("fake-platforms", "--port", port), 1)
    monkeypatch.setitem(sys.modules, "fakes.serve", None)
    assert "checkout" in sentence(kezhan("fake-platforms"), 2)


def test_up_serves_says_where_and_for_whom_and_ends_well_when_told(
    place: Access, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real start on the tests' own cluster; a signal ends it as Ctrl-C would."""
    answers: list[tuple[int, str]] = []
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    announce = serve._announce

    async def then_look_and_leave(*words: object) -> None:
        await announce(*words)  # type: ignore[arg-type]
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            for path in ("/healthz", "/api/me"):
                found = await http.get(path)
                answers.append((found.status_code, found.text[:2]))
        os.kill(os.getpid(), 2)
        await asyncio.sleep(0)

    monkeypatch.setattr(serve, "_announce", then_look_and_leave)
    settings = Settings(
        data=tmp_path, port=port, demo=False, pages=False, database_url=url_of(place)
    ).resolved()
    assert serve.serve(settings, tmp_path) == 0
    assert answers == [(200, "ok"), (401, '{"')]
    said = capsys.readouterr().out
    assert f"http://127.0.0.1:{port}" in said
    assert f"http://127.0.0.1:{port}/setup?token=" in said, "the way in for the first owner"
    assert "Sign in" not in said, "no demo, no accounts"


def test_the_written_contract_is_checked_and_a_stale_one_is_exit_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kezhan.contract.contract", lambda: b"{}\n")
    monkeypatch.setattr(cli, "_ROOT", tmp_path)
    written = tmp_path / "web" / "packages" / "api" / "openapi.json"
    written.parent.mkdir(parents=True)
    missing = kezhan("openapi", "--check")
    assert (missing.exit_code, written.exists()) == (1, False)
    assert "python3 run.py openapi" in missing.output
    for _ in range(2):
        assert kezhan("openapi").exit_code == 0
        assert written.read_bytes() == b"{}\n"
    assert kezhan("openapi", "--check").exit_code == 0
    written.write_bytes(b"{}")
    assert kezhan("openapi", "--check").exit_code == 1
    assert written.read_bytes() == b"{}", "a check changes nothing"
