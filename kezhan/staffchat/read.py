"""What a member reads of her rooms. A room she is not in does not exist for her, whoever she is."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from kezhan.conversations.schemas import FilePayload
from kezhan.files.schemas import FileOut
from kezhan.files.service import get as get_file
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.staffchat import store
from kezhan.staffchat.schemas import (
    StaffEvent,
    StaffMark,
    StaffMessage,
    StaffPerson,
    StaffRoom,
    StaffRooms,
    StaffSnapshot,
    StaffTeam,
)
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission, permissions_of

PAGE = 50
RESUME = 200
"""Changes told one by one; who lacks more gets the newest page."""
_payload = msgspec.json.Decoder(FilePayload | StaffEvent)


def talks(person: ReadRow) -> bool:
    """Whether she (her role, the rights beside it) is among those who talk here."""
    return Permission.STAFF_CHAT in permissions_of(person["role"], person["rights"])


async def list_rooms(reader: Reader, caller: Caller) -> StaffRooms:
    me = caller.membership_id
    return StaffRooms(
        rooms=[_room(row) for row in await store.rooms(reader, me)],
        teams=[StaffTeam(id=row["id"], name=row["name"]) for row in await store.teams(reader, me)],
        people=[
            StaffPerson(id=row["id"], name=row["name"], gone=row["archived"] or not talks(row))
            for row in await store.people(reader)
        ],
    )


async def snapshot(reader: Reader, caller: Caller, room_id: UUID, since: int | None) -> StaffSnapshot:
    """The room as it stands: what has changed above `since`, or the newest page. Raises NotFound."""
    me, rows = caller.membership_id, list[ReadRow]()
    whole = since is None
    if since is not None:
        rows = await store.snapshot(reader, room_id, me, since=since, limit=RESUME + 1)
        whole = len(rows) > RESUME or (bool(rows) and rows[0]["rev"] < since)
    if whole:
        rows = await store.page(reader, room_id, me, before=store.MAX_SEQ, limit=PAGE)
    room = _room_of(rows)
    everybody = await store.members(reader, room_id)
    return StaffSnapshot(
        room=room,
        members=[StaffMark(member_id=row["id"], read_seq=row["read_seq"]) for row in everybody if talks(row)],
        messages=messages_of(rows),
        whole=whole,
    )


async def older(reader: Reader, caller: Caller, room_id: UUID, before: int, limit: int) -> Page[StaffMessage]:
    return await _page(reader, caller, room_id, before, limit, "")


async def search(
    reader: Reader, caller: Caller, room_id: UUID, words: str, after: str | None, limit: int
) -> Page[StaffMessage]:
    """What has these words, the newest page first, each page the oldest first. Raises NotFound."""
    if after is not None and not (after.isdecimal() and len(after) < 10):
        raise Refused("kit.bad_cursor", field="after")
    if not words.strip():
        raise Refused("staffchat.empty_search", 400, field="q")
    return await _page(reader, caller, room_id, int(after) if after else store.MAX_SEQ, limit, words.strip())


async def file_of(tx: Tx, caller: Caller, room_id: UUID, seq: int) -> FileOut:
    """Raises NotFound."""
    message = await store.seen_message(tx, room_id, caller.membership_id, seq)
    payload = _payload_of(message) if message is not None else None
    if not isinstance(payload, FilePayload):
        raise NotFound("files.not_found")
    return await get_file(tx, payload.file_id)


async def _page(
    reader: Reader, caller: Caller, room_id: UUID, before: int, limit: int, words: str
) -> Page[StaffMessage]:
    size = page_size(limit)
    rows = await store.page(reader, room_id, caller.membership_id, before=before, limit=size, words=words)
    room = _room_of(rows)
    messages = messages_of(rows)
    more = len(messages) == size and messages[0].seq > room.from_seq + 1
    return Page(items=messages, next=str(messages[0].seq) if more else None)


def messages_of(rows: Sequence[ReadRow]) -> list[StaffMessage]:
    """Those of rows that stand beside their room; a room without any has one row of it alone."""
    return [_message(row) for row in rows if row["seq"] is not None]


def _room_of(rows: Sequence[ReadRow]) -> StaffRoom:
    """What stands in every row; its `last` is for lists alone."""
    if not rows:
        raise NotFound("staffchat.no_room")
    return msgspec.structs.replace(_room(rows[-1]), last=None)


def _room(row: ReadRow) -> StaffRoom:
    return StaffRoom(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        team_id=row["team_id"],
        other_id=row["other_id"],
        opened_by=row["opened_by"],
        rev=row["rev"],
        last_seq=row["last_seq"],
        from_seq=row["from_seq"],
        read_seq=max(row["read_seq"], row["from_seq"]),
        mentioned=row["mentioned_seq"] > row["read_seq"],
        muted=row["muted"],
        last_at=wire(row["last_at"]),
        last=None if row["seq"] is None else _message(row),
    )


def _message(row: ReadRow) -> StaffMessage:
    return StaffMessage(
        seq=row["seq"],
        rev=row["message_rev"],
        author_id=row["author_id"],
        kind=row["message_kind"],
        at=wire(row["created_at"]),
        client_id=row["client_id"],
        body=row["body"],
        payload=_payload_of(row),
        quote_seq=row["quote_seq"],
        conversation_id=row["conversation_id"],
        mentions=row["mentions"],
        edited_at=wire_or_none(row["edited_at"]),
        recalled_at=wire_or_none(row["recalled_at"]),
    )


def _payload_of(row: ReadRow) -> FilePayload | StaffEvent | None:
    return None if row["payload"] is None else _payload.decode(row["payload"])
