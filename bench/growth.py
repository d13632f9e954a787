"""What the same request costs as the data grows and as more people are there: product alone, step by step."""

import asyncio
from collections.abc import Sequence

import asyncpg
import msgspec

from bench.cast import frame
from bench.crowd import Crowd, Home, make_crowd
from bench.load import Party, Plan, Result
from bench.pages import Question, ask, make_questions
from bench.place import Place, Serving
from bench.play import Played, play
from bench.report import Column, Line, Round
from bench.search import make_searches
from kezhan.kit.postgres import SUPERUSER

TITLE = "cost growth over messages"
SEATS_TITLE = "cost growth over seats"
SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
SEATS = (1, 20, 200)
RATE = 100.0
"""Messages a second while seats grow."""
SPEAKERS = 20
APPEND = "append a message"
SEARCHES = ("frequent", "rare phrase")
_HOME = "select workspace_id, account_id from bench.workspaces where no = 0"
_STORED = "select coalesce(sum(messages), 0)::bigint from bench.parts"
_SPARE_SECONDS = 1.5
_WARM_SECONDS = 0.3


class GrowthRound(Round, frozen=True, kw_only=True):
    """One request's p50 in ms and CPU in µs when there were `step` messages or seats."""

    step: int
    p50: float
    server_us: float
    database_us: float


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked at each step, and by whose cookies."""

    questions: list[Question]
    cookies: dict[str, str]


def steps_from(stored: int, most: int) -> list[int]:
    """The sizes of the data that are still to come, behind what is there already."""
    return [*([stored] if stored else []), *(one for one in sorted({*SIZES, most}) if stored < one <= most)]


def by_step(lines: Sequence[Line]) -> list[Line]:
    """A line for each request at each step."""
    return [
        msgspec.structs.replace(_of(line, step), name=f"{line.name}, {step:,}")
        for line in lines
        for step in _steps(line)
    ]


def columns(lines: Sequence[Line]) -> list[Column]:
    """A column for each step, then the last step's figures by the first's."""
    steps = _steps(*lines)
    return [*(_at(step) for step in steps), *(_growth(head, steps) for head in _FIELDS)]


def grown(line: Line, field: str, first: int, last: int) -> float:
    """How many times the first step's figure the last step's is; 0 where the first was nothing."""
    below = _median(line, field, first)
    return _median(line, field, last) / below if below > 0 else 0.0


async def stored_in(place: Place) -> int:
    """Seeded messages."""
    connection = await asyncpg.connect(**place.access.asyncpg(SUPERUSER))
    try:
        there = await connection.fetchval("select to_regclass('bench.parts') is not null")
        return int(await connection.fetchval(_STORED)) if there else 0
    finally:
        await connection.close()


async def make_desk(place: Place) -> Crowd:
    """Visitors and seats in the large workspace of the seeded data."""
    connection = await asyncpg.connect(**place.access.asyncpg(SUPERUSER))
    try:
        row = await connection.fetchrow(_HOME)
    finally:
        await connection.close()
    home = Home(row["workspace_id"], row["account_id"])
    return await make_crowd(place.access, place.settings, SPEAKERS + max(SEATS), max(SEATS), home)


async def run_size(place: Place, desk: Crowd, step: int, rounds: int, seconds: float) -> list[Line]:
    """All requests at the size that the data have now, `step`."""
    asked = await _asked(place)
    found: dict[str, list[GrowthRound]] = {}
    async with place.serving("product") as server:
        base = f"ws://127.0.0.1:{server.port}"
        await _warm(place, server, asked)
        for _ in range(rounds):
            for one in asked.questions:
                figures = await _question(place, server, one, asked.cookies, seconds, step)
                found.setdefault(one.name, []).append(figures)
            plan = Plan(
                visitors=desk.visitors(base)[:1], agents=desk.watchers(base)[:1], rate=0, seconds=seconds
            )
            played = await play("bench.load", plan, Result, place, server)
            found.setdefault(APPEND, []).append(_append(played, step))
    return [Line(name=name, rounds=each) for name, each in found.items()]


async def run_seats(place: Place, desk: Crowd, rounds: int, seconds: float) -> list[Line]:
    """The same while so many seats look on, and messages come at a rate that stays."""
    asked = await _asked(place)
    found: dict[str, list[GrowthRound]] = {}
    for seats in SEATS:
        async with place.serving("product") as server:
            await _warm(place, server, asked)
            for _ in range(rounds):
                alone = await play("bench.load", _plan(desk, server, seats, seconds), Result, place, server)
                found.setdefault(APPEND, []).append(_append(alone, seats))
                for name, figures in await _beside(place, server, desk, asked, seats, seconds, alone):
                    found.setdefault(name, []).append(figures)
    return [Line(name=name, rounds=each) for name, each in found.items()]


def joined(parts: Sequence[Sequence[Line]]) -> list[Line]:
    """The lines of several steps as one line for each request."""
    names = dict.fromkeys(line.name for lines in parts for line in lines)
    return [
        Line(
            name=name,
            rounds=[one for lines in parts for line in lines if line.name == name for one in line.rounds],
        )
        for name in names
    ]


async def _asked(place: Place) -> Asked:
    questions, cookies = await make_questions(place)
    pages = [one for one in questions if one.name != "list, mine"]
    searches = [one for one in await make_searches(place) if one.name in SEARCHES]
    searches = [msgspec.structs.replace(one, name=f"search, {one.name}") for one in searches]
    return Asked(questions=[*pages, *searches], cookies=cookies)


async def _warm(place: Place, server: Serving, asked: Asked) -> None:
    """A process's first answers cost more than its later ones, at any size."""
    for one in asked.questions:
        await ask(place, server, one, "product", asked.cookies, _WARM_SECONDS)


