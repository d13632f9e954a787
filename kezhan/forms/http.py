"""Routes: what is asked, of everybody and of teams."""

from typing import Any
from uuid import UUID

from litestar import delete, get, put

from kezhan.forms import service
from kezhan.forms.schemas import FormEdit, FormList, FormView, Purpose
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONVERSATION_READ)
_MANAGE = needs(Permission.TEAM_MANAGE)


@get("/api/forms/{purpose:str}", guards=[_READ], operation_id="forms_list")
async def get_forms(tx: Tx, purpose: Purpose) -> FormList:
    return await service.list_forms(tx, purpose)


@put("/api/forms/{purpose:str}", guards=[_MANAGE], operation_id="forms_put")
async def put_form(tx: Tx, caller: Caller, purpose: Purpose, data: FormEdit) -> FormView:
    """Everybody's."""
    return await service.put_form(tx, caller, purpose, None, data)


@put("/api/forms/{purpose:str}/teams/{team_id:uuid}", guards=[_MANAGE], operation_id="forms_put_team")
async def put_team_form(tx: Tx, caller: Caller, purpose: Purpose, team_id: UUID, data: FormEdit) -> FormView:
    return await service.put_form(tx, caller, purpose, team_id, data)


@delete("/api/forms/{purpose:str}/teams/{team_id:uuid}", guards=[_MANAGE], operation_id="forms_drop_team")
async def delete_team_form(tx: Tx, caller: Caller, purpose: Purpose, team_id: UUID) -> None:
    await service.drop_form(tx, caller, purpose, team_id)


routes: list[Any] = [get_forms, put_form, put_team_form, delete_team_form]
