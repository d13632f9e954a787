"""Customers who wait hear their place, and when it changes: of one workspace once a second at most, and only
those who are connected to this process and whose place is another."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

import msgspec

from kezhan.conversations.desk import Desk
from kezhan.kit.clock import wire_or_none
from kezhan.kit.log import log
from kezhan.kit.reading import Reader, ReadRow
from kezhan.realtime.hints import Hint
from kezhan.routing.places import store
from kezhan.routing.places.estimate import WINDOW_SECONDS, Range, expected
from kezhan.routing.schemas import PlaceFrame

_PAUSE_SECONDS = 1.0
_SLOW_SECONDS = 15.0
"""An expected wait changes by itself as time passes."""
_encode = msgspec.json.Encoder().encode


class Moved(Hint, frozen=True, kw_only=True, tag="queue"):
    """Queues of a workspace have moved."""

    workspace_id: UUID


class Places:
    """One per process."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._due: set[UUID] = set()
        self._task: asyncio.Task[None] | None = None
        self._shown: defaultdict[UUID, dict[UUID, PlaceFrame]] = defaultdict(dict)
        desk.across.on(Moved, lambda hint: self.look(hint.workspace_id))

    def moved(self, workspace_id: UUID) -> None:
        """Something was committed that changes places here and with the other processes."""
        self.look(workspace_id)
        self._desk.across.tell(Moved(workspace_id=workspace_id))

    def look(self, workspace_id: UUID) -> None:
        """Soon tell those who wait here where they stand."""
        self._due.add(workspace_id)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="places")

    def forget(self, workspace_id: UUID, identity_id: UUID) -> None:
        """Her line is gone: on the next one nothing has been told."""
        self._shown.get(workspace_id, {}).pop(identity_id, None)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        """As long as somebody waits here, places are looked at again, if seldom."""
        while self._due or any(self._shown.values()):
            due, self._due = self._due, set()
            for workspace_id in due or {one for one, shown in self._shown.items() if shown}:
                try:
                    await self._show(workspace_id)
                except Exception as fault:
                    log.warning("routing.places_failed", workspace=str(workspace_id), fault=repr(fault))
            await self._pause()

    async def _pause(self) -> None:
        await asyncio.sleep(_PAUSE_SECONDS)
        waited = _PAUSE_SECONDS
        while not self._due and waited < _SLOW_SECONDS and any(self._shown.values()):
            await asyncio.sleep(_PAUSE_SECONDS)
            waited += _PAUSE_SECONDS

    async def _show(self, workspace_id: UUID) -> None:
        hub = self._desk.hub
        present = self._desk.presence.present(workspace_id, "visitor")
        here = [who for who in present if hub.heard(f"visitor:{who}")]
        shown, frames = self._shown[workspace_id], dict[UUID, PlaceFrame]()
        if here:
            rows = await store.places(self._desk.db.reader(workspace_id), here)
            # Who has gone while it was read has not been told.
            rows = [row for row in rows if hub.heard(f"visitor:{row['identity_id']}")]
            frames = {row["identity_id"]: frame_of(row) for row in rows}
        for identity_id, frame in frames.items():
            if shown.get(identity_id) != frame:
                hub.send(f"visitor:{identity_id}", _encode(frame))
        for identity_id, frame in shown.items():
            if identity_id not in frames:
                over = PlaceFrame(conversation_id=frame.conversation_id, state="none")
                hub.send(f"visitor:{identity_id}", _encode(over))
        if frames:
            self._shown[workspace_id] = frames
        else:
            self._shown.pop(workspace_id, None)


def frame_of(row: ReadRow) -> PlaceFrame:
    """`row` as of `store.places`."""
    waits = row["state"] == "waiting" and not row["message"] and row["places"] is not None
    wait = _soonest(row["places"], row["served"]) if waits else None
    return PlaceFrame(
        conversation_id=row["conversation_id"],
        state="message" if row["message"] and row["state"] == "waiting" else row["state"],
        place=min(row["places"]) if waits else None,
        wait=(wait.low, wait.high) if wait is not None else None,
        long=wait is not None and wait.high > row["long_seconds"],
        opens_at=wire_or_none(row["opens_at"]),
    )


def _soonest(places: Sequence[int], served: Sequence[int]) -> Range | None:
    """She is served by the queue that comes to her first; None where none of them says enough."""
    ranges = [expected(place, n, WINDOW_SECONDS) for place, n in zip(places, served, strict=True)]
    return min((one for one in ranges if one is not None), key=lambda one: one.high, default=None)


async def place_of(reader: Reader, identity_id: UUID) -> PlaceFrame | None:
    """How the customer's waiting conversation stands; None where none waits."""
    rows = await store.places(reader, [identity_id])
    return frame_of(rows[0]) if rows else None
