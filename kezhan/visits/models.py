"""Tables of the room; see migration 0003 for constraints, indexes and policies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import StructColumn, Table
from kezhan.visits.schemas import Utm


class Visit(Table):
    """`pages` counts all pages of the visit and numbers them; the newest 200 are kept."""

    __tablename__ = "visits"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    identity_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    account_id: Mapped[UUID]
    address: Mapped[str]
    user_agent: Mapped[str]
    browser: Mapped[str]
    system: Mapped[str]
    device: Mapped[str]
    device_key: Mapped[str]
    language: Mapped[str]
    time_zone: Mapped[str]
    screen: Mapped[str]
    referrer: Mapped[str]
    source: Mapped[str]
    search_word: Mapped[str]
    utm: Mapped[Utm | None] = mapped_column(StructColumn(Utm))
    pages: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PageView(Table):
    __tablename__ = "page_views"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    visit_id: Mapped[UUID] = mapped_column(primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    title: Mapped[str]
    entered_at: Mapped[datetime]
    dwell_ms: Mapped[int]
