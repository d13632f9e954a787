"""Calls of platforms: what a round of them measures, and waiting until what was acknowledged is taken in."""

import asyncio
import time
from typing import Any, NamedTuple

import asyncpg

from bench.report import Column, Round, medians, total, worst
from kezhan.kit.postgres import SUPERUSER, Access


class CallsRound(Round, frozen=True, kw_only=True):
    """Calls acknowledged a second, latencies of the acknowledgement in ms, CPU in µs a call: the product's
    includes taking the calls in afterwards, as far as it does so within the window. `waiting` were kept and
    not yet taken in when the window ended, `take_ms` is how long the rest took. `missing` were acknowledged
    and are not there then."""

    per_second: float
    p50: float
    p99: float
    server_us: float
    database_us: float
    peak_mb: float
    waiting: int
    take_ms: float
    missing: int
    errors: int


COSTS: list[Column] = [
    *medians("µs", "server_us"),
    *medians("DB µs", "database_us"),
    worst("MB", "peak_mb"),
    worst("waiting", "waiting"),
    worst("taken in after ms", "take_ms"),
    total("missing", "missing"),
    total("errors", "errors"),
]
"""The columns behind those that each scenario chooses for itself."""


class Statement(NamedTuple):
    """One number of the database."""

    sql: str
    values: tuple[Any, ...]


async def follow(
    access: Access, *, waiting: Statement, there: Statement, answered: int, seconds: float
) -> tuple[int, float, int]:
    """How many calls waited when the last was answered, how long (ms; `seconds` at the most) until all were
    taken in, and how many of the answered ones are not there."""
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        begun = time.perf_counter()
        first = left = await connection.fetchval(waiting.sql, *waiting.values)
        while left and time.perf_counter() - begun < seconds:
            await asyncio.sleep(0.02)
            left = await connection.fetchval(waiting.sql, *waiting.values)
        took = (time.perf_counter() - begun) * 1000 if first else 0.0
        found = await connection.fetchval(there.sql, *there.values)
    finally:
        await connection.close()
    return first, took, answered - found
