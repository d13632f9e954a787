"""Tables of the room; see migration 0036 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class Endpoint(Table):
    """Where events go. `secret` is sealed; the one before it signs too until `old_until`. `state`: on, off,
    or stopped (by itself). `failing_since`: of the first failure after which nothing has arrived."""

    __tablename__ = "webhook_endpoints"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    secret: Mapped[bytes]
    old_secret: Mapped[bytes | None]
    old_until: Mapped[datetime | None]
    state: Mapped[str]
    failing_since: Mapped[datetime | None]
    created_by: Mapped[UUID]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class HookEvent(Table):
    """What happened, as it is told. `lane`: what it happened to; of one lane the order is kept."""

    __tablename__ = "webhook_events"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    lane: Mapped[UUID]
    seq: Mapped[int | None]
    body: Mapped[str]
    at: Mapped[datetime]


class HookDelivery(Table):
    """An event on its way to one endpoint. It is tried until three days after `since`."""

    __tablename__ = "webhook_deliveries"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int]
    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    lane: Mapped[UUID]
    state: Mapped[str]
    attempts: Mapped[int]
    since: Mapped[datetime]
    due_at: Mapped[datetime]
    status: Mapped[int | None]
    fault: Mapped[str]
    settled_at: Mapped[datetime | None]


class HookAttempt(Table):
    """One call, and the beginning of what was answered. `fault`: why there was no answer, or none in time."""

    __tablename__ = "webhook_attempts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID]
    at: Mapped[datetime]
    took_ms: Mapped[int]
    status: Mapped[int | None]
    fault: Mapped[str]
    media_type: Mapped[str]
    answer: Mapped[str]
