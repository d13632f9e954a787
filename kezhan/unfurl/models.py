"""Tables of the room; see migration 0025 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class LinkSettingsRow(Table):
    __tablename__ = "link_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime]


class LinkCardRow(Table):
    """One an address (`digest`), whoever has written it. `picture`: small, WebP, of our own making."""

    __tablename__ = "link_cards"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    address: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    about: Mapped[str]
    site: Mapped[str]
    picture: Mapped[bytes | None]
    expires_at: Mapped[datetime]
