"""Tables of the room; see migration 0027 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.devices.schemas import Personal
from kezhan.kit.db import StructColumn, Table


class PersonalSettings(Table):
    __tablename__ = "personal_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    settings: Mapped[Personal] = mapped_column(StructColumn(Personal))
    rev: Mapped[int]


class PushSubscription(Table):
    """`sealed` holds the address and the keys; `digest` finds the address again."""

    __tablename__ = "push_subscriptions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID]
    session_id: Mapped[UUID]
    digest: Mapped[bytes]
    sealed: Mapped[bytes]
    host: Mapped[str]
    name: Mapped[str]
    language: Mapped[str]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
