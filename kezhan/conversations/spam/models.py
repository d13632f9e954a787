"""The table of blocks; see migration 0019."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class BlockRow(Table):
    """A person whose messages disturb nobody, on all her channels."""

    __tablename__ = "blocks"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    until: Mapped[datetime | None]
    reason: Mapped[str]
    by_id: Mapped[UUID]
    created_at: Mapped[datetime]
