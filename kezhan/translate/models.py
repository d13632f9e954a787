"""Tables of the room; see migration 0025 for constraints, indexes and policies."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class TranslationSettingsRow(Table):
    """`secret`: the service's key, sealed under the workspace's name."""

    __tablename__ = "translation_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    kind: Mapped[str]
    address: Mapped[str]
    model: Mapped[str]
    secret: Mapped[bytes | None]
    daily_limit: Mapped[int]
    changed_at: Mapped[datetime]


class TranslationUsage(Table):
    __tablename__ = "translation_usage"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    characters: Mapped[int]
    requests: Mapped[int]


class Translation(Table):
    """`digest`: of the words that were translated."""

    __tablename__ = "translations"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    body: Mapped[str]
    made_at: Mapped[datetime]


class TranslationReader(Table):
    """Who reads a conversation translated, into what, and into what her replies are."""

    __tablename__ = "translation_readers"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversation_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    language: Mapped[str]
    customer_language: Mapped[str]
