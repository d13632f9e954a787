"""Backups by themselves, in a process that serves, and those begun by hand."""

import asyncio

from kezhan.backup import service, work
from kezhan.backup.schemas import Kind
from kezhan.backup.stop import Stop
from kezhan.kit import clock
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.log import log
from kezhan.settings import Settings

_BEAT_SECONDS = 30.0
_LATE_SECONDS = 3600.0


class Backups:
    """One per process. `run` looks twice a minute whether one is due."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._stop = Stop()
        self._working = asyncio.Lock()
        self._by_hand: set[asyncio.Task[None]] = set()
        self._told_late = float("-inf")

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            try:
                async with self._working:
                    await self.step()
            except Refused as refused:
                log.info("backup.not_now", code=refused.code)
            except Exception as fault:
                log.warning("backup.step_failed", fault=repr(fault))

    async def step(self) -> None:
        """Make what is due, if anything is."""
        if self._stop.is_set:
            return
        now = clock.now()
        async with self._db.system_tx() as tx:
            due, late = await service.is_due(tx, now), (await service.standing(tx, now)).late
        if late:
            self._tell_late()
        if not due:
            return
        async with work.turn(self._db):
            async with self._db.system_tx() as tx:
                if not await service.is_due(tx, now):
                    return  # another process was quicker
            run = await work.back_up(self._db, self._settings, "schedule", self._stop)
            async with self._db.system_tx() as tx:
                rehearse = run.state == "done" and await service.is_rehearsal_due(tx, now)
            if rehearse and not self._stop.is_set:
                await work.rehearse(self._db, self._settings, "schedule", self._stop)

    def _tell_late(self) -> None:
        at = asyncio.get_running_loop().time()
        if at - self._told_late >= _LATE_SECONDS:
            self._told_late = at
            log.error("backup.late")

    async def begin(self, kind: Kind) -> None:
        """By hand; returns once it has begun. Raises Refused where one is under way."""
        begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._work(kind, begun))
        self._by_hand.add(task)
        task.add_done_callback(self._by_hand.discard)
        await begun

    async def _work(self, kind: Kind, begun: asyncio.Future[None]) -> None:
        try:
            async with work.turn(self._db):
                begun.set_result(None)
                if kind == "backup":
                    await work.back_up(self._db, self._settings, "hand", self._stop)
                else:
                    await work.rehearse(self._db, self._settings, "hand", self._stop)
        except Exception as fault:
            if begun.done():
                log.warning("backup.step_failed", fault=repr(fault))
            else:
                begun.set_exception(fault)

    async def stop(self) -> None:
        """What is being made breaks off; it has ended when this returns."""
        await asyncio.to_thread(self._stop.set)
        await asyncio.gather(*self._by_hand, return_exceptions=True)
        async with self._working:
            pass
