"""Messages end to end: visitor's socket → stored → agent's socket, product beside limit."""

import msgspec

from bench.account import peak_bytes
from bench.cast import Cast, bare_agents, bare_visitors
from bench.load import Plan, Result
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst

TITLE = "messages, visitor → stored → agent"


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario; see `load.Plan`."""

    name: str
    visitors: int
    agents: int
    rate: float = 0
    burst: float = 1.0


class ChatRound(Round, frozen=True, kw_only=True):
    """Acknowledged messages a second, CPU in µs a message, latencies in ms."""

    per_second: float
    server_us: float
    database_us: float
    p50: float
    p99: float
    ack_p50: float
    peak_mb: float
    lost: int
    repeated: int


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
    return Line(name=chat.name, rounds=[await _turn(place, cast, chat, kind, seconds) for kind in turns])


async def _turn(place: Place, cast: Cast, chat: Chat, kind: Kind, seconds: float) -> ChatRound:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        if kind == "limit":
            visitors, agents = bare_visitors(base, chat.visitors, chat.agents), bare_agents(base, chat.agents)
        else:
            visitors = cast.visitors(base, chat.visitors)
            agents = cast.agents(base, chat.agents, chat.visitors)
        plan = Plan(visitors=visitors, agents=agents, rate=chat.rate, seconds=seconds, burst=chat.burst)
        played = await play("bench.load", plan, Result, place, server)
        result, used = played.result, played.used()
        n = max(1, result.measured)
        return ChatRound(
            kind=kind, per_second=result.measured / result.seconds, server_us=used.server / n * 1e6,
            database_us=used.database / n * 1e6, p50=result.latency[0], p99=result.latency[1],
            ack_p50=result.ack[0], peak_mb=peak_bytes(server.pid) / 1e6,
            lost=result.sent - result.delivered, repeated=result.repeated,
        )  # fmt: skip
