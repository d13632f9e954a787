"""The harness itself: it reproduces, it tells, it finds the planted bugs, and it leaves nothing behind."""

import asyncio
import os
import re
import runpy
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import typer

from kezhan.kit.testing import PATIENCE
from tests.faults import __main__ as command
from tests.faults.inject import FAULTS
from tests.faults.place import ROOT
from tests.faults.plant import PLANTS, plant
from tests.faults.torture import schedule


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where PostgreSQL's own user may pass."""
    folder = Path(tempfile.mkdtemp(prefix="kezhan-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


async def torture(*words: str, patience: float = 400) -> tuple[int, str]:
    """The exit code and what was said."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", *words, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(program.communicate(), patience)
    return program.returncode or 0, said.decode()


def leftovers(folder: Path) -> list[str]:
    """Processes that work in or for that folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def mounted(folder: Path) -> bool:
    return str(folder) in Path("/proc/self/mounts").read_text()


def taken(seed: int, count: int) -> list[tuple[str, float, float]]:
    return [(name, at, rng.random()) for name, at, rng in islice(schedule(seed, list(FAULTS)), count)]


def test_a_seed_reproduces_the_faults_their_moments_and_their_chance() -> None:
    assert taken(7, 60) == taken(7, 60)
    assert taken(7, 60) != taken(8, 60)


def test_each_round_takes_every_fault_once() -> None:
    names = [name for name, *_ in taken(7, 3 * len(FAULTS))]
    assert all(names.count(name) == 3 for name in FAULTS)


@pytest.mark.long
async def test_a_short_torture_passes_tells_its_seed_and_leaves_nothing(folder: Path) -> None:
    words = ("--minutes", "0.05", "--seed", "5", "--faults", "server,cut,duplicate", "--customers", "4")
    code, said = await torture(*words, "--keep", str(folder))
    assert code == 0, said
    assert "seed 5" in said
    assert "PASSED: 0 lost, 0 doubled, 0 out of order, 0 invented, all converged" in said
    assert all(re.search(rf"\d+  {name}\n", said) for name in ("server", "cut", "duplicate"))
    assert leftovers(folder) == []


@pytest.mark.parametrize(("word", "value"), [("faults", "cut,earthquake"), ("planted", "gremlin")])
def test_unknown_faults_and_bugs_are_refused_by_name(word: str, value: str) -> None:
    given: dict[str, Any] = {word: value}
    with pytest.raises(typer.BadParameter, match=r"earthquake|gremlin"):
        command.torture(**given)


def test_what_is_planted_in_the_append_function_fits_it(tmp_path: Path) -> None:
    folder = plant("no-deduplication", tmp_path / "product")
    file, _ = PLANTS["no-deduplication"]
    planted = runpy.run_path(str(folder / "kezhan" / file))["_APPEND"]
    assert "where false" in planted and planted.count("on conflict do nothing") == 1


def test_nats_is_killed_only_where_it_is_there() -> None:
    with pytest.raises(typer.BadParameter, match="--bus nats"):
        command.torture(faults="nats")


@pytest.mark.long
async def test_two_servers_with_nats_between_them_stand_its_deaths(folder: Path) -> None:
    words = ("--processes", "2", "--bus", "nats", "--faults", "nats,server,cut", "--minutes", "0.5")
    code, said = await torture(*words, "--seed", "7", "--keep", str(folder))
    assert code == 0, said
    assert re.search(r"\d+  nats\n", said)
    assert leftovers(folder) == []


@pytest.mark.long
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_told_to_stop_it_stops_everything_it_started(folder: Path, number: signal.Signals) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults", "--minutes", "5", "--keep", str(folder), cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await asyncio.sleep(12)
    assert leftovers(folder)
    program.send_signal(number)
    said, _ = await asyncio.wait_for(program.communicate(), PATIENCE)
    assert program.returncode == 130
    assert b"stopped, seed" in said
    assert leftovers(folder) == []
    assert not mounted(folder)


FOUND_BY = {
    "early-acknowledgement": ("server", "0.6", {"lost", "phantom"}),
    "no-deduplication": ("duplicate,cut", "0.2", {"doubled"}),
    "unsorted-resume": ("cut,half-open", "0.4", {"unsorted"}),
}


@pytest.mark.long
@pytest.mark.parametrize("name", PLANTS)
async def test_a_planted_bug_is_found(name: str, folder: Path) -> None:
    faults, minutes, rules = FOUND_BY[name]
    words = ("--plant", name, "--faults", faults, "--minutes", minutes, "--seed", "3")
    code, said = await torture(*words, "--keep", str(folder))
    assert code == 1, said
    assert any(f" {rule}" in said.splitlines()[-1] for rule in rules), said


@pytest.mark.long
@pytest.mark.parametrize("processes", [1, 2])
async def test_every_fault_leaves_what_was_acknowledged_as_it_was(processes: int, folder: Path) -> None:
    minutes = os.environ.get("TORTURE_MINUTES", "4")
    words = ("--minutes", minutes, "--processes", str(processes), "--keep", str(folder))
    code, said = await torture(*words, patience=float(minutes) * 60 + 400)
    assert code == 0, said
