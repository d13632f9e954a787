"""The table of wrap-ups; see migration 0019."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.conversations.wrapup.schemas import Filled
from kezhan.kit.db import StructColumn, Table


class WrapUpRow(Table):
    """`by_id` null: the house has ended it."""

    __tablename__ = "wrap_ups"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    form_id: Mapped[UUID]
    version: Mapped[int]
    filled: Mapped[Any] = mapped_column(StructColumn(Filled))
    state: Mapped[str]
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
