"""Tables of the room; see migrations 0038 and 0061 for constraints and policies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.files.exports import models as exports
from kezhan.kit.db import Table


class RequestRow(Table):
    __tablename__ = "privacy_requests"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    number: Mapped[str]
    kind: Mapped[str]
    state: Mapped[str]
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    note: Mapped[str]
    answer: Mapped[str]
    fault: Mapped[str | None]
    file_id: Mapped[UUID | None]
    counts: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    by_id: Mapped[UUID]
    ended_by: Mapped[UUID | None]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class HoldRow(Table):
    __tablename__ = "legal_holds"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    reason: Mapped[str]
    by_id: Mapped[UUID]
    at: Mapped[datetime]
    lifted_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]


class SettingsRow(Table):
    __tablename__ = "privacy_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_days: Mapped[int]
    residency: Mapped[str]
    keep_conversations: Mapped[int | None]
    keep_visits: Mapped[int | None]
    keep_people: Mapped[int | None]


class ExportRow(exports.Export):
    __tablename__ = "workspace_exports"
