"""`python3 run.py bench`: scenarios chosen, played, told in a table per kind; `seed` builds large data."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from bench import chat, fan, hook, idle, pages, search, storm
from bench.cast import make_cast
from bench.crowd import make_crowd
from bench.machine import Machine, machine, statement
from bench.place import Place, noise
from bench.play import PlayFailed
from bench.report import Column, Line, table, told
from bench.seed import seed as build

SEEDED = 100_000
LARGE = 2_000_000
SUPERVISORS = 200
_KINDS = ("idle", "fan-out", "storm", "hook", "pages", "search")
ON_SEEDED = {"pages", "search"}
NAMES = (*(one.name for one in chat.SCENARIOS), *_KINDS)


class Run:
    """What was asked for, and what has come of it."""

    def __init__(self, words: list[str], rounds: int, seconds: float, minutes: float) -> None:
        self.chosen = [name for name in NAMES if not words or any(word in name for word in words)]
        self.rounds, self.seconds = rounds, seconds
        self.begun, self.minutes = time.monotonic(), minutes
        self.skipped: list[str] = []
        self.tables: list[tuple[str, list[Column], list[Line]]] = []
        self.machine: Machine | None = None

    def wants(self, name: str) -> bool:
        """Whether it was asked for and there is time to begin it."""
        if name not in self.chosen:
            return False
        if time.monotonic() - self.begun > self.minutes * 60:
            self.skipped.append(name)
            return False
        typer.echo(f"… {name} (load {noise():.1f} a core)", err=True)
        return True

    def chats(self, place: Place) -> None:
        if not any(one.name in self.chosen for one in chat.SCENARIOS):
            return
        cast = asyncio.run(make_cast(place.access, place.settings, 1000, 50))
        lines = [
            asyncio.run(chat.run_chat(place, cast, one, self.rounds, self.seconds))
            for one in chat.SCENARIOS
            if self.wants(one.name)
        ]
        self.tables.append((chat.TITLE, chat.COLUMNS, lines))

    def sockets(self, place: Place) -> None:
        """Idle and storm play once a side: thousands of sockets are their own average."""
        if self.wants("fan-out"):
            desk = asyncio.run(make_crowd(place.access, place.settings, 1, SUPERVISORS))
            line = asyncio.run(fan.run_fan(place, desk, self.rounds, self.seconds))
            self.tables.append((fan.TITLE, fan.COLUMNS, [line]))
        if not {"idle", "storm"} & set(self.chosen):
            return
        crowd = asyncio.run(make_crowd(place.access, place.settings, idle.raise_descriptors()))
        if self.wants("idle"):
            line = asyncio.run(idle.run_idle(place, crowd, 1))
            self.tables.append((idle.TITLE, idle.COLUMNS, [line]))
        if self.wants("storm"):
            line = asyncio.run(storm.run_storm(place, crowd, 1))
            self.tables.append((storm.TITLE, storm.COLUMNS, [line]))

    def calls(self, place: Place) -> None:
        if not self.wants("hook"):
            return
        door = asyncio.run(hook.make_door(place.access, place.settings))
        lines = [
            asyncio.run(hook.run_hook(place, door, callers, self.rounds, self.seconds / 2))
            for callers in hook.CALLERS
        ]
        self.tables.append((hook.TITLE, hook.COLUMNS, lines))

    def pages(self, place: Place, messages: int) -> None:
        """What is read of seeded data: pages and searches."""
        if not ON_SEEDED & set(self.chosen):
            return
        seeded = asyncio.run(build(place.access, place.settings, messages, _tell))
        size = f"{seeded.messages / 1e6:.1f} M messages"
        if self.wants("pages"):
            lines = asyncio.run(pages.run_pages(place, size, self.rounds, self.seconds / 4))
            self.tables.append((pages.TITLE, pages.COLUMNS, lines))
        if self.wants("search"):
            lines = asyncio.run(search.run_search(place, size, self.rounds, self.seconds / 4))
            self.tables.append((search.TITLE, search.COLUMNS, lines))

    def note(self, place: Place) -> None:
        self.machine = self.machine or asyncio.run(machine(place.access))

    def finish(self, json: Path | None) -> None:
        load = noise()
        for title, columns, lines in self.tables:
            sys.stdout.write(table(title, columns, lines) + "\n")
        if self.machine is not None:
            sys.stdout.write(statement(self.machine, load) + "\n")
        sys.stdout.write(f"took {time.monotonic() - self.begun:.0f} s\n")
        if self.skipped:
            names = ", ".join(self.skipped)
            sys.stdout.write(f"not begun after {self.minutes:g} minutes, ask by name: {names}\n")
        if json is not None:
            kinds = [told(title, lines) for title, _, lines in self.tables]
            found: dict[str, Any] = {"machine": self.machine, "load_after": load, "kinds": kinds}
            found["skipped"] = self.skipped
            json.write_bytes(msgspec.json.format(msgspec.json.encode(found)))


def _tell(text: str) -> None:
    typer.echo(f"  {text}", err=True)


def bench(
    scenario: Annotated[
        list[str] | None, typer.Argument(help=f"Parts of names; none: all of {', '.join(NAMES)}.")
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write every round here.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each server in each scenario.")] = 2,
    seconds: Annotated[float, typer.Option(min=1, help="Measured seconds of a turn of messages.")] = 3,
    minutes: Annotated[float, typer.Option(min=0, help="Begin no scenario later than this.")] = 8,
    data: Annotated[
        Path | None,
        typer.Option(help="For pages and search: a folder made by `bench seed`; else a small one is made."),
    ] = None,
) -> None:
    """Measure the product beside its limit on this machine; on loopback, in a folder of its own."""
    run = Run(scenario or [], rounds, seconds, minutes)
    if not run.chosen:
        raise typer.BadParameter(f"no scenario is called so; there are: {', '.join(NAMES)}")
    try:
        if data is None or not ON_SEEDED.issuperset(run.chosen):
            with tempfile.TemporaryDirectory(prefix="kezhan-bench-") as folder:
                Path(folder).chmod(0o755)
                with Place(Path(folder)) as place:
                    run.note(place)
                    run.chats(place)
                    run.sockets(place)
                    run.calls(place)
                    if data is None:
                        run.pages(place, SEEDED)
        if data is not None and ON_SEEDED & set(run.chosen):
            with Place(data) as place:
                run.note(place)
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
