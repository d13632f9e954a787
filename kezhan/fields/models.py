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
