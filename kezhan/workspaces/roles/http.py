"""Routes of roles."""

from typing import Any
from uuid import UUID

from litestar import get, patch, post

from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.roles import schemas as s
from kezhan.workspaces.roles import service

_MANAGE = needs(Permission.ROLE_MANAGE)
_ONE = "/api/roles/{role_id:uuid}"


@get("/api/roles", guards=[needs(Permission.MEMBER_READ)], operation_id="workspaces_list_roles")
async def list_roles(tx: Tx, caller: Caller) -> s.RoleList:
    return await service.list_roles(tx, caller)


@post("/api/roles", guards=[_MANAGE], operation_id="workspaces_make_role")
async def make_role(tx: Tx, caller: Caller, data: s.RoleMake) -> s.RoleView:
    return await service.make_role(tx, caller, data)


@patch(_ONE, guards=[_MANAGE], operation_id="workspaces_edit_role")
async def edit_role(tx: Tx, caller: Caller, role_id: UUID, data: s.RoleEdit) -> s.RoleView:
    return await service.edit_role(tx, caller, role_id, data)


@post(f"{_ONE}/removal", guards=[_MANAGE], operation_id="workspaces_remove_role", status_code=204)
async def remove_role(tx: Tx, caller: Caller, role_id: UUID, data: s.RoleRemoval) -> None:
    await service.remove_role(tx, caller, role_id, data)


routes: list[Any] = [list_roles, make_role, edit_role, remove_role]
