"""Tables of the room; the statements that make them stand in the migrations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql import func

from kezhan.kit.db import Table

_At = TIMESTAMP(timezone=True)


class StaffRoom(Table):
    """`key` says which room it is; `last_seq` and `rev` number its messages and its visible changes."""

    __tablename__ = "staff_rooms"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text, server_default="")
    team_id: Mapped[UUID | None] = mapped_column(Uuid)
    opened_by: Mapped[UUID] = mapped_column(Uuid)
    last_seq: Mapped[int] = mapped_column(server_default="0")
    rev: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())


class StaffMember(Table):
    """Who is in a direct room or a group, and of every room what she has read."""

    __tablename__ = "staff_members"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    from_seq: Mapped[int] = mapped_column(server_default="0")
    read_seq: Mapped[int] = mapped_column(server_default="0")
    mentioned_seq: Mapped[int] = mapped_column(server_default="0")
    muted: Mapped[bool] = mapped_column(server_default="false")
    left_at: Mapped[datetime | None] = mapped_column(_At)


class StaffMessage(Table):
    """`payload`: the file of a picture or file, or what happened."""

    __tablename__ = "staff_messages"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    room_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    rev: Mapped[int]
    author_id: Mapped[UUID] = mapped_column(Uuid)
    client_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    payload: Mapped[Any | None] = mapped_column(JSONB)
    quote_seq: Mapped[int | None]
    conversation_id: Mapped[UUID | None] = mapped_column(Uuid)
    mentions: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    created_at: Mapped[datetime] = mapped_column(_At, server_default=func.now())
    edited_at: Mapped[datetime | None] = mapped_column(_At)
    recalled_at: Mapped[datetime | None] = mapped_column(_At)
