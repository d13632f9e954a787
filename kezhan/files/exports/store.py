"""Statements on a room's exports; `table` is that room's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.files.exports.models import Export
from kezhan.files.exports.schemas import BUSY
from kezhan.kit.db import Tx

Of = type[Export]


async def add(tx: Tx, table: Of, values: dict[str, Any]) -> UUID | None:
    """Its id, or None where the same is at work already."""
    row = insert(table).values(workspace_id=tx.workspace, **values).on_conflict_do_nothing()
    found: UUID | None = await tx.value(row.returning(table.id))
    return found


async def same(tx: Tx, table: Of, membership_id: UUID, mark: str) -> Row[Any] | None:
    """The one at work with this question."""
    mine = (table.membership_id == membership_id, table.mark == mark, table.state.in_(BUSY))
    return await tx.row(select(table.__table__).where(*mine))


async def busy(tx: Tx, table: Of, membership_id: UUID) -> int:
    mine = (table.membership_id == membership_id, table.state.in_(BUSY))
    found: int = await tx.value(select(func.count()).select_from(table).where(*mine))
    return found


async def one(tx: Tx, table: Of, export_id: UUID) -> Row[Any] | None:
    """The export, held until the transaction ends."""
    return await tx.row(select(table.__table__).where(table.id == export_id).with_for_update())


async def newest(tx: Tx, table: Of, membership_id: UUID, limit: int) -> Sequence[Row[Any]]:
    wanted = select(table.__table__).where(table.membership_id == membership_id)
    return await tx.rows(wanted.order_by(table.created_at.desc(), table.id.desc()).limit(limit))


async def change(tx: Tx, table: Of, export_id: UUID, values: dict[str, Any]) -> Row[Any] | None:
    """As it is then; None where it is at work no more."""
    wanted = update(table).where(table.id == export_id, table.state.in_(BUSY))
    return await tx.row(wanted.values(touched_at=func.now(), **values).returning(table.__table__))


async def drop(tx: Tx, table: Of, export_id: UUID) -> None:
    await tx.run(delete(table).where(table.id == export_id))


async def silent(tx: Tx, table: Of, export_id: UUID, longer_than: timedelta) -> bool:
    """Whether nobody who works on it has been heard of for so long."""
    late = table.touched_at < func.now() - longer_than
    return bool(await tx.value(select(late).where(table.id == export_id)))
