"""Tables of notes; see migration 0026."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class NoteRow(Table):
    __tablename__ = "contact_notes"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    author_id: Mapped[UUID]
    body: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]


class NoteVersionRow(Table):
    """How a note stood before it was changed."""

    __tablename__ = "contact_note_versions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[str]
    at: Mapped[datetime]
