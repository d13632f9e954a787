"""Tables of the room; see migrations 0004 and 0040 for constraints, indexes and policies."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.conversations.schemas import Payload
from kezhan.kit.db import StructColumn, Table


class Conversation(Table):
    """Two numbers: `last_seq` counts messages, `rev` every visible change; `head_rev` is the rev of the
    last change of the row's own facts (state, assignee). `transfer_by` has handed it on, to `transfer_to` who
    is asked, or to the queue it stands in, until `transfer_until`. `woken_seq`: of the event by which it
    came back from being parked, its time having come; 0 where it did not. `source`: the code, advertisement,
    link or door by which the customer first came to it."""

    __tablename__ = "conversations"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    identity_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    channel: Mapped[str]
    state: Mapped[str]
    assignee_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
    last_seq: Mapped[int]
    rev: Mapped[int]
    head_rev: Mapped[int]
    inbound_count: Mapped[int]
    preview_seq: Mapped[int]
    preview_kind: Mapped[str]
    preview_author: Mapped[str]
    preview_text: Mapped[str]
    waiting_since: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    active_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    transfer_by: Mapped[UUID | None]
    transfer_to: Mapped[UUID | None]
    transfer_note: Mapped[str]
    transfer_at: Mapped[datetime | None]
    transfer_until: Mapped[datetime | None]
    guests: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    wake_at: Mapped[datetime | None]
    woken_seq: Mapped[int]
    previous_id: Mapped[UUID | None]
    spam_at: Mapped[datetime | None]
    merged_into: Mapped[UUID | None]
    source: Mapped[str]


class MessageRow(Table):
    """`signed`: who has written it elsewhere for us, where no member stands behind it. `reacted_at`: when
    somebody last began or ceased to react to it."""

    __tablename__ = "messages"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    rev: Mapped[int]
    kind: Mapped[str]
    author_kind: Mapped[str]
    author_id: Mapped[UUID | None]
    client_id: Mapped[str | None]
    body: Mapped[str]
    payload: Mapped[Any | None] = mapped_column(StructColumn(Payload))
    quote_seq: Mapped[int | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    recalled_at: Mapped[datetime | None]
    fault: Mapped[str | None]
    reacted_at: Mapped[datetime | None]
    signed: Mapped[str | None]


class MessageKey(Table):
    """Deduplication: one row per accepted message, apart from `messages` so that those can be partitioned."""

    __tablename__ = "message_keys"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    sender_id: Mapped[UUID] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    seq: Mapped[int]


class MarkRow(Table):
    __tablename__ = "marks"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    party_kind: Mapped[str] = mapped_column(primary_key=True)
    party_id: Mapped[UUID] = mapped_column(primary_key=True)
    delivered_seq: Mapped[int]
    read_seq: Mapped[int]
    read_inbound: Mapped[int]
    rev: Mapped[int]


class Draft(Table):
    __tablename__ = "drafts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[str]
    note: Mapped[bool]
    version: Mapped[int]
    updated_at: Mapped[datetime]


class Supervision(Table):
    """Who listens in just now; `shown`: to the one who serves as well."""

    __tablename__ = "supervisions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    since: Mapped[datetime]
    shown: Mapped[bool]


class MentionRow(Table):
    """A colleague named in a note; read as soon as her mark has come so far."""

    __tablename__ = "mentions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[UUID]
    at: Mapped[datetime]
