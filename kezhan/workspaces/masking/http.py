"""Routes of what is masked."""

from typing import Any

from litestar import get, put

from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.masking import service
from kezhan.workspaces.masking.schemas import Masking
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.PRIVACY_MANAGE)


@get("/api/masking", guards=[_MANAGE], operation_id="workspaces_get_masking")
async def get_masking(tx: Tx) -> Masking:
    return await service.get_masking(tx)


@put("/api/masking", guards=[_MANAGE], operation_id="workspaces_put_masking")
async def put_masking(tx: Tx, caller: Caller, data: Masking) -> Masking:
    return await service.put_masking(tx, caller, data)


routes: list[Any] = [get_masking, put_masking]
