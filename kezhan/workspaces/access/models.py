"""Tables of the room's rules."""

from uuid import UUID

from sqlalchemy import ARRAY, Text
from sqlalchemy.dialects.postgresql import UUID as Uuid
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class AccessRules(Table):
    """One row a workspace, none where nothing was said. `networks` empty: from anywhere."""

    __tablename__ = "access_rules"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    idle_minutes: Mapped[int | None]
    session_hours: Mapped[int | None]
    networks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
