"""Every statement of the room."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, insert, or_, select, text, update

from kezhan.forms.models import Form, FormVersion
from kezhan.forms.schemas import Field, StoredFields
from kezhan.kit.db import Tx

_FORM = select(
    Form.id, Form.purpose, Form.team_id, FormVersion.version, FormVersion.fields, FormVersion.saved_at
).join(FormVersion, FormVersion.form_id == Form.id)
_NOW = _FORM.where(FormVersion.version == Form.version, Form.archived_at.is_(None))


async def forms(tx: Tx, purpose: str) -> Sequence[Row[Any]]:
    """As they are asked now, everybody's first."""
    return await tx.rows(_NOW.where(Form.purpose == purpose).order_by(Form.team_id.nulls_first()))


async def form_for(tx: Tx, purpose: str, team_id: UUID | None) -> Row[Any] | None:
    """The team's own, else everybody's."""
    fitting = or_(Form.team_id == team_id, Form.team_id.is_(None))
    wanted = _NOW.where(and_(Form.purpose == purpose, fitting))
    return await tx.row(wanted.order_by(Form.team_id.nulls_last()).limit(1))


async def form_at(tx: Tx, form_id: UUID, version: int) -> Row[Any] | None:
    return await tx.row(_FORM.where(Form.id == form_id, FormVersion.version == version))


async def hold(tx: Tx, purpose: str, team_id: UUID | None) -> Row[Any] | None:
    """The form of just this team (None: everybody's); nobody else changes one of this purpose meanwhile."""
    key = f"forms:{tx.workspace}:{purpose}"
    await tx.run(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    same = Form.team_id.is_not_distinct_from(team_id)
    return await tx.row(_NOW.where(Form.purpose == purpose, same))


async def add_form(tx: Tx, form_id: UUID, purpose: str, team_id: UUID | None) -> None:
    values = {"workspace_id": tx.workspace, "id": form_id, "purpose": purpose, "team_id": team_id}
    await tx.run(insert(Form).values(**values, version=0))


async def add_version(
    tx: Tx, form_id: UUID, version: int, fields: list[Field], saved_by: UUID, at: datetime
) -> None:
    values = {"workspace_id": tx.workspace, "form_id": form_id, "version": version, "saved_by": saved_by}
    await tx.run(insert(FormVersion).values(**values, fields=StoredFields(fields=fields), saved_at=at))
    await tx.run(update(Form).where(Form.id == form_id).values(version=version))


async def archive(tx: Tx, form_id: UUID) -> None:
    await tx.run(update(Form).where(Form.id == form_id).values(archived_at=func.now()))
