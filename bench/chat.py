"""Messages end to end: visitor's socket → stored → agent's socket, product beside limit."""

import time
from typing import Any

import asyncpg
import msgspec

from bench.account import account, peak_bytes
from bench.behind import Behind, behind, caught_up, forget
from bench.cast import Cast, bare_agents, bare_visitors
from bench.load import Plan, Result
from bench.place import Place, Serving
from bench.play import Played, play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst
from kezhan.kit.postgres import SUPERUSER

TITLE = "messages, visitor → stored → agent"


ENOUGH = 1000
"""Messages behind from which on the CPU of catching up is told from a server's idling."""


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario; see `load.Plan`."""

    name: str
    visitors: int
    agents: int
    rate: float = 0
    burst: float = 1.0


class ChatRound(Round, frozen=True, kw_only=True):
    """Acknowledged messages a second, CPU in µs a message, latencies in ms. When the measured time ended the
    handlers of the outbox were `behind` messages and `behind_seconds` late; dealing with those takes
    `late_seconds`, and `late_us` of server and PostgreSQL each. `cut`: 1 where that was not waited for to its
    end, but concluded from the part that was."""

    per_second: float
    server_us: float
    database_us: float
    p50: float
    p99: float
    ack_p50: float
    peak_mb: float
    lost: int
    repeated: int
    behind: int = 0
    behind_seconds: float = 0
    late_seconds: float = 0
    late_us: float = 0
    cut: int = 0


COLUMNS: list[Column] = [
    *medians("msg/s", "per_second"),
    ratio("×", "per_second"),
    *medians("p50/p99 ms", "p50", "p99", digits=(2, 1)),
    ratio("p50×", "p50"),
    ratio("p99×", "p99"),
    *medians("µs", "server_us", digits=(1,)),
    *medians("DB µs", "database_us", digits=(1,)),
    worst("MB", "peak_mb"),
    total("lost", "lost"),
    total("twice", "repeated"),
    medians("put off: messages/s old", "behind", "behind_seconds", digits=(0, 1))[1],
    medians("then s/µs", "late_seconds", "late_us", digits=(1, 1))[1],
]
SCENARIOS = (
    Chat(name="1 sender", visitors=1, agents=1),
    Chat(name="8 senders", visitors=8, agents=8),
    Chat(name="32 senders", visitors=32, agents=32),
    Chat(name="512 visitors", visitors=512, agents=50),
    Chat(name="1,000 visitors", visitors=1000, agents=50),
    Chat(name="2,000 a second", visitors=1000, agents=50, rate=2000),
    Chat(name="burst ×10", visitors=1000, agents=50, rate=500, burst=10),
)


async def run_chat(place: Place, cast: Cast, chat: Chat, rounds: int, seconds: float) -> Line:
    turns = [kind for _ in range(rounds) for kind in KINDS]
    connection = await asyncpg.connect(**place.access.asyncpg(SUPERUSER))
    try:
        played = []
        for kind in turns:
            played.append(await _turn(place, cast, chat, kind, seconds, connection))
            await forget(connection)
    finally:
        await connection.close()
    return Line(name=chat.name, rounds=played)


async def _turn(
    place: Place, cast: Cast, chat: Chat, kind: Kind, seconds: float, connection: asyncpg.Connection
) -> ChatRound:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        if kind == "limit":
            visitors, agents = bare_visitors(base, chat.visitors, chat.agents), bare_agents(base, chat.agents)
        else:
            visitors = cast.visitors(base, chat.visitors)
            agents = cast.agents(base, chat.agents, chat.visitors)
        plan = Plan(visitors=visitors, agents=agents, rate=chat.rate, seconds=seconds, burst=chat.burst)
        put_off = PutOff(connection)
        played = await play("bench.load", plan, Result, place, server, at_mark=put_off.at_mark)
        late = await put_off.follow(place, server, played) if kind == "product" else {}
        result, used = played.result, played.used()
        n = max(1, result.measured)
        return ChatRound(
            kind=kind, per_second=result.measured / result.seconds, server_us=used.server / n * 1e6,
            database_us=used.database / n * 1e6, p50=result.latency[0], p99=result.latency[1],
            ack_p50=result.ack[0], peak_mb=peak_bytes(server.pid) / 1e6,
            lost=result.sent - result.delivered, repeated=result.repeated, **late,
        )  # fmt: skip


class PutOff:
    """What a turn of the product leaves to the handlers of the outbox."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._then = Behind(0, 0.0)

    async def at_mark(self, mark: str) -> None:
        if mark == "stop":
            self._then = await behind(self._connection)

    async def follow(self, place: Place, server: Serving, played: Played[Result]) -> dict[str, Any]:
        """Wait for the handlers, not for ever; figures of ChatRound by their names."""
        then, stop = self._then, played.marks["stop"]
        done = await caught_up(self._connection)
        rest = account([server.pid], place.postmaster) - stop.account
        took = time.perf_counter() - stop.at
        dealt_with = then.messages - (await behind(self._connection)).messages
        told: dict[str, Any] = {"behind": then.messages, "behind_seconds": then.seconds, "cut": int(not done)}
        if dealt_with < ENOUGH:
            return told
        told["late_seconds"] = took * then.messages / dealt_with
        return {**told, "late_us": (rest.server + rest.database) / dealt_with * 1e6}
