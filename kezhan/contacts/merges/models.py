"""Tables of merges; see migration 0034."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.contacts.merges.schemas import Changed
from kezhan.kit.db import StructColumn, Table


class MergeRow(Table):
    """Standing while `parted_at` is null."""

    __tablename__ = "contact_merges"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kept_id: Mapped[UUID]
    gone_id: Mapped[UUID]
    how: Mapped[str]
    by_id: Mapped[UUID | None]
    changed: Mapped[Changed] = mapped_column(StructColumn(Changed))
    at: Mapped[datetime]
    parted_at: Mapped[datetime | None]


class StrangerRow(Table):
    __tablename__ = "contact_strangers"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    one_id: Mapped[UUID] = mapped_column(primary_key=True)
    other_id: Mapped[UUID] = mapped_column(primary_key=True)
    by_id: Mapped[UUID | None]
    at: Mapped[datetime]
