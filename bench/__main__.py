"""`python3 run.py bench`: scenarios chosen, played, told in a table per kind; `seed` builds large data."""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
import typer

from bench import chat, doors, erlang, fan, growth, hook, idle, pages, reception, search, storm, two
from bench.cast import Cast, make_cast
from bench.crowd import make_crowd
from bench.machine import Machine, machine, statement
from bench.place import Place, noise
from bench.play import PlayFailed
from bench.report import Column, Line, table, told
from bench.seed import Seeded
from bench.seed import seed as build

SEEDED = 100_000
LARGE = 2_000_000
LARGEST = 10_000_000
SUPERVISORS = 200
FAST_LIMIT = 25_000
"""Messages a server CPU-second that the limit must reach with 1,000 visitors to be one."""
_ASKED_FOR = _TWO, _GROWTH, _ERLANG = "two processes", "growth", "erlang"
_KINDS = ("idle", "fan-out", "storm", "hook", "channels", "reception", "pages", "search")
ON_SEEDED = {"pages", "search", _GROWTH}
NAMES = (*(one.name for one in chat.SCENARIOS), *_KINDS)
T = TypeVar("T")


def chosen(words: list[str]) -> list[str]:
    """The scenarios whose names have one of the words; growth, erlang and two processes must be asked for."""
    return (
        [name for name in (*NAMES, *_ASKED_FOR) if any(word in name for word in words)] if words else [*NAMES]
    )


