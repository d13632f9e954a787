"""Tables of the room; see migration 0011 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import StructColumn, Table
from kezhan.proactive.schemas import Conditions, Texts


class InviteRule(Table):
    """`place` orders the active ones: the first that fits invites."""

    __tablename__ = "invite_rules"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    active: Mapped[bool]
    place: Mapped[int]
    texts: Mapped[Texts] = mapped_column(StructColumn(Texts))
    conditions: Mapped[Conditions] = mapped_column(StructColumn(Conditions))
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class InviteRow(Table):
    """Made by a rule or by an agent. A row is answered once and changes no more, but for the conversation
    that came of it; one that nobody answered says nothing of it (`invite.state_of`)."""

    __tablename__ = "invites"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID]
    account_id: Mapped[UUID]
    rule_id: Mapped[UUID | None]
    agent_id: Mapped[UUID | None]
    body: Mapped[str]
    page: Mapped[str]
    sent_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    conversation_id: Mapped[UUID | None]
