"""The table of the room; see migration 0026."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class OrderSource(Table):
    """Where a workspace's orders are asked for; its secret is sealed."""

    __tablename__ = "order_sources"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    address: Mapped[str]
    secret: Mapped[bytes]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID]
