"""Tables of the room; see migration 0003."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class ChannelAccount(Table):
    """One connected door. `settings` is the adapter's Settings Struct, `secrets` its sealed Secrets,
    `auto_replies` an `AutoReplies`, `switch` a `Switch`, both of `schemas`."""

    __tablename__ = "channel_accounts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    adapter: Mapped[str]
    name: Mapped[str]
    public_key: Mapped[str]
    settings: Mapped[Any] = mapped_column(JSONB)
    secrets: Mapped[bytes | None]
    share: Mapped[int]
    forward_url: Mapped[str]
    auto_replies: Mapped[Any] = mapped_column(JSONB)
    switch: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(_At)
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class NameRow(Table):
    """What a platform calls a message, for edits, recalls, quotes and receipts to come. `worded_at`: when it
    got its present wording, by the platform's clock as far as it tells; `told_at`: when the call
    came that told."""

    __tablename__ = "channel_message_names"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    message_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    seq: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_At)
    worded_at: Mapped[datetime | None] = mapped_column(_At)
    told_at: Mapped[datetime | None] = mapped_column(_At)


class KeptText(Table):
    """What an adapter keeps from one time to the next (a cursor, a token that renews itself), sealed."""

    __tablename__ = "channel_kept"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes]
    changed_at: Mapped[datetime] = mapped_column(_At)


class InboxRow(Table):
    """A platform's call, sealed. `due_at` is when the next attempt may begin; null: parked until somebody
    has it taken again, or looks no further (`dismissed_at`). `delay_ms` is how long the platform took to
    bring it. `pass_due_at`: when the desk of before is next told of it; null with a `pass_fault`: it has been
    given up. Clock: the database's."""

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
    dismissed_at: Mapped[datetime | None] = mapped_column(_At)
    passed_at: Mapped[datetime | None] = mapped_column(_At)
    pass_due_at: Mapped[datetime | None] = mapped_column(_At)
    pass_attempts: Mapped[int]
    pass_fault: Mapped[str | None]


class Delivery(Table):
    """Something a platform is to hear of; `no` is the order. `dropped`: there was nothing left to tell.
    `parts`: what the platform calls the parts it has (empty where it says nothing); `begun`: how many were
    begun to be sent, where the platform would take a second attempt for another message; `reason`: the kind
    of the last fault. Clock: the database's."""

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
    parts: Mapped[list[str]] = mapped_column(ARRAY(Text))
    begun: Mapped[int]
    reason: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(_At)
    sent_at: Mapped[datetime | None] = mapped_column(_At)
