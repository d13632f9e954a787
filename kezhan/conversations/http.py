"""The workbench's routes: lists, snapshots, pages, drafts, and the nouns of a conversation's state."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.conversations import assign as assigning
from kezhan.conversations import park as parking
from kezhan.conversations import read, store
from kezhan.conversations.desk import Desk
from kezhan.conversations.reply import agent_item, file_payload, may_reply
from kezhan.conversations.schemas import Ack, ListRow, Message, Send, Snapshot, Text
from kezhan.conversations.search.find import By, Filters, search
from kezhan.conversations.search.schemas import Hit
from kezhan.conversations.socket import stored
from kezhan.files import address
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of, owner_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)
Limit = Annotated[int, Parameter(ge=1, le=100)]
Query = Annotated[str, Parameter(min_length=1, max_length=100)]


class Assignment(msgspec.Struct, kw_only=True):
    """Who gets the conversation: a member, or a team; without either it is the caller who takes it."""

    member_id: UUID | None = None
    team_id: UUID | None = None


class DraftIn(msgspec.Struct, kw_only=True):
    body: Text
    note: bool = False


@get("/api/conversations", guards=[_READ], operation_id="conversations_list")
async def list_conversations(
    reader: Reader, caller: Caller, name: read.ListName, after: str | None = None, limit: Limit = 50
) -> Page[ListRow]:
    return await read.list_conversations(reader, caller, name, after, limit)


@get("/api/conversation-counts", guards=[_READ], operation_id="conversations_count")
async def count_conversations(reader: Reader, caller: Caller) -> dict[str, int]:
    return await read.count_lists(reader, caller)


@get("/api/conversations/{conversation_id:uuid}", guards=[_READ], operation_id="conversations_get")
async def get_conversation(reader: Reader, caller: Caller, conversation_id: UUID) -> Snapshot:
    return await read.snapshot(reader, caller, conversation_id)


@get("/api/conversations/{conversation_id:uuid}/row", guards=[_READ], operation_id="conversations_get_row")
async def get_row(reader: Reader, caller: Caller, conversation_id: UUID) -> ListRow:
    return await read.one_row(reader, caller, conversation_id)


@get("/api/conversations/{conversation_id:uuid}/messages", guards=[_READ], operation_id="conversations_older")
async def list_messages(
    reader: Reader, caller: Caller, conversation_id: UUID, before: int, limit: Limit = 50
) -> Page[Message]:
    return await read.older(reader, caller, conversation_id, before, limit)


@get(
    "/api/conversations/{conversation_id:uuid}/messages/{seq:int}/file",
    guards=[_READ],
    operation_id="conversations_file_address",
)
async def file_address(state: State, tx: Tx, caller: Caller, conversation_id: UUID, seq: int) -> FileLinked:
    """A fresh ten-minute address of the file in a message."""
    await read.seen_head(tx, caller, conversation_id)
    file = await read.file_of(tx, conversation_id, seq, notes=True)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


@post(
    "/api/conversations/{conversation_id:uuid}/messages", guards=[_REPLY], operation_id="conversations_reply"
)
async def send_message(desk: Desk, caller: Caller, conversation_id: UUID, data: Send) -> Ack:
    """The socket's `send` for programs; a repeat of the same client_id answers the same."""
    item = agent_item(caller, conversation_id, data)
    async with desk.db.tx(caller.workspace_id) as tx:
        await may_reply(tx, caller, conversation_id)
        if data.file_id is not None:
            await file_payload(tx, item, data.file_id, owner_of(caller))
    answer = await desk.lane.append(item)
    return stored(item, answer)


@put(
    "/api/conversations/{conversation_id:uuid}/assignment",
    guards=[_REPLY],
    operation_id="conversations_assign",
)
async def put_assignment(tx: Tx, caller: Caller, conversation_id: UUID, data: Assignment) -> None:
    if data.team_id is not None and data.member_id is None:
        await assigning.send_to_team(tx, caller, conversation_id, data.team_id)
    elif data.member_id is None or data.member_id == caller.membership_id:
        await assigning.take(tx, caller, conversation_id)
    else:
        await assigning.assign(tx, caller, conversation_id, data.member_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/assignment",
    guards=[_REPLY],
    operation_id="conversations_release",
)
async def delete_assignment(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await assigning.release(tx, caller, conversation_id)


@put(
    "/api/conversations/{conversation_id:uuid}/closure",
    guards=[needs(Permission.CONVERSATION_CLOSE)],
    operation_id="conversations_close",
)
async def put_closure(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await assigning.close(tx, caller, conversation_id)


@put("/api/conversations/{conversation_id:uuid}/parking", guards=[_REPLY], operation_id="conversations_park")
async def put_parking(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await parking.park(tx, caller, conversation_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/parking", guards=[_REPLY], operation_id="conversations_wake"
)
async def delete_parking(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await parking.wake(tx, caller, conversation_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/closure", guards=[_REPLY], operation_id="conversations_reopen"
)
async def delete_closure(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await assigning.reopen(tx, caller, conversation_id)


@put(
    "/api/conversations/{conversation_id:uuid}/draft", guards=[_REPLY], operation_id="conversations_put_draft"
)
async def put_draft(tx: Tx, caller: Caller, conversation_id: UUID, data: DraftIn) -> None:
    await read.seen_head(tx, caller, conversation_id)
    await store.put_draft(tx, conversation_id, caller.membership_id, data.body, data.note)


@get("/api/contacts/{contact_id:uuid}/conversations", guards=[_READ], operation_id="conversations_of_contact")
async def list_of_contact(reader: Reader, caller: Caller, contact_id: UUID) -> list[ListRow]:
    return await read.of_contact(reader, caller, contact_id)


@get("/api/messages/search", guards=[_READ], operation_id="conversations_search")
async def search_messages(
    reader: Reader, caller: Caller, q: Query, conversation_id: UUID | None = None, channel: str | None = None,
    by: By | None = None, since: datetime | None = None, until: datetime | None = None,
    after: str | None = None, limit: Limit = 20,
) -> Page[Hit]:  # fmt: skip
    """`q`: words that a message must contain, parted by spaces. A short page may still have a `next`."""
    filters = Filters(conversation_id=conversation_id, channel=channel, by=by, since=since, until=until)
    return await search(reader, caller, q, filters, after, limit)


routes: list[Any] = [
    list_conversations,
    count_conversations,
    get_conversation,
    get_row,
    list_messages,
    file_address,
    send_message,
    put_assignment,
    delete_assignment,
    put_closure,
    delete_closure,
    put_parking,
    delete_parking,
    put_draft,
    list_of_contact,
    search_messages,
]
