"""Tables of the room; see migration 0009."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from kezhan.hours.schemas import Days, Plan, Weekly
from kezhan.kit.db import StructColumn, Table

_At = TIMESTAMP(timezone=True)


class ScheduleRow(Table):
    """A schedule as its editors see it; `version` is the newest row of `schedule_versions`."""

    __tablename__ = "schedules"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    sort_key: Mapped[str]
    time_zone: Mapped[str]
    weekly: Mapped[Weekly] = mapped_column(StructColumn(Weekly))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_At)
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class ScheduleVersion(Table):
    """What a schedule was, never changed; `id` is its own, so that whatever is remembered under it stays
    true even where the transaction that wrote it was undone."""

    __tablename__ = "schedule_versions"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[UUID]
    plan: Mapped[Plan] = mapped_column(StructColumn(Plan))
    made_at: Mapped[datetime] = mapped_column(_At)


class HolidaySet(Table):
    __tablename__ = "holiday_sets"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    sort_key: Mapped[str]
    source: Mapped[str]
    days: Mapped[Days] = mapped_column(StructColumn(Days))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(_At)
    archived_at: Mapped[datetime | None] = mapped_column(_At)


class ScheduleHolidays(Table):
    """Which sets a schedule observes; the lowest `place` counts where two name a day."""

    __tablename__ = "schedule_holidays"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID] = mapped_column(primary_key=True)
    set_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int]


class ScheduleUse(Table):
    """`account_id` and `team_id` are made by the database of `ref_id`, for their foreign keys."""

    __tablename__ = "schedule_uses"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    ref_id: Mapped[UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    team_id: Mapped[UUID | None]
