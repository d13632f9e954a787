"""The customers' own protocol over HTTP: sessions, history, files, sending without a socket."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.channels.accounts import account_by_id
from kezhan.channels.site import SiteConfig, site_config
from kezhan.channels.visitor_schemas import AttributesIn, PuzzleIn, SessionIn, SessionOut
from kezhan.channels.visitor_session import customer_of, site_of, source_of, start_session
from kezhan.channels.visitor_socket import complete, refers, visitor_item
from kezhan.contacts import service as contacts
from kezhan.contacts.schemas import Visitor
from kezhan.conversations import read
from kezhan.conversations.desk import Desk
from kezhan.conversations.schemas import Ack, Message, Send, VisitorHead, VisitorSnapshot
from kezhan.conversations.socket import stored
from kezhan.conversations.views import visitor_head
from kezhan.files import address
from kezhan.files.receive import receive
from kezhan.files.schemas import FileLinked, Holder, Owner
from kezhan.files.upload import UploadOperation, first_file
from kezhan.kit.clock import now
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.http import Connection, Guard, language_of, public
from kezhan.kit.paging import Page
from kezhan.kit.rates import Rates
from kezhan.shield.schemas import Counted, Puzzle
from kezhan.workspaces.authenticate import peer_of

Limit = Annotated[int, Parameter(ge=1, le=100)]
_Request = Request[Any, Any, Any]
_arrivals = Rates(per_minute=120, burst=60)
_uploads = Rates(per_minute=30, burst=20)


async def _authenticate(connection: Connection) -> None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise Refused("contacts.session_over", 401)
    db = connection.app.state.db
    visitor = await contacts.visitor_of(db, token.strip())
    try:
        await account_by_id(db, visitor.workspace_id, visitor.account_id)
    except NotFound as fault:
        raise Refused("contacts.session_over", 401) from fault
    connection.app.state.desk.shield.check_source(source_of(visitor, peer_of(connection)))
    connection.state.visitor = visitor


async def _limited(connection: Connection) -> None:
    _arrivals.spend(peer_of(connection))


visitor_guard = Guard("visitor: her own session and what belongs to it", _authenticate)
arrival_guard = Guard("public: a visitor arrives; counted per address", _limited)


def _visitor(request: _Request) -> Visitor:
    visitor: Visitor = request.state.visitor
    return visitor


@get("/w/v1/sites/{site_key:str}", guards=[public("what the bubble looks like")], operation_id="visitor_site")
async def get_site(request: _Request, desk: Desk, site_key: str) -> SiteConfig:
    account = await site_of(desk, site_key, request.headers)
    return site_config(account, language_of(request.headers, {}))


@post("/w/v1/sessions", guards=[arrival_guard], operation_id="visitor_open_session")
async def open_session(request: _Request, desk: Desk, data: SessionIn) -> SessionOut:
    language = language_of(request.headers, {})
    return await start_session(desk, data, request.headers, peer_of(request), language)


@post("/w/v1/puzzles", guards=[arrival_guard], operation_id="visitor_get_puzzle", status_code=200)
async def get_puzzle(request: _Request, desk: Desk, data: PuzzleIn) -> Puzzle:
    account = await site_of(desk, data.site_key, request.headers)
    return desk.shield.puzzle(account.workspace_id, account.id, peer_of(request))


@delete("/w/v1/sessions", guards=[visitor_guard], operation_id="visitor_end_session")
async def end_session(request: _Request, desk: Desk) -> None:
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        await contacts.revoke(tx, visitor.session_id)


@put("/w/v1/attributes", guards=[visitor_guard], operation_id="visitor_put_attributes", status_code=204)
async def put_attributes(request: _Request, desk: Desk, data: AttributesIn) -> None:
    """Adds to what is known of her; of a customer her site has signed for, nothing signed is overwritten."""
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        await contacts.describe(tx, visitor.contact_id, data.values, signed=visitor.verified)


@get("/w/v1/conversations", guards=[visitor_guard], operation_id="visitor_list_conversations")
async def list_conversations(request: _Request, desk: Desk, limit: Limit = 20) -> list[VisitorHead]:
    visitor = _visitor(request)
    async with desk.db.tx(visitor.workspace_id) as tx:
        heads = await read.visitor_conversations(tx, visitor.identity_id, limit)
    return [visitor_head(head) for head in heads]


@get(
    "/w/v1/conversations/{conversation_id:uuid}",
    guards=[visitor_guard],
    operation_id="visitor_get_conversation",
)
async def get_conversation(request: _Request, desk: Desk, conversation_id: UUID) -> VisitorSnapshot:
    visitor = _visitor(request)
    reader = desk.db.reader(visitor.workspace_id)
    return await read.visitor_snapshot(reader, visitor.identity_id, conversation_id)


@get(
    "/w/v1/conversations/{conversation_id:uuid}/messages",
    guards=[visitor_guard],
    operation_id="visitor_older_messages",
)
async def list_messages(
    request: _Request, desk: Desk, conversation_id: UUID, before: int, limit: Limit = 50
) -> Page[Message]:
    visitor = _visitor(request)
    reader = desk.db.reader(visitor.workspace_id)
    return await read.visitor_older(reader, visitor.identity_id, conversation_id, before, limit)


@post("/w/v1/messages", guards=[visitor_guard], operation_id="visitor_send")
async def send_message(request: _Request, desk: Desk, data: Send) -> Ack:
    """The socket's `send`, answered when the message is stored; the same client_id again answers the same."""
    visitor = _visitor(request)
    item = visitor_item(visitor, data)
    desk.shield.take(source_of(visitor, peer_of(request)), Counted.MESSAGES)
    await desk.consents.check(visitor)
    if refers(data):
        async with desk.db.tx(visitor.workspace_id) as tx:
            await complete(tx, item, visitor, data)
    answer = await desk.door.take(customer_of(visitor, peer_of(request)), item)
    return stored(item, answer)


@post(
    "/w/v1/files",
    guards=[visitor_guard],
    operation_id="visitor_upload",
    operation_class=UploadOperation,
    request_max_body_size=None,
)
async def upload(request: _Request, state: State) -> FileLinked:
    visitor = _visitor(request)
    _uploads.spend(str(visitor.identity_id))
    state.desk.shield.take(source_of(visitor, peer_of(request)), Counted.FILES)
    await state.desk.consents.check(visitor)
    incoming = await first_file(request.headers, request.stream())
    owner = Owner("visitor", visitor.identity_id)
    file = await receive(state.db, state.store, visitor.workspace_id, owner=owner, incoming=incoming)
    return address.link(
        state.keyring, visitor.workspace_id, file, Holder("visitor", visitor.session_id), now()
    )


@get(
    "/w/v1/conversations/{conversation_id:uuid}/messages/{seq:int}/file",
    guards=[visitor_guard],
    operation_id="visitor_file_address",
)
async def file_address(request: _Request, state: State, conversation_id: UUID, seq: int) -> FileLinked:
    """A fresh ten-minute address of the file in a message."""
    visitor = _visitor(request)
    async with state.db.tx(visitor.workspace_id) as tx:
        await read.visitor_seen(tx, visitor.identity_id, conversation_id)
        file = await read.file_of(tx, conversation_id, seq, notes=False)
    return address.link(
        state.keyring, visitor.workspace_id, file, Holder("visitor", visitor.session_id), now()
    )


routes: list[Any] = [
    get_site,
    open_session,
    get_puzzle,
    end_session,
    put_attributes,
    list_conversations,
    get_conversation,
    list_messages,
    send_message,
    upload,
    file_address,
]
