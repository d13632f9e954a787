"""Forms are made and changed, one version after the other."""

from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.forms import store
from kezhan.forms.check import check_fields
from kezhan.forms.schemas import FormEdit, FormList, FormView, Purpose
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.service import team_name


class _Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    purpose: str
    version: int
    fields: int


async def list_forms(tx: Tx, purpose: Purpose) -> FormList:
    return FormList(items=[_view(row) for row in await store.forms(tx, purpose)])


async def form_for(tx: Tx, purpose: Purpose, team_id: UUID | None) -> FormView | None:
    """What is asked of this team: its own form, else everybody's; None where there is neither, or nothing is
    asked."""
    row = await store.form_for(tx, purpose, team_id)
    return _view(row) if row is not None and row.fields.fields else None


async def form_at(tx: Tx, form_id: UUID, version: int) -> FormView:
    """As it was. Raises NotFound."""
    row = await store.form_at(tx, form_id, version)
    if row is None:
        raise NotFound("forms.not_found")
    return _view(row)


async def put_form(
    tx: Tx, caller: Caller, purpose: Purpose, team_id: UUID | None, form: FormEdit
) -> FormView:
    """Ask this from now on. The same fields again change nothing. Raises Refused 400 for fields that make no
    sense, 409 where somebody has changed them meanwhile; NotFound for a team that is none."""
    check_fields(form.fields)
    if team_id is not None:
        await team_name(tx, team_id)
    row = await store.hold(tx, purpose, team_id)
    if row is not None and row.fields.fields == form.fields:
        return _view(row)
    version = row.version if row is not None else 0
    if version != form.version:
        raise Refused("forms.changed", 409)
    form_id = row.id if row is not None else new_id()
    if row is None:
        await store.add_form(tx, form_id, purpose, team_id)
    at = now()
    await store.add_version(tx, form_id, version + 1, form.fields, caller.membership_id, at)
    detail = _Detail(purpose=purpose, version=version + 1, fields=len(form.fields))
    told = between(None if row is None else row.fields, {"fields": form.fields}, ["fields"])
    await record(tx, caller, "form.edit", "form", form_id, detail=detail, changes=told)
    return FormView(id=form_id, team_id=team_id, version=version + 1, fields=form.fields, saved_at=wire(at))


async def drop_form(tx: Tx, caller: Caller, purpose: Purpose, team_id: UUID) -> None:
    """The team is asked what everybody is asked. It has none of its own: nothing changes."""
    row = await store.hold(tx, purpose, team_id)
    if row is not None:
        await store.archive(tx, row.id)
        detail = _Detail(purpose=purpose, version=row.version, fields=len(row.fields.fields))
        await record(tx, caller, "form.archive", "form", row.id, detail=detail)


def _view(row: Row[Any]) -> FormView:
    return FormView(
        id=row.id,
        team_id=row.team_id,
        version=row.version,
        fields=row.fields.fields,
        saved_at=wire(row.saved_at),
    )
