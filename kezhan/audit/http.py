"""Routes: the log, its chain, how long it is kept, its lines as a sheet."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.audit import schemas as s
from kezhan.audit.chain import keep, seal, verify
from kezhan.audit.exports import ask
from kezhan.audit.read import list_entries
from kezhan.audit.service import record
from kezhan.files import address
from kezhan.files.exports import ask as exports
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.AUDIT_READ)
_EXPORT = needs(Permission.AUDIT_EXPORT)
_EXPORTS = "/api/audit-exports"
_ONE = f"{_EXPORTS}/{{export_id:uuid}}"
_Request = Request[Any, Any, Any]


@get("/api/audit", guards=[_READ], operation_id="audit_list_entries")
async def get_entries(
    tx: Tx, actor_id: UUID | None = None, group: s.AuditGroup | None = None, subject_id: UUID | None = None,
    subject_kind: Annotated[str, Parameter(max_length=40)] | None = None, since: datetime | None = None,
    until: datetime | None = None, q: Annotated[str, Parameter(max_length=100)] = "",
    after: str | None = None, limit: int = 50,
) -> Page[s.EntryView]:  # fmt: skip
    """Newest first. A short page may still have a `next`."""
    filters = s.AuditFilters(
        actor_id=actor_id, group=group, subject_id=subject_id, subject_kind=subject_kind, since=since,
        until=until, q=q,
    )  # fmt: skip
    return await list_entries(tx, filters, after=after, limit=limit)


@get("/api/audit-head", guards=[_READ], operation_id="audit_head")
async def get_head(tx: Tx) -> s.ChainHead:
    """The end of the chain, signed: to be kept elsewhere."""
    return await seal.head(tx)


@post("/api/audit-checks", guards=[_READ], operation_id="audit_check", status_code=200)
async def post_check(tx: Tx, caller: Caller, data: s.ChainCheckForm) -> s.ChainCheck:
    """A step of a check of the chain; the next one takes its `next`. The first is a line of the log."""
    check = await verify.step(tx, data.after, data.head)
    if data.after is None:
        await record(tx, caller, "audit.verify", "workspace", tx.workspace)
    return check


@get("/api/audit-settings", guards=[_READ], operation_id="audit_settings")
async def get_settings(tx: Tx) -> s.AuditKeeping:
    return await keep.keeping(tx)


@put("/api/audit-settings", guards=[needs(Permission.WORKSPACE_MANAGE)], operation_id="audit_keep")
async def put_settings(tx: Tx, caller: Caller, data: s.AuditKeeping) -> s.AuditKeeping:
    """Lines older than this are cut off, once a day; null keeps them for ever."""
    return await keep.keep(tx, caller, data)


@get(_EXPORTS, guards=[_EXPORT], operation_id="audit_list_exports")
async def get_exports(tx: Tx, caller: Caller) -> s.AuditExports:
    return await ask.list_exports(tx, caller)


@post(_EXPORTS, guards=[_EXPORT], operation_id="audit_export")
async def post_export(request: _Request, tx: Tx, caller: Caller, data: s.AuditExportForm) -> s.AuditExport:
    """Have a sheet made of what is found; while it is at work the same is not made twice."""
    return await ask.ask(tx, caller, data, language_of(request.headers, request.cookies))


@put(f"{_ONE}/cancellation", guards=[_EXPORT], operation_id="audit_cancel_export")
async def put_cancellation(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.cancel(tx, ask.OURS, caller, export_id)


@delete(_ONE, guards=[_EXPORT], operation_id="audit_remove_export")
async def delete_export(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.remove(tx, ask.OURS, caller, export_id)


@get(f"{_ONE}/file", guards=[_EXPORT], operation_id="audit_export_file")
async def get_file(state: State, tx: Tx, caller: Caller, export_id: UUID) -> FileLinked:
    """A fresh ten-minute address of the sheet."""
    file = await ask.file_of(tx, caller, export_id)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


routes: list[Any] = [
    get_entries,
    get_head,
    post_check,
    get_settings,
    put_settings,
    get_exports,
    post_export,
    put_cancellation,
    delete_export,
    get_file,
]
