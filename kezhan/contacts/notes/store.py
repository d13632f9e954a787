"""The statements about notes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, insert, literal, select, tuple_, update

from kezhan.contacts.notes.models import NoteRow, NoteVersionRow
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership

_NOTE = select(NoteRow.__table__, Membership.name.label("author_name")).join(
    Membership, Membership.id == NoteRow.author_id
)


async def notes(
    tx: Tx, contact_id: UUID, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """The newest first."""
    wanted = _NOTE.where(NoteRow.contact_id == contact_id)
    if after is not None:
        wanted = wanted.where(tuple_(NoteRow.created_at, NoteRow.id) < tuple_(*map(literal, after)))
    return await tx.rows(wanted.order_by(NoteRow.created_at.desc(), NoteRow.id.desc()).limit(limit))


async def note(tx: Tx, note_id: UUID) -> Row[Any] | None:
    """The note, held until the transaction ends."""
    return await tx.row(_NOTE.where(NoteRow.id == note_id).with_for_update(of=NoteRow))


async def add_note(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(NoteRow).values(workspace_id=tx.workspace, **values))


async def change_note(tx: Tx, note_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(NoteRow).where(NoteRow.id == note_id).values(**values))


async def drop_note(tx: Tx, note_id: UUID) -> None:
    """Its versions go with it."""
    await tx.run(delete(NoteRow).where(NoteRow.id == note_id))


async def add_version(tx: Tx, note_id: UUID, version: int, body: str, at: datetime) -> None:
    values = {"note_id": note_id, "version": version, "body": body, "at": at}
    await tx.run(insert(NoteVersionRow).values(workspace_id=tx.workspace, **values))


async def versions(tx: Tx, note_id: UUID) -> Sequence[Row[Any]]:
    wanted = select(NoteVersionRow.__table__).where(NoteVersionRow.note_id == note_id)
    return await tx.rows(wanted.order_by(NoteVersionRow.version.desc()).limit(100))
