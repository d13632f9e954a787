"""Tables of the room; see migration 0019."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.forms.schemas import StoredFields
from kezhan.kit.db import StructColumn, Table


class Form(Table):
    """Which version is asked now. `team_id` null: of everybody."""

    __tablename__ = "forms"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    team_id: Mapped[UUID | None]
    version: Mapped[int]
    archived_at: Mapped[datetime | None]


class FormVersion(Table):
    """Never changed, so that what was answered once stays readable."""

    __tablename__ = "form_versions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    fields: Mapped[Any] = mapped_column(StructColumn(StoredFields))
    saved_at: Mapped[datetime]
    saved_by: Mapped[UUID]
