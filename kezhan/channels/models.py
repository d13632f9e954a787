"""Tables of the room; see migration 0003."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class ChannelAccount(Table):
    """One connected door. `settings` is the adapter's Settings Struct, `secrets` its sealed Secrets."""

    __tablename__ = "channel_accounts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    adapter: Mapped[str]
    name: Mapped[str]
    public_key: Mapped[str]
    settings: Mapped[Any] = mapped_column(JSONB)
    secrets: Mapped[bytes | None]
    created_at: Mapped[datetime] = mapped_column(_At)
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class InboxRow(Table):
    """A platform's call, sealed. `due_at` is when the next attempt may begin; null: parked until somebody
    has it taken again. `delay_ms` is how long the platform took to bring it. Clock: the database's."""

    __tablename__ = "channel_inbox"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    dedup_key: Mapped[str]
    sealed: Mapped[bytes]
    received_at: Mapped[datetime] = mapped_column(_At)
    due_at: Mapped[datetime | None] = mapped_column(_At)
    taken_at: Mapped[datetime | None] = mapped_column(_At)
    attempts: Mapped[int]
    fault: Mapped[str | None]
    delay_ms: Mapped[int | None]


class Delivery(Table):
    """Something a platform is to hear of; `no` is the order. `dropped`: there was nothing left to tell.
    Clock: the database's."""

    __tablename__ = "channel_deliveries"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(BigInteger, Identity(always=True))
    account_id: Mapped[UUID]
    conversation_id: Mapped[UUID]
    what: Mapped[str]
    seq: Mapped[int]
    rev: Mapped[int]
    state: Mapped[str]
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(_At)
    status: Mapped[int | None]
    fault: Mapped[str | None]
    external_id: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(_At)
    sent_at: Mapped[datetime | None] = mapped_column(_At)
