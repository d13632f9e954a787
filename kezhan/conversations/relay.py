"""From another process's hint to the screens of this one: what has changed is read, for those who listen."""

import asyncio
from collections import defaultdict
from uuid import UUID

from kezhan.conversations.hints import Moved, Place
from kezhan.conversations.live import Live
from kezhan.conversations.read import changes_since
from kezhan.kit.db import Database
from kezhan.kit.log import log
from kezhan.realtime.hub import Hub

_AT_ONCE = 3  # workspaces read at the same time: the pool is for people's requests too
_RETRY_SECONDS = 0.5
_REMEMBERED = 20_000
_Due = dict[UUID, tuple[Place, bool]]


class Relay:
    """While one reading is under way hints gather, as messages do in the append lane; of one conversation the
    lowest `from_rev` counts. Where nobody listens nothing is read."""

    def __init__(self, db: Database, hub: Hub, live: Live) -> None:
        self._db = db
        self._hub = hub
        self._live = live
        self._due: defaultdict[UUID, _Due] = defaultdict(dict)
        self._shown: dict[UUID, int] = {}
        self._task: asyncio.Task[None] | None = None

    async def forget(self) -> None:
        """Hints may have been lost, or the database be another: what was shown says nothing any more."""
        self._shown.clear()

    @property
    def busy(self) -> bool:
        """Something is to be read, or being read."""
        return self._task is not None

    def on_moved(self, hint: Moved) -> None:
        staffed = self._live.inboxes.staffed(hint.workspace_id)
        for place in hint.places:
            if (hint.placed and staffed) or self._live.heard(place):
                self._add(hint.workspace_id, place, hint.placed)
            else:
                self._live.listed(hint.workspace_id, place.conversation_id)
        self._live.tell_lists()
        if self._due and self._task is None:
            self._task = asyncio.create_task(self._run(), name="relay")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _add(self, workspace_id: UUID, place: Place, placed: bool) -> None:
        due = self._due[workspace_id]
        before, was_placed = due.get(place.conversation_id, (place, False))
        lowest = min(before, place, key=lambda one: one.from_rev)
        due[place.conversation_id] = lowest, placed or was_placed

    async def _run(self) -> None:
        try:
            while self._due:
                taken = list(self._due.items())
                self._due.clear()
                for start in range(0, len(taken), _AT_ONCE):
                    await asyncio.gather(*(self._show(*one) for one in taken[start : start + _AT_ONCE]))
        finally:
            self._task = None  # whatever became of it, the next hint begins anew

    async def _show(self, workspace_id: UUID, due: _Due) -> None:
        # One reading finds what later hints tell of as well; it is not shown again.
        since = {
            id_: max(place.from_rev, self._shown.get(id_, 0)) if self._live.heard(place) else None
            for id_, (place, _) in due.items()
        }
        try:
            async with self._db.tx(workspace_id) as tx:
                found = await changes_since(tx, since)
        except Exception as fault:
            log.warning("relay.failed", workspace=str(workspace_id), fault=repr(fault))
            await asyncio.sleep(_RETRY_SECONDS)
            for place, placed in due.values():
                self._add(workspace_id, place, placed)
            return
        if len(self._shown) > _REMEMBERED:
            self._shown.clear()
        fresh = [(changed if since[head.id] != head.rev else None, head) for changed, head in found]
        self._live.show(workspace_id, fresh, placed={id_ for id_, (_, placed) in due.items() if placed})
        self._shown |= {head.id: head.rev for changed, head in found if changed is not None}
        self._live.tell_lists()
