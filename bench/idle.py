"""Visitors who are there and say nothing: what a socket takes of the server's memory."""

import resource

from bench.account import peak_bytes
from bench.cast import bare_visitors
from bench.crowd import Crowd
from bench.lines import WARM_LINES, IdlePlan, IdleResult
from bench.place import Place
from bench.play import play
from bench.report import KINDS, Column, Kind, Line, Round, medians, ratio, total, worst

TITLE = "idle visitor sockets"
MOST = 10_000
_SPARE_DESCRIPTORS = 500
_STILL_SECONDS = 5.0


class IdleRound(Round, frozen=True, kw_only=True):
    """`bytes_each` of the server's resident memory; CPU in µs a connection made, and for keeping all of them
    in µs a second; connections made a second."""

    sockets: int
    bytes_each: float
    joins: float
    join_server_us: float
    join_database_us: float
    still_us: float
    peak_mb: float
    broken: int


COLUMNS: list[Column] = [
    worst("sockets", "sockets"),
    *medians("bytes each", "bytes_each"),
    ratio("×", "bytes_each"),
    *medians("joins/s", "joins"),
    *medians("µs a join", "join_server_us"),
    *medians("DB µs a join", "join_database_us"),
    *medians("µs/s kept", "still_us"),
    worst("MB", "peak_mb"),
    total("broken", "broken"),
]


def affordable(hard_limit: int) -> int:
    """How many sockets a process can hold that may open `hard_limit` files; -1 (no limit) is enough."""
    return MOST if hard_limit < 0 else max(WARM_LINES + 1, min(MOST, hard_limit - _SPARE_DESCRIPTORS))


def raise_descriptors() -> int:
    """Take all the descriptors there are, for this process and those it starts; the sockets that makes."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return affordable(hard)


async def run_idle(place: Place, crowd: Crowd, rounds: int) -> Line:
    turns = [kind for _ in range(rounds) for kind in KINDS]
    sockets = len(crowd.tokens)
    return Line(name=f"{sockets:,} idle", rounds=[await _turn(place, crowd, kind) for kind in turns])


async def _turn(place: Place, crowd: Crowd, kind: Kind) -> IdleRound:
    async with place.serving(kind) as server:
        base = f"ws://127.0.0.1:{server.port}"
        bare = kind == "limit"
        parties = bare_visitors(base, len(crowd.tokens), 1) if bare else crowd.visitors(base)
        plan = IdlePlan(parties=parties, seconds=_STILL_SECONDS)
        played = await play("bench.lines", plan, IdleResult, place, server)
        joining, still = played.used("start", "joined"), played.used("joined", "stop")
        lines = played.result.lines
        return IdleRound(
            kind=kind, sockets=lines, bytes_each=played.grown() / lines,
            joins=lines / played.result.joined_seconds, join_server_us=joining.server / lines * 1e6,
            join_database_us=joining.database / lines * 1e6, still_us=still.server / _STILL_SECONDS * 1e6,
            peak_mb=peak_bytes(server.pid) / 1e6, broken=played.result.broken,
        )  # fmt: skip
