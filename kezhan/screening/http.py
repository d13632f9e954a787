"""Routes: the workspace's word lists, and what they have found."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post, put

from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.screening import schemas as s
from kezhan.screening import service
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.WORD_LIST_MANAGE)
_ROOT = "/api/word-lists"
_ONE = f"{_ROOT}/{{list_id:uuid}}"


@get(_ROOT, guards=[_MANAGE], operation_id="screening_list")
async def get_lists(tx: Tx) -> s.WordLists:
    return await service.list_lists(tx)


@get(_ONE, guards=[_MANAGE], operation_id="screening_one")
async def get_list(tx: Tx, list_id: UUID) -> s.WordList:
    return await service.one(tx, list_id)


@post(_ROOT, guards=[_MANAGE], operation_id="screening_create")
async def post_list(tx: Tx, caller: Caller, data: s.WordListForm) -> s.WordList:
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_MANAGE], operation_id="screening_change")
async def put_list(tx: Tx, caller: Caller, list_id: UUID, data: s.WordListEdit) -> s.WordList:
    return await service.change(tx, caller, list_id, data)


@delete(_ONE, guards=[_MANAGE], operation_id="screening_remove")
async def delete_list(tx: Tx, caller: Caller, list_id: UUID) -> None:
    await service.remove(tx, caller, list_id)


@post("/api/word-list-trials", guards=[_MANAGE], operation_id="screening_try", status_code=200)
async def post_trial(tx: Tx, data: s.WordTrial) -> s.WordTried:
    return await service.try_out(tx, data)


@get("/api/word-hits", guards=[_MANAGE], operation_id="screening_hits")
async def get_hits(
    tx: Tx, list_id: UUID | None = None, after: str | None = None, limit: int = 50
) -> Page[s.WordHit]:
    return await service.list_hits(tx, list_id, after, limit)


routes: list[Any] = [get_lists, get_list, post_list, put_list, delete_list, post_trial, get_hits]
