"""Routes: bounds and what reached them, kinds of files, blocked addresses and devices."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, post, put
from litestar.params import Parameter

from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.shield import schemas as s
from kezhan.shield import service, uploads
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.WORKSPACE_MANAGE)
_BLOCK = needs(Permission.CONTACT_BLOCK)
_SETTINGS = "/api/shield"
_UPLOADS = "/api/upload-rules"
_SOURCES = "/api/blocked-sources"
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get(_SETTINGS, guards=[_MANAGE], operation_id="shield_settings")
async def get_settings(tx: Tx) -> s.ShieldView:
    return await service.view(tx)


@put(_SETTINGS, guards=[_MANAGE], operation_id="shield_edit")
async def put_settings(tx: Tx, caller: Caller, data: s.ShieldEdit) -> s.ShieldView:
    return await service.edit(tx, caller, data)


@get("/api/floods", guards=[_MANAGE], operation_id="shield_floods")
async def get_floods(tx: Tx) -> s.Floods:
    return await service.list_floods(tx)


@get(_UPLOADS, guards=[_MANAGE], operation_id="shield_uploads")
async def get_uploads(tx: Tx) -> s.UploadRules:
    return await uploads.view_rules(tx)


@put(_UPLOADS, guards=[_MANAGE], operation_id="shield_edit_uploads")
async def put_uploads(tx: Tx, caller: Caller, data: s.UploadRulesEdit) -> s.UploadRules:
    return await uploads.edit_rules(tx, caller, data)


@get("/api/infected-files", guards=[_MANAGE], operation_id="shield_infected")
async def get_infected(tx: Tx, after: str | None = None, limit: Limit = 50) -> Page[s.InfectedFile]:
    return await uploads.list_infected(tx, after, limit)


@get(_SOURCES, guards=[_BLOCK], operation_id="shield_sources")
async def get_sources(tx: Tx, after: str | None = None, limit: Limit = 50) -> Page[s.BlockedSourceView]:
    return await service.list_sources(tx, after, limit)


@post(_SOURCES, guards=[_BLOCK], operation_id="shield_block", status_code=200)
async def post_source(tx: Tx, caller: Caller, data: s.BlockedSourceIn) -> s.BlockedSourceView:
    return await service.block(tx, caller, data)


@delete(f"{_SOURCES}/{{source_id:uuid}}", guards=[_BLOCK], operation_id="shield_unblock")
async def delete_source(tx: Tx, caller: Caller, source_id: UUID) -> None:
    await service.unblock(tx, caller, source_id)


routes: list[Any] = [
    get_settings,
    put_settings,
    get_floods,
    get_uploads,
    put_uploads,
    get_infected,
    get_sources,
    post_source,
    delete_source,
]
