"""Messages end to end: visitor's socket → stored → agent's socket, product beside limit."""

import asyncio
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Literal

import msgspec

from bench.account import Account, account, peak_bytes
from bench.cast import Cast, bare_agents, bare_visitors
from bench.load import Plan, Result
from bench.place import Place

Kind = Literal["product", "limit"]
KINDS: tuple[Kind, ...] = ("limit", "product")


class Chat(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario; see `load.Plan`."""

    name: str
    visitors: int
    agents: int
    rate: float = 0
    burst: float = 1.0


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One server's turn: acknowledged messages a second, CPU in µs a message, latencies in ms."""

    kind: Kind
    per_second: float
    server_us: float
    database_us: float
    p50: float
    p99: float
    ack_p50: float
    peak_mb: float
    lost: int
    repeated: int


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A scenario's medians and their ratios, product ÷ limit."""

    name: str
    rounds: list[Round]

    def median(self, kind: Kind, field: str) -> float:
        return float(median(getattr(one, field) for one in self.rounds if one.kind == kind))

    def ratio(self, field: str) -> float:
        below = self.median("limit", field)
        return self.median("product", field) / below if below else 0.0


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


async def _turn(place: Place, cast: Cast, chat: Chat, kind: Kind, seconds: float) -> Round:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        if kind == "limit":
            visitors, agents = bare_visitors(base, chat.visitors, chat.agents), bare_agents(base, chat.agents)
        else:
            visitors = cast.visitors(base, chat.visitors)
            agents = cast.agents(base, chat.agents, chat.visitors)
        plan = Plan(visitors=visitors, agents=agents, rate=chat.rate, seconds=seconds, burst=chat.burst)
        result, used = await _load(place, plan, server.pid)
        n = max(1, result.measured)
        return Round(
            kind=kind, per_second=result.measured / result.seconds, server_us=used.server / n * 1e6,
            database_us=used.database / n * 1e6, p50=result.latency[0], p99=result.latency[1],
            ack_p50=result.ack[0], peak_mb=peak_bytes(server.pid) / 1e6,
            lost=result.sent - result.delivered, repeated=result.repeated,
        )  # fmt: skip


async def _load(place: Place, plan: Plan, server: int) -> tuple[Result, Account]:
    """Play the plan in a process of its own; the accounts of what it took."""
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.load", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[1], limit=2**20,
    )  # fmt: skip
    if program.stdin is None or program.stdout is None:
        raise RuntimeError("the load program has no pipes")
    program.stdin.write(msgspec.json.encode(plan))
    program.stdin.close()
    marks: dict[str, Account] = {}
    last = ""
    while line := (await program.stdout.readline()).decode().strip():
        last = line
        if line in {"start", "stop"}:
            marks[line] = account([server], place.postmaster)
        elif line != "ready" and not line.startswith("{"):
            sys.stderr.write(f"load: {line}\n")
    await program.wait()
    return msgspec.json.decode(last, type=Result), marks["stop"] - marks["start"]
