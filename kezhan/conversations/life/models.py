"""The table of these rules; see migration 0019."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.conversations.life.schemas import LifeRules
from kezhan.kit.db import StructColumn, Table


class LifeRow(Table):
    __tablename__ = "life_rules"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    rules: Mapped[Any] = mapped_column(StructColumn(LifeRules))
