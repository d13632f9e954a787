"""Load programs, each in a process of its own, and what server and PostgreSQL took between their marks.

A program reads its plan as JSON on standard input and tells, a line each: marks (one lower-case word),
remarks, and at last its result as a JSON object.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import msgspec

from bench.account import Account, account, busy_seconds, cpu_seconds, resident_bytes
from bench.place import Place, Serving

T = TypeVar("T")
SLOWEST_SECONDS = 240.0
_REMARKS = 5
_ROOT = Path(__file__).parents[1]


class PlayFailed(Exception):
    """A turn that gave no figures; the text says what broke."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What had been used when the program told the mark, and the servers' memory in bytes then. CPU seconds
    of each server, the load program and all the machine's processes; `at` in seconds of the wall clock."""

    account: Account
    resident: int
    each: tuple[float, ...]
    load: float
    machine: float
    at: float


class Played(msgspec.Struct, Generic[T], frozen=True):
    result: T
    marks: dict[str, Mark]

    def used(self, since: str = "start", until: str = "stop") -> Account:
        """CPU seconds between two marks, and nothing before or after."""
        return self.marks[until].account - self.marks[since].account

    def grown(self, since: str = "start", until: str = "stop") -> int:
        """By how many bytes the server's memory has grown between two marks."""
        return self.marks[until].resident - self.marks[since].resident


async def play(
    module: str,
    plan: msgspec.Struct,
    shape: type[T],
    place: Place,
    *servers: Serving,
    at_mark: Callable[[str], Awaitable[None]] | None = None,
) -> Played[T]:
    """Run `module` with `plan` to its end. `at_mark` is awaited with each mark. Raises PlayFailed
    where it, or a server, ends before."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, cwd=_ROOT, limit=2**20,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    if program.stdin is None or program.stdout is None or program.stderr is None:
        raise PlayFailed(f"{module} has no pipes")
    said = asyncio.create_task(program.stderr.read())
    program.stdin.write(msgspec.json.encode(plan))
    program.stdin.close()
    try:
        async with asyncio.timeout(SLOWEST_SECONDS):
            read = _Reading(module, program.pid, place, servers)
            marks, last = await _listen(read, program.stdout, at_mark)
            code = await program.wait()
    except TimeoutError:
        raise PlayFailed(f"{module} did not end within {SLOWEST_SECONDS:.0f} s") from None
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
        faults = (await said).decode(errors="replace").strip()
    if code != 0 or not last:
        ending = "\n    ".join(faults.splitlines()[-8:]) or "without a word"
        raise PlayFailed(f"{module} ended with code {code} and no result:\n    {ending}")
    try:
        return Played(msgspec.json.decode(last, type=shape), marks)
    except msgspec.MsgspecError as fault:
        raise PlayFailed(f"{module} told no result of the expected shape: {fault}") from fault


class _Reading(NamedTuple):
    """Whose accounts are read."""

    module: str
    pid: int
    place: Place
    servers: tuple[Serving, ...]

    def mark(self) -> Mark:
        pids = [server.pid for server in self.servers]
        try:
            return Mark(
                account=account(pids, self.place.postmaster),
                resident=sum(resident_bytes(pid) for pid in pids),
                each=tuple(cpu_seconds(pid) for pid in pids),
                load=self._load(),
                machine=busy_seconds(),
                at=time.perf_counter(),
            )
        except OSError as fault:
            raise PlayFailed(f"the server was gone while {self.module} ran") from fault

    def _load(self) -> float:
        """0 where the load program has ended; how it did is found out when its lines are read."""
        try:
            return cpu_seconds(self.pid)
        except OSError:
            return 0.0


async def _listen(
    read: _Reading, lines: asyncio.StreamReader, at_mark: Callable[[str], Awaitable[None]] | None
) -> tuple[dict[str, Mark], str]:
    marks: dict[str, Mark] = {}
    last, remarks = "", 0
    while raw := await lines.readline():
        line = raw.decode().strip()
        if line.startswith("{"):
            last = line
        elif line.isalpha() and line.islower():
            marks[line] = read.mark()
            if at_mark is not None:
                await at_mark(line)
        elif line:
            remarks += 1
            if remarks <= _REMARKS:
                sys.stderr.write(f"{read.module}: {line[:300]}\n")
    if remarks > _REMARKS:
        sys.stderr.write(f"{read.module}: … and {remarks - _REMARKS} remarks more\n")
    return marks, last
