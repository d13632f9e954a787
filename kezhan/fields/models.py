"""Tables of the room; see migration 0034."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.fields.schemas import StoredSet
from kezhan.kit.db import StructColumn, Table


class FieldSetRow(Table):
    __tablename__ = "field_sets"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    fields: Mapped[StoredSet] = mapped_column(StructColumn(StoredSet))
    saved_at: Mapped[datetime]


class SealRow(Table):
    """See migration 0049."""

    __tablename__ = "field_seals"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subject: Mapped[str]
    field_id: Mapped[str]
    sealed: Mapped[bool]
    done: Mapped[int]
    total: Mapped[int]
    behind: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
