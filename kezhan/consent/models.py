"""Tables of the room; see migrations 0049 and 0053 for constraints and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.consent.schemas import Wording
from kezhan.kit.db import StructColumn, Table


class TextRow(Table):
    __tablename__ = "consent_texts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    required: Mapped[bool]
    version: Mapped[int]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class VersionRow(Table):
    """Published, it never changes: nobody has the right to."""

    __tablename__ = "consent_versions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    text_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[Wording] = mapped_column(StructColumn(Wording))
    published_at: Mapped[datetime]
    by_id: Mapped[UUID]


class ConsentRow(Table):
    """`import_id`: the list of people that has brought it along."""

    __tablename__ = "consents"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    text_id: Mapped[UUID]
    version: Mapped[int]
    language: Mapped[str]
    way: Mapped[str]
    how: Mapped[str]
    by_id: Mapped[UUID | None]
    import_id: Mapped[UUID | None]
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_way: Mapped[str | None]
    withdrawn_how: Mapped[str]
    withdrawn_by: Mapped[UUID | None]
