"""Routes: the fields of people and companies."""

from typing import Any

from litestar import get, put

from kezhan.fields import service
from kezhan.fields.schemas import FieldSet, FieldSetEdit, Subject
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_SET = "/api/fields/{subject:str}"


@get(_SET, guards=[needs(Permission.CONTACT_READ)], operation_id="fields_get")
async def get_set(tx: Tx, caller: Caller, subject: Subject) -> FieldSet:
    return await service.get_set(tx, caller, subject)


@put(_SET, guards=[needs(Permission.FIELD_MANAGE)], operation_id="fields_put")
async def put_set(tx: Tx, caller: Caller, subject: Subject, data: FieldSetEdit) -> FieldSet:
    """All of them, in their order."""
    return await service.put_set(tx, caller, subject, data)


routes: list[Any] = [get_set, put_set]
