"""From a commit to the screens of a room's members, on whatever process. Customers have no part in this: what
is said goes to sockets of agents alone, and to those only who are in the room when it is read."""

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

import msgspec

from kezhan.conversations.afresh import sessions
from kezhan.conversations.desk import Desk, watcher
from kezhan.kit.log import log
from kezhan.kit.reading import ReadRow
from kezhan.realtime.hints import Hint
from kezhan.realtime.hub import Told
from kezhan.staffchat import store
from kezhan.staffchat.read import RESUME, messages_of, talks
from kezhan.staffchat.schemas import StaffChanged, StaffRoomsMoved
from kezhan.workspaces.permissions import Permission

_RETRY_SECONDS = 0.5
_TOLD = 150  # ids of 36 letters, well within a notification

_encode = msgspec.json.Encoder().encode


class RoomMoved(Hint, frozen=True, kw_only=True, tag="staff.moved"):
    """Something has changed in a room since `from_rev`."""

    workspace_id: UUID
    room_id: UUID
    from_rev: int


class StaffSaid(Hint, frozen=True, kw_only=True, tag="staff.said"):
    """A frame that is stored nowhere, for these members."""

    members: list[UUID]
    frame: msgspec.Raw


class Chat:
    """One per process. While rooms are read changes gather; of one room the lowest `from_rev` counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._due: dict[tuple[UUID, UUID], int] = {}
        self._task: asyncio.Task[None] | None = None
        desk.across.on(RoomMoved, lambda hint: self._show(hint.workspace_id, hint.room_id, hint.from_rev))
        desk.across.on(StaffSaid, lambda hint: self._send(hint.members, bytes(hint.frame)))
        desk.across.on_missed(self.resync)

    def moved(self, workspace_id: UUID, room_id: UUID, from_rev: int) -> None:
        """Called after the commit."""
        self._show(workspace_id, room_id, from_rev)
        self._desk.across.tell(RoomMoved(workspace_id=workspace_id, room_id=room_id, from_rev=from_rev))

    def say(self, members: Collection[UUID], frame: msgspec.Struct) -> None:
        """A frame that is stored nowhere."""
        body, everybody = _encode(frame), list(members)
        self._send(everybody, body)
        for start in range(0, len(everybody), _TOLD):
            some = everybody[start : start + _TOLD]
            self._desk.across.tell(StaffSaid(members=some, frame=msgspec.Raw(body)))

    async def resync(self) -> None:
        """Hints may have been lost: every screen of this process asks for what it lacks."""
        for session in sessions(self._desk):
            if (caller := watcher(session)) is not None and caller.may(Permission.STAFF_CHAT):
                session.tell(StaffRoomsMoved())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _show(self, workspace_id: UUID, room_id: UUID, from_rev: int) -> None:
        if not self._desk.live.inboxes.staffed(workspace_id):
            return
        place = workspace_id, room_id
        self._due[place] = min(from_rev, self._due.get(place, from_rev))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="staffchat")

    async def _run(self) -> None:
        try:
            while self._due:
                (workspace_id, room_id), from_rev = self._due.popitem()
                try:
                    await self._read_and_send(workspace_id, room_id, from_rev)
                except Exception as fault:
                    log.warning("staffchat.show_failed", room=str(room_id), fault=repr(fault))
                    await asyncio.sleep(_RETRY_SECONDS)
                    self._show(workspace_id, room_id, from_rev)
        finally:
            self._task = None

    async def _read_and_send(self, workspace_id: UUID, room_id: UUID, from_rev: int) -> None:
        reader = self._desk.db.reader(workspace_id)
        rows = await store.moved(reader, room_id, from_rev, RESUME)
        # Read after what is shown: who has left meanwhile is not shown it.
        members = await store.members(reader, room_id)
        if not rows or rows[0]["rev"] <= from_rev:
            return
        everything = _changed(room_id, from_rev, rows, 0)
        for member in members:
            if talks(member):
                after = member["from_seq"]
                frame = _changed(room_id, from_rev, rows, after) if after else everything
                self._send((member["id"],), frame)
        if len(rows) == RESUME:
            self._show(workspace_id, room_id, _up_to(rows))

    def _send(self, members: Collection[UUID], frame: bytes | Told) -> None:
        """To every socket of theirs that may hear it: a program with somebody's token perhaps may not."""
        for member_id in members:
            for listener in self._desk.hub.listeners(f"member:{member_id}"):
                caller = watcher(listener)
                if caller is not None and caller.may(Permission.STAFF_CHAT):
                    listener.deliver(frame.to(listener) if isinstance(frame, Told) else frame)


def _changed(room_id: UUID, from_rev: int, rows: Sequence[ReadRow], from_seq: int) -> Told:
    """As somebody sees it who reads what comes after `from_seq`."""
    seen = [message for message in messages_of(rows) if message.seq > from_seq]
    return Told(StaffChanged(room_id=room_id, from_rev=from_rev, rev=_up_to(rows), messages=seen))


def _up_to(rows: Sequence[ReadRow]) -> int:
    """The rev that these rows reach: the room's, unless there are more than were read."""
    rev: int = rows[-1]["message_rev"] if len(rows) == RESUME else rows[0]["rev"]
    return rev
