"""Tables of the room; see migrations 0025 and 0040 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class ScheduledMessage(Table):
    """`inbound`: how many messages the customer had sent when it was written. Sent, it keeps no words."""

    __tablename__ = "scheduled_messages"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID]
    membership_id: Mapped[UUID]
    body: Mapped[str]
    original: Mapped[str]
    file_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    quote_seq: Mapped[int | None]
    copies: Mapped[list[str]] = mapped_column(ARRAY(Text))
    due_at: Mapped[datetime]
    hold: Mapped[bool]
    inbound: Mapped[int]
    state: Mapped[str]
    fault: Mapped[str]
    made_at: Mapped[datetime]
