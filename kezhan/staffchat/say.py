"""Say something in a room, once; give one's own words another wording, or take them back."""

from uuid import UUID

import msgspec

from kezhan.conversations.change import CHANGE_WINDOW
from kezhan.conversations.read import seen_head
from kezhan.conversations.reply import payload_of
from kezhan.conversations.schemas import FilePayload
from kezhan.files.service import attach, erase, owner_of
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.reading import ReadRow
from kezhan.staffchat import store
from kezhan.staffchat.read import talks
from kezhan.staffchat.schemas import StaffAck, StaffEvent, StaffSend
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

_encode = msgspec.json.Encoder().encode


async def send(tx: Tx, caller: Caller, room_id: UUID, said: StaffSend) -> StaffAck:
    """Three statements for plain words; one more for a mention, two for a file. The same `client_id` again
    answers the same message. Raises NotFound for a room she is not in, Refused."""
    room = await _held(tx, caller, room_id)
    _check(caller, room, said)
    me, kind, payload = caller.membership_id, "text", None
    if said.file_id is not None:
        if (known := await store.said_before(tx, room_id, me, said.client_id)) is not None:
            return _ack(room_id, said.client_id, room, known, repeated=True)
        kind, payload = await _file(tx, caller, room_id, said)
    if said.conversation_id is not None:
        await seen_head(tx, caller, said.conversation_id)
    mentions = list(dict.fromkeys(said.mentions))
    if mentions:
        await _check_names(tx, room_id, mentions)
    quote = (
        said.quote_seq if said.quote_seq and room["from_seq"] < said.quote_seq <= room["last_seq"] else None
    )
    row = await store.append(
        tx, room_id, me, said.client_id, kind, said.body, payload, quote, said.conversation_id, mentions,
        now(),
    )  # fmt: skip
    if mentions and not row["repeated"]:
        await store.mention(tx, room_id, mentions, row["seq"])
    return _ack(room_id, said.client_id, room, row, repeated=row["repeated"])


async def happened(tx: Tx, caller: Caller, room_id: UUID, client_id: str, event: StaffEvent) -> int:
    """One quiet line of what the caller has done to a room that is held; the rev it took."""
    payload = _encode(event).decode()
    me = caller.membership_id
    row = await store.append(tx, room_id, me, client_id, "event", "", payload, None, None, (), now())
    rev: int = row["rev"]
    return rev


async def edit(tx: Tx, caller: Caller, room_id: UUID, seq: int, body: str) -> int | None:
    """The rev before, or None where the words had been these. Raises Refused."""
    room, message = await _own(tx, caller, room_id, seq)
    if message["message_kind"] != "text" or message["recalled_at"] is not None:
        raise Refused("staffchat.not_editable", 409)
    if not body.strip() and message["conversation_id"] is None:
        raise Refused("staffchat.empty", field="body")
    if message["body"] == body:
        return None
    _in_time(message)
    await store.reword(tx, room_id, seq, body, await store.bump(tx, room_id))
    return _rev(room)


async def recall(tx: Tx, caller: Caller, room_id: UUID, seq: int) -> int | None:
    """Its place stays, its content is erased, for everybody. The rev before, or None where it was recalled
    already. Raises Refused."""
    room, message = await _own(tx, caller, room_id, seq)
    if message["recalled_at"] is not None:
        return None
    if message["message_kind"] == "event":
        raise Refused("staffchat.not_editable", 409)
    _in_time(message)
    if message["message_kind"] in {"image", "file"}:
        await erase(tx, msgspec.json.decode(message["payload"], type=FilePayload).file_id)
    await store.empty(tx, room_id, seq, await store.bump(tx, room_id))
    return _rev(room)


async def _held(tx: Tx, caller: Caller, room_id: UUID) -> ReadRow:
    room = await store.held(tx, room_id, caller.membership_id)
    if room is None:
        raise NotFound("staffchat.no_room")
    return room


def _check(caller: Caller, room: ReadRow, said: StaffSend) -> None:
    if "\0" in said.body or "\0" in said.client_id:
        raise Refused("kit.bad_text", field="body")
    if room["kind"] == "everyone":
        caller.require(Permission.STAFF_ANNOUNCE)
    if room["deserted"]:
        raise Refused("staffchat.colleague_gone", 409)
    if not said.body.strip() and said.file_id is None and said.conversation_id is None:
        raise Refused("staffchat.empty", field="body")
    if said.file_id is not None and said.conversation_id is not None:
        raise Refused("staffchat.one_thing", field="conversation_id")


async def _file(tx: Tx, caller: Caller, room_id: UUID, said: StaffSend) -> tuple[str, str]:
    if said.file_id is None:
        raise NotFound("files.not_found")
    use = f"staff:{room_id}:{caller.membership_id}:{said.client_id}"
    file = await attach(tx, said.file_id, owner_of(caller), use)
    return "image" if file.thumbnail else "file", _encode(payload_of(file)).decode()


async def _check_names(tx: Tx, room_id: UUID, mentions: list[UUID]) -> None:
    inside = {row["id"] for row in await store.members_now(tx, room_id) if talks(row)}
    if not inside.issuperset(mentions):
        raise Refused("staffchat.not_inside", 409, field="mentions")


async def _own(tx: Tx, caller: Caller, room_id: UUID, seq: int) -> tuple[ReadRow, ReadRow]:
    room = await _held(tx, caller, room_id)
    message = await store.message(tx, room_id, seq) if seq > room["from_seq"] else None
    if message is None:
        raise NotFound("staffchat.no_message")
    if message["author_id"] != caller.membership_id:
        raise Forbidden("staffchat.not_yours")
    return room, message


def _in_time(message: ReadRow) -> None:
    if now() - message["created_at"] > CHANGE_WINDOW:
        raise Refused("staffchat.too_late", 409, minutes=int(CHANGE_WINDOW.total_seconds() // 60))


def _rev(room: ReadRow) -> int:
    rev: int = room["rev"]
    return rev


def _ack(room_id: UUID, client_id: str, room: ReadRow, row: ReadRow, *, repeated: bool) -> StaffAck:
    return StaffAck(
        room_id=room_id,
        client_id=client_id,
        seq=row["seq"],
        from_rev=row["rev"] if repeated else room["rev"],
        rev=row["rev"],
        at=wire(row["created_at"]),
        repeated=repeated,
    )
