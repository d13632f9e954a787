"""Routes: quick replies of a place, made and changed; lists of them; one's own settings."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.params import QueryParameter

from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.quick import exchange, preview, service
from kezhan.quick import schemas as s
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

# Who serves has her own; for a team's and everybody's the service asks for more.
_SERVES = needs(Permission.CONVERSATION_REPLY)
_ROOT = "/api/quick-replies"
_ONE = f"{_ROOT}/{{reply_id:uuid}}"
_Request = Request[Any, Any, Any]
# `scope` itself is the framework's word for something else.
_Scope = Annotated[s.Scope, QueryParameter(name="scope")]


@get(_ROOT, guards=[_SERVES], operation_id="quick_list")
async def get_replies(tx: Tx, caller: Caller, whose: _Scope, team_id: UUID | None = None) -> s.QuickReplyList:
    return await service.list_replies(tx, caller, whose, team_id)


@post(_ROOT, guards=[_SERVES], operation_id="quick_create")
async def post_reply(tx: Tx, caller: Caller, data: s.QuickReplyForm) -> s.QuickReplyView:
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_SERVES], operation_id="quick_edit")
async def put_reply(tx: Tx, caller: Caller, reply_id: UUID, data: s.QuickReplyEdit) -> s.QuickReplyView:
    return await service.edit(tx, caller, reply_id, data)


@delete(_ONE, guards=[_SERVES], operation_id="quick_archive")
async def delete_reply(tx: Tx, caller: Caller, reply_id: UUID) -> None:
    await service.archive(tx, caller, reply_id)


@get(f"{_ONE}/uses", guards=[_SERVES], operation_id="quick_uses")
async def get_uses(tx: Tx, caller: Caller, reply_id: UUID) -> s.QuickUses:
    return await service.uses(tx, caller, reply_id)


@put(f"{_ROOT}/categories", guards=[_SERVES], operation_id="quick_move_category")
async def put_category(tx: Tx, caller: Caller, data: s.QuickCategoryMove) -> s.QuickMoved:
    """Rename a category, or put it into another."""
    return await service.move_category(tx, caller, data)


@get(f"{_ROOT}/variables", guards=[_SERVES], operation_id="quick_variables")
async def get_variables(request: _Request, tx: Tx, caller: Caller) -> s.QuickVariables:
    return await preview.variables(tx, caller, language_of(request.headers, request.cookies))


@post(f"{_ROOT}/preview", guards=[_SERVES], operation_id="quick_preview", status_code=200)
async def post_preview(request: _Request, tx: Tx, caller: Caller, data: s.QuickDraft) -> s.QuickPreview:
    """The text as a customer might read it."""
    return await preview.preview(tx, caller, data.body, language_of(request.headers, request.cookies))


@get(f"{_ROOT}/export", guards=[_SERVES], operation_id="quick_export")
async def get_export(
    tx: Tx, caller: Caller, whose: _Scope, form: s.Format = "csv", team_id: UUID | None = None
) -> s.QuickFile:
    return await exchange.export_list(tx, caller, whose, team_id, form)


@post(f"{_ROOT}/import", guards=[_SERVES], operation_id="quick_import", status_code=200)
async def post_import(request: _Request, tx: Tx, caller: Caller, data: s.QuickImport) -> s.QuickImported:
    """What a list would change, and with `dry_run` false it does."""
    return await exchange.import_list(tx, caller, data, language_of(request.headers, request.cookies))


@get(f"{_ROOT}/settings", guards=[_SERVES], operation_id="quick_get_settings")
async def get_settings(tx: Tx, caller: Caller) -> s.QuickSettings:
    return await service.settings(tx, caller)


@put(f"{_ROOT}/settings", guards=[_SERVES], operation_id="quick_put_settings")
async def put_settings(tx: Tx, caller: Caller, data: s.QuickSettings) -> s.QuickSettings:
    return await service.put_settings(tx, caller, data)


routes: list[Any] = [
    get_replies,
    post_reply,
    put_reply,
    delete_reply,
    get_uses,
    put_category,
    get_variables,
    post_preview,
    get_export,
    post_import,
    get_settings,
    put_settings,
]
