"""Routes: views, what is in them, acts on many."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.params import Parameter

from kezhan.conversations.schemas import ListRow
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.segments.filters.schemas import Filter, FilterWords
from kezhan.views import schemas as s
from kezhan.views import service, show
from kezhan.views.bulk import ask
from kezhan.views.bulk.schemas import BulkForm, BulkView
from kezhan.views.schemas import ViewCounts, ViewSort
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_REPLY = needs(Permission.CONVERSATION_REPLY)
_ROOT = "/api/views"
_ONE = f"{_ROOT}/{{view_id:uuid}}"
_BULK = "/api/bulk-acts"
_OF_BULK = f"{_BULK}/{{bulk_id:uuid}}"
_Request = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get(_ROOT, guards=[_READ], operation_id="views_list")
async def get_views(reader: Reader, caller: Caller) -> s.ViewList:
    return await service.list_views(reader, caller)


@post(_ROOT, guards=[_READ], operation_id="views_create")
async def post_view(tx: Tx, caller: Caller, data: s.ViewForm) -> s.View:
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_READ], operation_id="views_change")
async def put_view(tx: Tx, caller: Caller, view_id: UUID, data: s.ViewEdit) -> s.View:
    return await service.change(tx, caller, view_id, data)


@delete(_ONE, guards=[_READ], operation_id="views_archive")
async def delete_view(tx: Tx, caller: Caller, view_id: UUID) -> None:
    await service.archive(tx, caller, view_id)


@put("/api/view-order", guards=[_READ], operation_id="views_put_order")
async def put_order(tx: Tx, caller: Caller, data: s.ViewOrder) -> None:
    await service.put_order(tx, caller, data)


@get(f"{_ONE}/conversations", guards=[_READ], operation_id="views_conversations")
async def list_conversations(
    reader: Reader,
    caller: Caller,
    view_id: UUID,
    sort: ViewSort | None = None,
    after: str | None = None,
    limit: Limit = 50,
) -> Page[ListRow]:
    return await show.list_view(reader, caller, view_id, sort, after, limit)


@get("/api/view-counts", guards=[_READ], operation_id="views_count")
async def get_counts(reader: Reader, caller: Caller, ids: list[UUID]) -> ViewCounts:
    """Of the views that are on the screen, all of one moment."""
    return await show.count_views(reader, caller, ids)


@get("/api/view-words", guards=[_READ], operation_id="views_words")
async def get_words(tx: Tx, caller: Caller) -> FilterWords:
    """What conditions can name."""
    return await show.words(tx, caller)


@post("/api/view-preview", guards=[_READ], operation_id="views_preview", status_code=200)
async def post_preview(tx: Tx, reader: Reader, caller: Caller, data: Filter) -> s.FilterCount:
    """How many a filter holds that is not kept yet."""
    return s.FilterCount(count=await show.count_filter(tx, reader, caller, data))


@post(_BULK, guards=[_REPLY], operation_id="views_act")
async def post_bulk(request: _Request, tx: Tx, reader: Reader, caller: Caller, data: BulkForm) -> BulkView:
    """One act on many conversations, carried out one by one in the background."""
    return await ask.begin(tx, reader, caller, data, language_of(request.headers, request.cookies))


@get(_OF_BULK, guards=[_REPLY], operation_id="views_get_act")
async def get_bulk(request: _Request, tx: Tx, caller: Caller, bulk_id: UUID) -> BulkView:
    return await ask.look(tx, caller, bulk_id, language_of(request.headers, request.cookies))


@put(f"{_OF_BULK}/cancellation", guards=[_REPLY], operation_id="views_cancel_act")
async def put_cancellation(request: _Request, tx: Tx, caller: Caller, bulk_id: UUID) -> BulkView:
    return await ask.cancel(tx, caller, bulk_id, language_of(request.headers, request.cookies))


@put(f"{_OF_BULK}/undoing", guards=[_REPLY], operation_id="views_undo_act")
async def put_undoing(request: _Request, tx: Tx, caller: Caller, bulk_id: UUID) -> BulkView:
    return await ask.undo(tx, caller, bulk_id, language_of(request.headers, request.cookies))


routes: list[Any] = [
    get_views,
    post_view,
    put_view,
    delete_view,
    put_order,
    list_conversations,
    get_counts,
    get_words,
    post_preview,
    post_bulk,
    get_bulk,
    put_cancellation,
    put_undoing,
]
