"""Tables of companies; see migration 0034."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.fields.schemas import FieldValues
from kezhan.kit.db import StructColumn, Table


class CompanyRow(Table):
    __tablename__ = "companies"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    sort_key: Mapped[str]
    fields: Mapped[FieldValues | None] = mapped_column(StructColumn(FieldValues))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]