class Run:
    """What was asked for, and what has come of it."""

    def __init__(self, words: list[str], rounds: int, seconds: float, minutes: float) -> None:
        self.chosen = chosen(words)
        self.rounds, self.seconds = rounds, seconds
        self.begun, self.minutes = time.monotonic(), minutes
        self.skipped: list[str] = []
        self.took: dict[str, float] = {}
        self.tables: list[tuple[str, list[Column], list[Line]]] = []
        self.remarks: list[str] = []
        self.machine: Machine | None = None

    def play(self, name: str, scenario: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """Its outcome; None where it was not asked for or there is no time to begin it."""
        if name not in self.chosen:
            return None
        if time.monotonic() - self.begun > self.minutes * 60:
            self.skipped.append(name)
            return None
        typer.echo(f"… {name} (load {noise():.1f} a core)", err=True)
        begun = time.monotonic()
        try:
            return asyncio.run(scenario())
        finally:
            self.took[name] = self.took.get(name, 0) + time.monotonic() - begun

    def show(self, title: str, columns: list[Column], *lines: Line | None) -> None:
        played = [line for line in lines if line is not None]
        if played:
            self.tables.append((title, columns, played))

    def chats(self, place: Place) -> None:
        if not {_TWO, *(one.name for one in chat.SCENARIOS)} & set(self.chosen):
            return
        cast = asyncio.run(make_cast(place.access, place.settings, two.VISITORS, two.AGENTS))
        lines = [self._chat(place, cast, one) for one in chat.SCENARIOS]
        self.show(chat.TITLE, chat.COLUMNS, *lines)
        both = self.play(_TWO, lambda: two.run_two(place, cast, self.rounds, self.seconds))
        if both is not None:
            self.show(two.TITLE, two.COLUMNS, both)
            self.remarks.append(two.verdict(both))

    def _chat(self, place: Place, cast: Cast, one: chat.Chat) -> Line | None:
        line = self.play(one.name, lambda: chat.run_chat(place, cast, one, self.rounds, self.seconds))
        if line is not None and one.visitors == two.VISITORS and not one.rate:
            carried = 1e6 / max(0.1, line.median("limit", "server_us"))
            self.remarks.append(
                f"limit: {carried:,.0f} messages a server CPU-second at {one.name};"
                f" {'counts' if carried >= FAST_LIMIT else 'does NOT count'}, as it takes {FAST_LIMIT:,}"
            )
        return line

    def sockets(self, place: Place) -> None:
        """Idle and storm play once a side: thousands of sockets are their own average."""
        if "fan-out" in self.chosen:
            desk = asyncio.run(make_crowd(place.access, place.settings, 1, SUPERVISORS))
            line = self.play("fan-out", lambda: fan.run_fan(place, desk, self.rounds, self.seconds))
            self.show(fan.TITLE, fan.COLUMNS, line)
        if not {"idle", "storm"} & set(self.chosen):
            return
        crowd = asyncio.run(make_crowd(place.access, place.settings, idle.raise_descriptors()))
        self.show(idle.TITLE, idle.COLUMNS, self.play("idle", lambda: idle.run_idle(place, crowd, 1)))
        self.show(storm.TITLE, storm.COLUMNS, self.play("storm", lambda: storm.run_storm(place, crowd, 1)))

    def calls(self, place: Place) -> None:
        if "hook" not in self.chosen:
            return
        door = asyncio.run(hook.make_door(place.access, place.settings))

        async def both() -> list[Line]:
            seconds = self.seconds / 2
            return [await hook.run_hook(place, door, many, self.rounds, seconds) for many in hook.CALLERS]

        self.show(hook.TITLE, hook.COLUMNS, *(self.play("hook", both) or []))

    def doors(self, place: Place) -> None:
        seconds = max(10.0, self.seconds * 5)
        line = self.play("channels", lambda: doors.run_doors(place, self.rounds, seconds))
        self.show(doors.TITLE, doors.COLUMNS, line)
        if line is not None:
            self.remarks.append(doors.verdict(line))

    def reception(self, place: Place) -> None:
        line = self.play("reception", lambda: reception.run_reception(place))
        if line is not None:
            self.show(reception.TITLE, reception.COLUMNS, line)
            self.remarks.append(reception.verdict(line))

    def pages(self, place: Place, messages: int) -> None:
        """What is read of seeded data: pages and searches."""
        if not {"pages", "search"} & set(self.chosen):
            return
        seeded = self._seed(place, messages)
        size, turn = f"{seeded.messages / 1e6:.1f} M messages", (self.rounds, self.seconds / 4)
        lines = self.play("pages", lambda: pages.run_pages(place, size, *turn)) or []
        self.show(pages.TITLE, pages.COLUMNS, *lines)
        lines = self.play("search", lambda: search.run_search(place, size, *turn)) or []
        self.show(search.TITLE, search.COLUMNS, *lines)

    def growth(self, place: Place, messages: int) -> None:
        """Data that grow, seeded between the steps."""
        if _GROWTH not in self.chosen:
            return
        parts: list[list[Line]] = []
        desk = None
        for size in growth.steps_from(asyncio.run(growth.stored_in(place)), messages):
            seeded = self._seed(place, size)
            desk = desk or asyncio.run(growth.make_desk(place))
            turn = (place, desk, seeded.messages, self.rounds, self.seconds / 2)
            parts.append(self.play(_GROWTH, lambda turn=turn: growth.run_size(*turn)) or [])  # type: ignore[misc]
        if desk is None:
            return
        lines = growth.joined(parts)
        self.show(growth.TITLE, growth.columns(lines), *lines)
        people = desk
        seats = (
            self.play(_GROWTH, lambda: growth.run_seats(place, people, self.rounds, self.seconds / 2)) or []
        )
        self.show(growth.SEATS_TITLE, growth.columns(seats), *seats)

    def theory(self) -> None:
        """In virtual time, without a server or a database."""

        async def cases() -> list[Line]:
            return await asyncio.to_thread(erlang.run_erlang)

        lines = self.play(_ERLANG, cases) or []
        self.show(erlang.TITLE, erlang.COLUMNS, *lines)
        if lines:
            self.remarks.append(erlang.verdict(lines))

    def _seed(self, place: Place, messages: int) -> Seeded:
        """Outside the clock."""
        seeded = asyncio.run(build(place.access, place.settings, messages, _tell))
        self.begun += seeded.seconds
        _tell(f"{seeded.messages:,} messages after {seeded.seconds:.0f} s")
        return seeded

    def note(self, place: Place) -> None:
        self.machine = self.machine or asyncio.run(machine(place.access))

    def finish(self, json: Path | None) -> None:
        load = noise()
        for title, columns, lines in self.tables:
            sys.stdout.write(table(title, columns, lines) + "\n")
        for remark in self.remarks:
            sys.stdout.write(remark + "\n")
        if self.machine is not None:
            sys.stdout.write(statement(self.machine, load) + "\n")
        spent = ", ".join(f"{name} {seconds:.0f}" for name, seconds in self.took.items())
        sys.stdout.write(f"took {time.monotonic() - self.begun:.0f} s: {spent}; the rest: people and data\n")
        if self.skipped:
            names = ", ".join(self.skipped)
            sys.stdout.write(f"not begun after {self.minutes:g} minutes, ask by name: {names}\n")
        if json is not None:
            kinds = [told(title, _apart(lines)) for title, _, lines in self.tables]
            found: dict[str, Any] = {"machine": self.machine, "load_after": load, "kinds": kinds}
            found |= {"skipped": self.skipped, "remarks": self.remarks, "seconds": self.took}
            json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def _apart(lines: list[Line]) -> list[Line]:
    """Steps of growth are no rounds of the same thing."""
    steps = any(isinstance(one, growth.GrowthRound) for line in lines for one in line.rounds)
    return growth.by_step(lines) if steps else lines


def _tell(text: str) -> None:
    typer.echo(f"  {text}", err=True)


def bench(
    scenario: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"Parts of names; none: all of {', '.join(NAMES)}. Also {', '.join(_ASKED_FOR)}."
        ),
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write every round here.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server in each scenario.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="Measured seconds of a turn of messages.")] = 2,
    minutes: Annotated[float, typer.Option(min=0, help="Begin no scenario later than this.")] = 8,
    data: Annotated[
        Path | None,
        typer.Option(
            help="For what reads seeded data: a folder made by `bench seed`; else a small one is made."
        ),
    ] = None,
    messages: Annotated[int, typer.Option(min=1, help="Growth ends with so many in the folder.")] = LARGEST,
) -> None:
    """Measure the product beside its limit on this machine; on loopback, in a folder of its own."""
    run = Run(scenario or [], rounds, seconds, minutes)
    if not run.chosen:
        raise typer.BadParameter(f"no scenario is called so; there are: {', '.join((*NAMES, *_ASKED_FOR))}")
    placed = set(run.chosen) - {_ERLANG}
    try:
        run.theory()
        if placed and (data is None or not ON_SEEDED.issuperset(placed)):
            with tempfile.TemporaryDirectory(prefix="kezhan-bench-") as folder:
                Path(folder).chmod(0o755)
                with Place(Path(folder)) as place:
                    run.note(place)
                    run.chats(place)
                    run.sockets(place)
                    run.calls(place)
                    run.doors(place)
                    run.reception(place)
                    if data is None:
                        run.growth(place, messages)
                        run.pages(place, SEEDED)
        if data is not None and ON_SEEDED & set(run.chosen):
            with Place(data) as place:
                run.note(place)
                run.growth(place, messages)
                run.pages(place, 0)
    except PlayFailed as fault:
        sys.exit(f"bench: {fault}")
    finally:
        run.finish(json)


def seed(
    data: Annotated[Path, typer.Option(help="The data folder; one that was begun is gone on with.")],
    messages: Annotated[int, typer.Option(min=1, help="At least so many in all.")] = LARGE,
) -> None:
    """Build the large data once, for `bench pages search --data FOLDER`."""
    with Place(data) as place:
        done = asyncio.run(build(place.access, place.settings, messages, _tell))
    typer.echo(f"{done.messages:,} messages in {done.conversations:,} conversations; {done.seconds:.0f} s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["seed"]:
        del sys.argv[1]
        typer.run(seed)
    typer.run(bench)
