"""Tables of the room; see migration 0012 for constraints, indexes and policies."""

from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from kezhan.kit.db import Table


class Shift(Table):
    """Local clock times of the workspace; `ends` not after `starts` is on the next day."""

    __tablename__ = "shifts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    starts: Mapped[time]
    ends: Mapped[time]
    colour: Mapped[str]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class WeekPattern(Table):
    __tablename__ = "week_patterns"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]


class WeekPatternDay(Table):
    __tablename__ = "week_pattern_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    pattern_id: Mapped[UUID] = mapped_column(primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[UUID] = mapped_column(primary_key=True)


class RosterEntry(Table):
    """`day` is the one the shift begins on. The moments are fixed when it is written."""

    __tablename__ = "roster_entries"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    shift_id: Mapped[UUID] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class RosterDuty(Table):
    """What a seat was told last by the roster."""

    __tablename__ = "roster_duties"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    membership_id: Mapped[UUID] = mapped_column(primary_key=True)
    on_duty: Mapped[bool]
    since: Mapped[datetime]


class StaffingSetting(Table):
    __tablename__ = "staffing_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    switch_seats: Mapped[bool]
    at_end: Mapped[str]
    share: Mapped[float]
    within_seconds: Mapped[int]
    short_seconds: Mapped[int]
    shrinkage: Mapped[float]
    concurrency: Mapped[float | None]
    handle_seconds: Mapped[int | None]
    patience_seconds: Mapped[int | None]
