"""Whether the process lives, and whether it may be given traffic: a reason's code, or none.

The two differ on purpose. A process whose database is away is alive: to restart it would mend nothing. It is
not ready: what is sent to it now is refused or waits.
"""

import asyncio
import time

from kezhan.kit.disk import is_full
from kezhan.kit.log import log
from kezhan.kit.migrate import is_behind
from kezhan.watch.parts import Parts

PATIENCE_SECONDS = 2.0
_VERSION_SECONDS = 10.0


def life(house: Parts) -> str | None:
    """Why only a restart helps, or that it has not come up yet. That the question is answered at all says
    that the event loop turns."""
    if house.stopping:
        return "kit.restarting"
    if not house.ready:
        return "kit.starting"
    if not house.desk.lane.running or any(task.done() for task in house.work):
        return "kit.part_ended"
    return None


class Readiness:
    """Asks what can be asked. However many ask at once, the database is asked once."""

    def __init__(self, house: Parts) -> None:
        self._house = house
        self._asking: asyncio.Task[str | None] | None = None
        self._behind: str | None = None
        self._versions_at = float("-inf")

    async def fault(self) -> str | None:
        """The first reason why no traffic should come."""
        why = life(self._house)
        if why is not None:
            return why
        data = self._house.settings.data
        if is_full(data, data / "pg"):
            return "kit.disk_full"
        asking = self._asking = self._asking or asyncio.create_task(self._ask())
        # Not cancelled when it takes longer: the answer still to come frees its connection.
        await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
        if not asking.done():
            return "kit.no_database"
        why = asking.result()
        lane = self._house.desk.lane
        if why is None and (not lane.connected or lane.stalled > PATIENCE_SECONDS):
            return "kit.lane_lost"
        return why

    async def _ask(self) -> str | None:
        try:
            async with self._house.db.system_tx():
                pass
            if time.monotonic() - self._versions_at >= _VERSION_SECONDS:
                behind = await asyncio.to_thread(is_behind, self._house.db.access)
                self._behind = "kit.behind" if behind else None
                self._versions_at = time.monotonic()
        except Exception as fault:
            log.info("watch.no_database", fault=repr(fault))
            return "kit.no_database"
        finally:
            self._asking = None
        return self._behind