async def _beside(
    place: Place,
    server: Serving,
    desk: Crowd,
    asked: Asked,
    seats: int,
    seconds: float,
    alone: Played[Result],
) -> list[tuple[str, GrowthRound]]:
    """The questions while seats are served; what serving them takes `alone` is not the questions'."""
    going = asyncio.Event()

    async def at_mark(mark: str) -> None:
        going.set()

    lasts = len(asked.questions) * (seconds + _SPARE_SECONDS)
    plan = _plan(desk, server, seats, lasts)
    serving = asyncio.create_task(play("bench.load", plan, Result, place, server, at_mark=at_mark))
    try:
        await asyncio.wait([asyncio.create_task(going.wait()), serving], return_when=asyncio.FIRST_COMPLETED)
        used, took = alone.used(), alone.marks["stop"].at - alone.marks["start"].at
        found = []
        for one in asked.questions:
            figures = await ask(place, server, one, "product", asked.cookies, seconds)
            each = 1e6 / took / figures.per_second
            server_us, database_us = (
                figures.server_us - used.server * each,
                figures.database_us - used.database * each,
            )
            found.append(
                (
                    one.name,
                    GrowthRound(
                        kind="product",
                        step=seats,
                        p50=figures.p50,
                        server_us=server_us,
                        database_us=database_us,
                    ),
                )
            )
    finally:
        await serving
    return found


def _plan(desk: Crowd, server: Serving, seats: int, seconds: float) -> Plan:
    """The first seat reads what the speakers write, each other one has a quiet conversation open."""
    base = f"ws://127.0.0.1:{server.port}"
    lists = frame({"type": "lists", "epoch": "", "rev": 0})
    agents = []
    for seat, cookie in enumerate(desk.cookies[:seats]):
        open_ones = desk.conversations[SPEAKERS + seat :][:1] if seat else desk.conversations[:SPEAKERS]
        watches = [frame({"type": "watch", "conversation_id": one, "rev": 0}) for one in open_ones]
        agents.append(Party(url=f"{base}/ws", cookie=cookie, hello=[lists, *watches]))
    return Plan(visitors=desk.visitors(base)[:SPEAKERS], agents=agents, rate=RATE, seconds=seconds)


async def _question(
    place: Place, server: Serving, question: Question, cookies: dict[str, str], seconds: float, step: int
) -> GrowthRound:
    one = await ask(place, server, question, "product", cookies, seconds)
    return GrowthRound(
        kind="product", step=step, p50=one.p50, server_us=one.server_us, database_us=one.database_us
    )


def _append(played: Played[Result], step: int) -> GrowthRound:
    used, n = played.used(), max(1, played.result.measured)
    return GrowthRound(
        kind="product", step=step, p50=played.result.ack[0], server_us=used.server / n * 1e6,
        database_us=used.database / n * 1e6,
    )  # fmt: skip


_FIELDS = {"p50×": "p50", "µs×": "server_us", "DB×": "database_us"}


def _steps(*lines: Line) -> list[int]:
    return sorted({int(step) for line in lines for step in line.values("product", "step")})


def _of(line: Line, step: int) -> Line:
    return Line(name=line.name, rounds=[one for one in line.rounds if getattr(one, "step", None) == step])


def _median(line: Line, field: str, step: int) -> float:
    return _of(line, step).median("product", field)


def _at(step: int) -> Column:
    def cell(line: Line) -> str:
        one = _of(line, step)
        p50, *us = (one.median("product", field) for field in _FIELDS.values())
        return "/".join([f"{p50:,.2f}", *(f"{each:,.0f}" for each in us)])

    return Column(f"{step:,}: p50 ms/µs/DB µs", cell)


def _growth(head: str, steps: list[int]) -> Column:
    return Column(head, lambda line: f"{grown(line, _FIELDS[head], steps[0], steps[-1]):.2f}")
