"""What every room's table of exports has."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class Export(Table):
    """`mark` is the same for the same question; `touched_at`: when whoever works on it was last heard of."""

    __abstract__ = True

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID]
    mark: Mapped[str]
    language: Mapped[str]
    state: Mapped[str]
    found: Mapped[int]
    cut: Mapped[bool]
    fault: Mapped[str | None]
    file_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    touched_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
