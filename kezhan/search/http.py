"""Routes: search in everything, and in one kind of thing; the hits as a list."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.audit.lookups import Lookups
from kezhan.conversations.search.schemas import By, Filters
from kezhan.files import address
from kezhan.files.exports import ask as exports
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.search import export
from kezhan.search import schemas as s
from kezhan.search.find import everything, one_kind
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_EXPORT = needs(Permission.SEARCH_EXPORT)
_EXPORTS = "/api/search-exports"
_ONE = f"{_EXPORTS}/{{export_id:uuid}}"
_Request = Request[Any, Any, Any]
Limit = Annotated[int, Parameter(ge=1, le=100)]
Few = Annotated[int, Parameter(ge=1, le=20)]
Query = Annotated[str, Parameter(min_length=1, max_length=100)]


@get("/api/search", guards=[_READ], operation_id="search_everything")
async def get_everything(
    reader: Reader, caller: Caller, lookups: Lookups, q: Query, contact_id: UUID | None = None,
    assignee_id: UUID | None = None, team_id: UUID | None = None, channel: str | None = None,
    by: By | None = None, media: s.Media | None = None, tag_id: UUID | None = None,
    since: datetime | None = None, until: datetime | None = None, limit: Few = 5,
) -> s.Groups:  # fmt: skip
    """`q`: words that a thing must contain, parted by spaces. The first hits of each kind."""
    lookups.through_everything(caller)
    filters = Filters(
        contact_id=contact_id, assignee_id=assignee_id, team_id=team_id, channel=channel, by=by,
        tag_id=tag_id, since=since, until=until,
    )  # fmt: skip
    return await everything(reader, caller, s.Question(q=q, filters=filters, media=media), limit)


@get("/api/search/{kind:str}", guards=[_READ], operation_id="search_kind")
async def get_kind(
    reader: Reader, caller: Caller, lookups: Lookups, kind: str, q: Query,
    conversation_id: UUID | None = None, contact_id: UUID | None = None, assignee_id: UUID | None = None,
    team_id: UUID | None = None, channel: str | None = None, by: By | None = None,
    media: s.Media | None = None, tag_id: UUID | None = None, since: datetime | None = None,
    until: datetime | None = None, after: str | None = None, limit: Limit = 20,
) -> Page[s.Found]:  # fmt: skip
    """Hits of one kind, the newest first. A short page may still have a `next`."""
    lookups.through_everything(caller)
    filters = Filters(
        conversation_id=conversation_id, contact_id=contact_id, assignee_id=assignee_id, team_id=team_id,
        channel=channel, by=by, tag_id=tag_id, since=since, until=until,
    )  # fmt: skip
    return await one_kind(reader, caller, kind, s.Question(q=q, filters=filters, media=media), after, limit)


@get(_EXPORTS, guards=[_EXPORT], operation_id="search_list_exports")
async def get_exports(tx: Tx, caller: Caller) -> s.Exports:
    return await export.list_exports(tx, caller)


@post(_EXPORTS, guards=[_EXPORT], operation_id="search_export")
async def post_export(request: _Request, tx: Tx, caller: Caller, data: s.ExportForm) -> s.ExportView:
    """Have a list made of what is found of one kind; while it is at work the same is not made twice."""
    return await export.ask(tx, caller, data, language_of(request.headers, request.cookies))


@put(f"{_ONE}/cancellation", guards=[_EXPORT], operation_id="search_cancel_export")
async def put_cancellation(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.cancel(tx, export.OURS, caller, export_id)


@delete(_ONE, guards=[_EXPORT], operation_id="search_remove_export")
async def delete_export(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.remove(tx, export.OURS, caller, export_id)


@get(f"{_ONE}/file", guards=[_EXPORT], operation_id="search_export_file")
async def get_file(state: State, tx: Tx, caller: Caller, export_id: UUID) -> FileLinked:
    """A fresh ten-minute address of the list."""
    file = await export.file_of(tx, caller, export_id)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


routes: list[Any] = [
    get_everything,
    get_kind,
    get_exports,
    post_export,
    put_cancellation,
    delete_export,
    get_file,
]
