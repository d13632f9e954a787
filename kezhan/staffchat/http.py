"""Routes: a member's rooms, what is said in them, who is in them."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, patch, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.conversations.desk import Desk
from kezhan.files import address
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.staffchat import read, rooms, say
from kezhan.staffchat import schemas as s
from kezhan.staffchat.live import Chat
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_ROOMS = "/api/staff-rooms"
_ROOM = "/api/staff-rooms/{room_id:uuid}"
_MESSAGE = "/api/staff-rooms/{room_id:uuid}/messages/{seq:int}"
_CHAT = needs(Permission.STAFF_CHAT)
Limit = Annotated[int, Parameter(ge=1, le=100)]
Seq = Annotated[int, Parameter(ge=1, le=2**31 - 1)]
Rev = Annotated[int, Parameter(ge=0, le=2**31 - 1)]
Words = Annotated[str, Parameter(min_length=1, max_length=100)]


def _moved(state: State, caller: Caller, room_id: UUID, from_rev: int | None) -> None:
    """Tell who looks on, after the commit; None: nothing has changed."""
    if from_rev is not None:
        chat: Chat = state.chat
        chat.moved(caller.workspace_id, room_id, from_rev)


@get(_ROOMS, guards=[_CHAT], operation_id="staffchat_list")
async def get_rooms(reader: Reader, caller: Caller) -> s.StaffRooms:
    return await read.list_rooms(reader, caller)


@post(_ROOMS, guards=[_CHAT], operation_id="staffchat_open")
async def post_room(desk: Desk, state: State, caller: Caller, data: s.RoomForm) -> s.StaffSnapshot:
    """The room there is, or a new one."""
    async with desk.db.tx(caller.workspace_id) as tx:
        opened = await rooms.open_room(tx, caller, data)
    _moved(state, caller, opened.id, 0 if opened.new else None)
    return await read.snapshot(desk.db.reader(caller.workspace_id), caller, opened.id, None)


@get(_ROOM, guards=[_CHAT], operation_id="staffchat_get")
async def get_room(
    reader: Reader, caller: Caller, room_id: UUID, since: Rev | None = None
) -> s.StaffSnapshot:
    """The newest page, or with `since` what has changed above this rev."""
    return await read.snapshot(reader, caller, room_id, since)


@patch(_ROOM, guards=[_CHAT], operation_id="staffchat_rename")
async def patch_room(desk: Desk, state: State, caller: Caller, room_id: UUID, data: s.StaffRoomName) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        from_rev = await rooms.rename(tx, caller, room_id, data.name)
    _moved(state, caller, room_id, from_rev)


@put(_ROOM + "/members/{member_id:uuid}", guards=[_CHAT], operation_id="staffchat_add")
async def put_member(desk: Desk, state: State, caller: Caller, room_id: UUID, member_id: UUID) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        from_rev = await rooms.add(tx, caller, room_id, member_id)
    _moved(state, caller, room_id, from_rev)


@delete(_ROOM + "/members/{member_id:uuid}", guards=[_CHAT], operation_id="staffchat_remove")
async def delete_member(desk: Desk, state: State, caller: Caller, room_id: UUID, member_id: UUID) -> None:
    """Oneself: leave."""
    async with desk.db.tx(caller.workspace_id) as tx:
        from_rev = await rooms.remove(tx, caller, room_id, member_id)
    _moved(state, caller, room_id, from_rev)
    state.chat.say([member_id], s.StaffRoomsMoved())


@put(_ROOM + "/mute", guards=[_CHAT], operation_id="staffchat_mute")
async def put_mute(desk: Desk, state: State, caller: Caller, room_id: UUID, data: s.StaffMuting) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        await rooms.mute(tx, caller, room_id, data.muted)
    state.chat.say([caller.membership_id], s.StaffRoomsMoved())


@put(_ROOM + "/read", guards=[_CHAT], operation_id="staffchat_read")
async def put_read(desk: Desk, state: State, caller: Caller, room_id: UUID, data: s.StaffReading) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        told = await rooms.read_up_to(tx, caller, room_id, data.seq)
    if told is not None:
        mark, hearers = told
        read_seq = s.StaffRead(room_id=room_id, member_id=mark.member_id, read_seq=mark.read_seq)
        state.chat.say(hearers, read_seq)


@post(_ROOM + "/typing", guards=[_CHAT], operation_id="staffchat_typing")
async def post_typing(tx: Tx, state: State, caller: Caller, room_id: UUID) -> None:
    hearers = await rooms.typing(tx, caller, room_id)
    state.chat.say(hearers, s.StaffTyping(room_id=room_id, member_id=caller.membership_id))


@get(_ROOM + "/messages", guards=[_CHAT], operation_id="staffchat_older")
async def get_messages(
    reader: Reader, caller: Caller, room_id: UUID, before: Seq, limit: Limit = 50
) -> Page[s.StaffMessage]:
    return await read.older(reader, caller, room_id, before, limit)


@get(_ROOM + "/search", guards=[_CHAT], operation_id="staffchat_search")
async def get_search(
    reader: Reader, caller: Caller, room_id: UUID, q: Words, after: str | None = None, limit: Limit = 50
) -> Page[s.StaffMessage]:
    return await read.search(reader, caller, room_id, q, after, limit)


@post(_ROOM + "/messages", guards=[_CHAT], operation_id="staffchat_send")
async def post_message(
    desk: Desk, state: State, caller: Caller, room_id: UUID, data: s.StaffSend
) -> s.StaffAck:
    async with desk.db.tx(caller.workspace_id) as tx:
        ack = await say.send(tx, caller, room_id, data)
    _moved(state, caller, room_id, None if ack.repeated else ack.from_rev)
    return ack


@put(_MESSAGE, guards=[_CHAT], operation_id="staffchat_edit")
async def put_message(
    desk: Desk, state: State, caller: Caller, room_id: UUID, seq: int, data: s.StaffWording
) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        from_rev = await say.edit(tx, caller, room_id, seq, data.body)
    _moved(state, caller, room_id, from_rev)


@delete(_MESSAGE, guards=[_CHAT], operation_id="staffchat_recall")
async def delete_message(desk: Desk, state: State, caller: Caller, room_id: UUID, seq: int) -> None:
    async with desk.db.tx(caller.workspace_id) as tx:
        from_rev = await say.recall(tx, caller, room_id, seq)
    _moved(state, caller, room_id, from_rev)


@get(_MESSAGE + "/file", guards=[_CHAT], operation_id="staffchat_file_address")
async def get_file(state: State, tx: Tx, caller: Caller, room_id: UUID, seq: int) -> FileLinked:
    """A fresh ten-minute address of the file in a message."""
    file = await read.file_of(tx, caller, room_id, seq)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


routes: list[Any] = [
    get_rooms,
    post_room,
    get_room,
    patch_room,
    put_member,
    delete_member,
    put_mute,
    put_read,
    post_typing,
    get_messages,
    get_search,
    post_message,
    put_message,
    delete_message,
    get_file,
]
