"""Tables of imports; see migration 0035."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.contacts.imports.schemas import ImportPlan
from kezhan.kit.db import StructColumn, Table


class ImportRow(Table):
    """`caller`: who has asked, with the rights of then; `columns` the heading with some samples."""

    __tablename__ = "contact_imports"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    by_id: Mapped[UUID]
    caller: Mapped[Any] = mapped_column(JSONB)
    file_id: Mapped[UUID]
    name: Mapped[str]
    state: Mapped[str]
    plan: Mapped[ImportPlan] = mapped_column(StructColumn(ImportPlan))
    columns: Mapped[Any] = mapped_column(JSONB)
    total: Mapped[int]
    read: Mapped[int]
    made: Mapped[int]
    changed: Mapped[int]
    same: Mapped[int]
    faulty: Mapped[int]
    undone: Mapped[int]
    fault: Mapped[str]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
