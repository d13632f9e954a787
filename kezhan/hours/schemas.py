"""What crosses the wire and the room. Times of day are minutes from midnight by the schedule's own clock."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.kit.clock import Instant

Name = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S")]
MAX_INTERVALS = 10
MAX_SETS = 20
MAX_DAYS = 1000


class Interval(Struct, frozen=True, kw_only=True):
    """From `start` (0–1439) to `end`, at most 24 hours later: 22:00–06:00 is 1320–1800, all day 0–1440."""

    start: int
    end: int


class Weekly(Struct, frozen=True, kw_only=True):
    """A plain week, Monday first. A day without intervals is closed."""

    v: int = 1
    days: Annotated[list[list[Interval]], Meta(min_length=7, max_length=7)]


class SpecialDay(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A day unlike its weekday: `off`, or `work` with its own `intervals`, or with the hours of `as_weekday`
    (1 Monday … 7 Sunday), or, where it has neither, those of the first weekday from Monday that has any."""

    date: date
    kind: Literal["off", "work"]
    name: Annotated[str, Meta(max_length=100)] = ""
    intervals: list[Interval] | None = None
    as_weekday: Annotated[int, Meta(ge=1, le=7)] | None = None


class Days(Struct, frozen=True, kw_only=True):
    """A holiday set's days as they are stored, by date, each once."""

    v: int = 1
    days: list[SpecialDay]


class Plan(Struct, frozen=True, kw_only=True):
    """All that decides whether a schedule is open, as one version of it keeps it: `days` of all its holiday
    sets by date, each once."""

    v: int = 1
    time_zone: str
    weekly: Weekly
    days: list[SpecialDay]


class Opening(Struct, frozen=True, kw_only=True):
    """`changes_at`: when that will be different, null where nothing changes within 400 days. `schedule_id`
    and `version` name the schedule that decided, null where there is none and everything is open."""

    open: bool
    changes_at: datetime | None = None
    schedule_id: UUID | None = None
    version: int | None = None


class UseKind(StrEnum):
    """What keeps to a schedule; the workspace's is for channels that have none of their own."""

    WORKSPACE = "workspace"
    CHANNEL = "channel"
    TEAM = "team"


class UseView(Struct, frozen=True, kw_only=True):
    """`ref_id` is the channel's, the team's or the workspace's own id."""

    kind: UseKind
    ref_id: UUID
    schedule_id: UUID


class UseList(Struct, frozen=True):
    items: list[UseView]


class UseForm(Struct, frozen=True):
    schedule_id: UUID


class PlanForm(Struct, frozen=True, kw_only=True):
    """Hours as they are written. `time_zone` is an IANA name; where two sets name a day, the first counts."""

    time_zone: Annotated[str, Meta(max_length=64)]
    weekly: Weekly
    holiday_set_ids: Annotated[list[UUID], Meta(max_length=MAX_SETS)] = []


class ScheduleForm(PlanForm, frozen=True, kw_only=True):
    name: Name


class ScheduleEdit(ScheduleForm, frozen=True, kw_only=True):
    """`version` is the one these changes were made on."""

    version: int


class ScheduleView(Struct, frozen=True, kw_only=True):
    """`open` and `changes_at` as of the moment of asking; `version` grows with every change of the hours,
    those of its holiday sets too."""

    id: UUID
    name: str
    time_zone: str
    weekly: Weekly
    holiday_set_ids: list[UUID]
    version: int
    open: bool
    changes_at: Instant | None
    created_at: Instant
    archived_at: Instant | None


class ScheduleList(Struct, frozen=True):
    items: list[ScheduleView]


class VersionView(Struct, frozen=True, kw_only=True):
    """The hours as they were: `made_at` on, until the next version."""

    version: int
    plan: Plan
    made_at: Instant


class ScheduleDay(Struct, frozen=True, kw_only=True):
    """One day to come; `kind` is null for a plain weekday, `name` the holiday's."""

    date: date
    kind: Literal["off", "work"] | None
    name: str
    intervals: list[Interval]


class SchedulePreview(Struct, frozen=True, kw_only=True):
    """Now, and this and the next 13 days by the schedule's own calendar."""

    open: bool
    changes_at: Instant | None
    days: list[ScheduleDay]


class HolidayForm(Struct, frozen=True, kw_only=True):
    name: Name
    days: Annotated[list[SpecialDay], Meta(max_length=MAX_DAYS)]


class HolidayEdit(HolidayForm, frozen=True, kw_only=True):
    """`version` is the one these changes were made on."""

    version: int


class HolidayView(Struct, frozen=True, kw_only=True):
    """`source` is the key of the ready-made calendar it was taken from, empty where it was none."""

    id: UUID
    name: str
    source: str
    days: list[SpecialDay]
    version: int
    created_at: Instant


class HolidayList(Struct, frozen=True):
    items: list[HolidayView]


class ReadyView(Struct, frozen=True, kw_only=True):
    """A calendar that comes with the product. `set_id`: the set made of it here, if there is one."""

    key: str
    name: str
    notice: str
    days: int
    set_id: UUID | None


class ReadyList(Struct, frozen=True):
    items: list[ReadyView]


class CsvForm(Struct, frozen=True):
    text: Annotated[str, Meta(max_length=100_000)]


class CsvFault(Struct, frozen=True, kw_only=True):
    """`line` counts from 1; `says` is in the reader's language."""

    line: int
    text: str
    says: str


class CsvRead(Struct, frozen=True, kw_only=True):
    """The days that could be read, and every line that could not. Nothing is stored."""

    days: list[SpecialDay]
    faults: list[CsvFault]
