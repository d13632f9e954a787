"""Load programs that end well, and every way in which they do not."""

import os
import textwrap
from pathlib import Path

import msgspec
import pytest

from bench import play as playing
from bench.account import Account
from bench.place import Place, Serving
from bench.play import PlayFailed, play


class Plan(msgspec.Struct):
    word: str = "well"


class Result(msgspec.Struct):
    word: str


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Without a cluster: this process poses as the postmaster."""
    found = Place(tmp_path)
    found.postmaster = os.getpid()
    return found


async def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place, body: str, server: int = 0
) -> playing.Played[Result]:
    (tmp_path / "program.py").write_text("import sys\n" + textwrap.dedent(body), encoding="utf-8")
    monkeypatch.setattr(playing, "_ROOT", tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return await play("program", Plan(), Result, place, Serving(0, server or os.getpid()))


async def test_only_what_is_used_between_the_marks_is_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    used = iter([1.0, 4.5])
    monkeypatch.setattr(playing, "account", lambda *_: Account(next(used), 2.0))
    body = """
        plan = sys.stdin.read()
        print('start', 'stop', 'a remark', plan.replace('well', 'done'), sep=chr(10))
    """
    played = await run(tmp_path, monkeypatch, place, body)
    assert played.result == Result("done")
    assert played.used() == Account(3.5, 0.0)
    assert set(played.marks) == {"start", "stop"}


async def test_a_program_that_breaks_is_named_with_its_last_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    with pytest.raises(PlayFailed, match=r"(?s)program ended with code 1 .*no bread today"):
        await run(tmp_path, monkeypatch, place, "print('start'); raise SystemError('no bread today')")


async def test_a_result_does_not_hide_that_the_program_broke_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    with pytest.raises(PlayFailed, match="code 3"):
        await run(tmp_path, monkeypatch, place, """print('{"word":"x"}'); sys.exit(3)""")


@pytest.mark.parametrize("said", ["", "print('start')", """print('{"other":1}')"""])
async def test_a_program_without_a_fitting_result_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place, said: str
) -> None:
    with pytest.raises(PlayFailed, match="no result"):
        await run(tmp_path, monkeypatch, place, said)


async def test_a_program_that_does_not_end_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    monkeypatch.setattr(playing, "SLOWEST_SECONDS", 0.2)
    with pytest.raises(PlayFailed, match="did not end"):
        await run(tmp_path, monkeypatch, place, "import time; time.sleep(60)")


async def test_a_server_that_is_gone_is_an_error_and_no_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Place
) -> None:
    with pytest.raises(PlayFailed, match="server was gone"):
        await run(tmp_path, monkeypatch, place, "print('start')", server=2**22 + 1)
