"""The workbench's routes: lists, snapshots, pages, drafts, and the nouns of a conversation's state."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.audit.lookups import conversation_answered
from kezhan.conversations import assign as assigning
from kezhan.conversations import drafts, guests, read, supervise
from kezhan.conversations import park as parking
from kezhan.conversations.copies import copies_of
from kezhan.conversations.desk import Desk
from kezhan.conversations.history.http import routes as history_routes
from kezhan.conversations.linked import Links
from kezhan.conversations.mentions.keep import count_mentions, list_mentions
from kezhan.conversations.mentions.name import check_names, colleagues
from kezhan.conversations.mentions.schemas import Colleagues, Mention, MentionCount
from kezhan.conversations.merge.http import routes as merge_routes
from kezhan.conversations.reply import agent_item, file_payload, may_reply
from kezhan.conversations.reveal import MessageReveal, reveal
from kezhan.conversations.rich.card import put_image
from kezhan.conversations.rich.forward import Forward, Forwarded, forward
from kezhan.conversations.schemas import (
    Ack,
    DraftIn,
    DraftView,
    ListRow,
    Message,
    Send,
    Snapshot,
    Supervision,
)
from kezhan.conversations.socket import stored
from kezhan.conversations.spam.http import routes as spam_routes
from kezhan.conversations.tagging.http import routes as tag_routes
from kezhan.conversations.wrapup import count, fill
from kezhan.conversations.wrapup.schemas import WrapUpCounts, WrapUpIn, WrapUpView
from kezhan.files import address
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of, owner_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import plain
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.masking.schemas import Revealed
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)
_SUPERVISE = needs(Permission.CONVERSATION_SUPERVISE)
_Request = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=100)]


class Assignment(msgspec.Struct, kw_only=True):
    """Who gets the conversation: a member, or a team; without either it is the caller who takes it. `seen`:
    who has it as far as the caller knows, null for nobody; 409 where that is no longer so."""

    member_id: UUID | None = None
    team_id: UUID | None = None
    seen: UUID | msgspec.UnsetType | None = msgspec.UNSET


class Parking(msgspec.Struct, kw_only=True):
    """Until when; without a moment, until the customer speaks."""

    until: datetime | None = None


@get("/api/conversations", guards=[_READ], operation_id="conversations_list")
async def list_conversations(
    reader: Reader, caller: Caller, name: read.ListName, after: str | None = None, limit: Limit = 50
) -> Page[ListRow]:
    return await read.list_conversations(reader, caller, name, after, limit)


@get("/api/conversation-counts", guards=[_READ], operation_id="conversations_count")
async def count_conversations(reader: Reader, caller: Caller) -> dict[str, int]:
    return await read.count_lists(reader, caller)


@get(
    "/api/conversations/{conversation_id:uuid}",
    guards=[_READ],
    after_response=conversation_answered,
    operation_id="conversations_get",
)
async def get_conversation(reader: Reader, caller: Caller, conversation_id: UUID) -> Snapshot:
    return await read.snapshot(reader, caller, conversation_id)


@get("/api/conversations/{conversation_id:uuid}/row", guards=[_READ], operation_id="conversations_get_row")
async def get_row(reader: Reader, caller: Caller, conversation_id: UUID) -> ListRow:
    return await read.one_row(reader, caller, conversation_id)


@get("/api/conversations/{conversation_id:uuid}/links", guards=[_READ], operation_id="conversations_links")
async def get_links(reader: Reader, caller: Caller, conversation_id: UUID) -> Links:
    return await read.links(reader, caller, conversation_id)


@get(
    "/api/conversations/{conversation_id:uuid}/messages",
    guards=[_READ],
    after_response=conversation_answered,
    operation_id="conversations_older",
)
async def list_messages(
    request: _Request, reader: Reader, caller: Caller, conversation_id: UUID, before: int, limit: Limit = 50
) -> Page[Message]:
    page, served_by = await read.older(reader, caller, conversation_id, before, limit)
    if caller.cover is not None and caller.cover.serves is not None and caller.cover.serves == served_by:
        plain(request)
    return page


@post(
    "/api/conversations/{conversation_id:uuid}/messages/{seq:int}/reveal",
    guards=[needs(Permission.SENSITIVE_REVEAL)],
    operation_id="conversations_reveal",
    status_code=200,
)
async def reveal_message(
    tx: Tx, caller: Caller, conversation_id: UUID, seq: int, data: MessageReveal
) -> Revealed:
    """What a message says that is masked elsewhere, with a reason, which the audit log keeps."""
    return await reveal(tx, caller, conversation_id, seq, data)


@get(
    "/api/conversations/{conversation_id:uuid}/messages/{seq:int}/file",
    guards=[_READ],
    after_response=conversation_answered,
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
        head = await may_reply(tx, caller, conversation_id)
        if data.mentions or data.teams:
            await check_names(tx, head, data)
        if data.copies:
            await desk.check_copies(tx, head, copies_of(item.payload))
        if data.file_id is not None:
            await file_payload(tx, item, data.file_id, owner_of(caller))
        await put_image(tx, item, owner_of(caller))
    answer = await desk.lane.append(item)
    return stored(item, answer)


@post(
    "/api/conversations/{conversation_id:uuid}/forwards",
    guards=[_REPLY],
    operation_id="conversations_forward",
)
async def post_forward(desk: Desk, caller: Caller, conversation_id: UUID, data: Forward) -> Forwarded:
    """Messages of another conversation, said here; a repeat of the same client_id answers the same."""
    return await forward(desk, caller, conversation_id, data)


@put(
    "/api/conversations/{conversation_id:uuid}/assignment",
    guards=[_REPLY],
    operation_id="conversations_assign",
)
async def put_assignment(tx: Tx, caller: Caller, conversation_id: UUID, data: Assignment) -> None:
    if data.team_id is not None and data.member_id is None:
        await assigning.send_to_team(tx, caller, conversation_id, data.team_id, seen=data.seen)
    elif data.member_id is None or data.member_id == caller.membership_id:
        await assigning.take(tx, caller, conversation_id, data.seen)
    else:
        await assigning.assign(tx, caller, conversation_id, data.member_id, data.seen)


@delete(
    "/api/conversations/{conversation_id:uuid}/assignment",
    guards=[_REPLY],
    operation_id="conversations_release",
)
async def delete_assignment(tx: Tx, caller: Caller, conversation_id: UUID, seen: UUID | None = None) -> None:
    """Back to the queue. `seen`: who has it as far as the caller knows; 409 where that is no longer so."""
    await assigning.release(tx, caller, conversation_id, msgspec.UNSET if seen is None else seen)


@put(
    "/api/conversations/{conversation_id:uuid}/closure",
    guards=[needs(Permission.CONVERSATION_CLOSE)],
    operation_id="conversations_close",
)
async def put_closure(tx: Tx, caller: Caller, conversation_id: UUID, data: WrapUpIn | None = None) -> None:
    await assigning.close(tx, caller, conversation_id, data)


@get(
    "/api/conversations/{conversation_id:uuid}/wrap-up",
    guards=[_READ],
    operation_id="conversations_wrap_up",
)
async def get_wrap_up(tx: Tx, caller: Caller, conversation_id: UUID) -> WrapUpView:
    return await fill.get_wrap_up(tx, caller, conversation_id)


@put(
    "/api/conversations/{conversation_id:uuid}/wrap-up",
    guards=[_REPLY],
    operation_id="conversations_put_wrap_up",
)
async def put_wrap_up(tx: Tx, caller: Caller, conversation_id: UUID, data: WrapUpIn) -> None:
    await fill.put_wrap_up(tx, caller, conversation_id, data)


@get(
    "/api/wrap-up-counts",
    guards=[needs(Permission.TEAM_MANAGE)],
    operation_id="conversations_wrap_up_counts",
)
async def get_wrap_up_counts(tx: Tx, days: Annotated[int, Parameter(ge=1, le=90)] = 30) -> WrapUpCounts:
    """How often each choice was taken, by team."""
    return await count.wrap_up_counts(tx, days)


@put("/api/conversations/{conversation_id:uuid}/parking", guards=[_REPLY], operation_id="conversations_park")
async def put_parking(tx: Tx, caller: Caller, conversation_id: UUID, data: Parking | None = None) -> None:
    await parking.park(tx, caller, conversation_id, data.until if data else None)


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
async def put_draft(desk: Desk, caller: Caller, conversation_id: UUID, data: DraftIn) -> DraftView:
    return await drafts.keep_draft(desk, caller, conversation_id, data)


@get(
    "/api/conversations/{conversation_id:uuid}/draft", guards=[_REPLY], operation_id="conversations_get_draft"
)
async def get_draft(desk: Desk, caller: Caller, conversation_id: UUID) -> DraftView:
    return await drafts.draft(desk, caller, conversation_id)


@get(
    "/api/conversations/{conversation_id:uuid}/colleagues",
    guards=[_REPLY],
    operation_id="conversations_list_colleagues",
)
async def get_colleagues(tx: Tx, caller: Caller, conversation_id: UUID) -> Colleagues:
    """Who may be named or invited here."""
    return await colleagues(tx, caller, conversation_id)


@put(
    "/api/conversations/{conversation_id:uuid}/guests/{member_id:uuid}",
    guards=[_REPLY],
    operation_id="conversations_invite",
)
async def put_guest(tx: Tx, caller: Caller, conversation_id: UUID, member_id: UUID) -> None:
    await guests.invite(tx, caller, conversation_id, member_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/guests/{member_id:uuid}",
    guards=[_REPLY],
    operation_id="conversations_leave",
)
async def delete_guest(tx: Tx, caller: Caller, conversation_id: UUID, member_id: UUID) -> None:
    """A guest leaves, or is removed."""
    await guests.leave(tx, caller, conversation_id, member_id)


@get(
    "/api/conversations/{conversation_id:uuid}/supervision",
    guards=[_SUPERVISE],
    operation_id="conversations_get_supervision",
)
async def get_supervision(tx: Tx, caller: Caller, conversation_id: UUID) -> Supervision:
    return await supervise.standing(tx, caller, conversation_id)


@put(
    "/api/conversations/{conversation_id:uuid}/supervision",
    guards=[_SUPERVISE],
    operation_id="conversations_supervise",
)
async def put_supervision(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """The caller listens in."""
    await supervise.listen(tx, caller, conversation_id)


@delete(
    "/api/conversations/{conversation_id:uuid}/supervision",
    guards=[_SUPERVISE],
    operation_id="conversations_stop_supervision",
)
async def delete_supervision(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    await supervise.stop(tx, caller, conversation_id)


@get("/api/mentions", guards=[_READ], operation_id="conversations_list_mentions")
async def get_mentions(
    reader: Reader, caller: Caller, after: str | None = None, limit: Limit = 50
) -> Page[Mention]:
    """Notes in which the caller has been named."""
    return await list_mentions(reader, caller, after, limit)


@get("/api/mention-count", guards=[_READ], operation_id="conversations_count_mentions")
async def get_mention_count(reader: Reader, caller: Caller) -> MentionCount:
    return await count_mentions(reader, caller)


@get("/api/contacts/{contact_id:uuid}/conversations", guards=[_READ], operation_id="conversations_of_contact")
async def list_of_contact(reader: Reader, caller: Caller, contact_id: UUID) -> list[ListRow]:
    return await read.of_contact(reader, caller, contact_id)


routes: list[Any] = [
    list_conversations,
    count_conversations,
    get_conversation,
    get_row,
    get_links,
    list_messages,
    reveal_message,
    file_address,
    send_message,
    post_forward,
    put_assignment,
    delete_assignment,
    put_closure,
    get_wrap_up,
    put_wrap_up,
    get_wrap_up_counts,
    delete_closure,
    put_parking,
    delete_parking,
    put_draft,
    get_draft,
    get_colleagues,
    put_guest,
    delete_guest,
    get_supervision,
    put_supervision,
    delete_supervision,
    get_mentions,
    get_mention_count,
    list_of_contact,
    *spam_routes,
    *history_routes,
    *merge_routes,
    *tag_routes,
]
