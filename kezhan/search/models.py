"""Tables of the room; see migration 0022 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import StructColumn, Table
from kezhan.search.schemas import Question


class Export(Table):
    """`touched_at`: when whoever works on it was last heard of."""

    __tablename__ = "search_exports"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID]
    kind: Mapped[str]
    question: Mapped[Question] = mapped_column(StructColumn(Question))
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
