"""Figures that need the database: read as kz_system when somebody looks, at most every ten seconds."""

import asyncio
import time

from msgspec import Struct

from kezhan.backup.schemas import Standing
from kezhan.backup.service import standing
from kezhan.channels.queues import Queue, queues
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.log import log
from kezhan.watch import store

EVERY_SECONDS = 10.0
LIMIT = 10_000
_PATIENCE_SECONDS = 2.0


class Sample(Struct, frozen=True, kw_only=True):
    """What waits in the database. Seconds are ages of the oldest; counts stop at LIMIT."""

    lag: dict[str, float]
    dead_letters: dict[str, int]
    jobs: dict[str, Queue]
    timers: Queue
    reception: Queue
    channels: dict[tuple[str, str], Queue]
    backup: Standing


async def gather(db: Database) -> Sample:
    async with db.system_tx() as tx:
        timers, waiting = await store.timers(tx, LIMIT), await store.reception(tx, LIMIT)
        return Sample(
            lag={row.handler: row.seconds for row in await store.lag(tx)},
            dead_letters={row.handler: row.letters for row in await store.dead_letters(tx, LIMIT)},
            jobs={row.task_name: Queue(row.waiting, row.seconds) for row in await store.jobs(tx, LIMIT)},
            timers=Queue(timers.waiting, timers.seconds),
            reception=Queue(waiting.waiting, waiting.seconds),
            channels=await queues(tx, LIMIT),
            backup=await standing(tx, now()),
        )


class Sampler:
    """Keeps the last sample. However many look at once, one reads; where the database does not answer, the
    old sample stays, and its age says so."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._tried = float("-inf")
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self.last: Sample | None = None

    @property
    def age(self) -> float:
        """Seconds since the last sample was read; infinite before the first."""
        return time.monotonic() - self._read_at

    async def look(self) -> None:
        """Read anew if the last attempt is long enough ago; waits two seconds at most."""
        if self._reading is None and time.monotonic() - self._tried >= EVERY_SECONDS:
            self._tried = time.monotonic()
            self._reading = asyncio.create_task(self._read())
        if self._reading is not None:
            # Not cancelled when it takes longer: a statement cut off in the middle costs its connection.
            await asyncio.wait({self._reading}, timeout=_PATIENCE_SECONDS)

    async def _read(self) -> None:
        try:
            self.last = await gather(self._db)
            self._read_at = time.monotonic()
        except Exception as fault:
            log.warning("watch.no_sample", fault=repr(fault))
        finally:
            self._reading = None
