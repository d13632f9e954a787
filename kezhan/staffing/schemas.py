"""What crosses the wire. Days are ISO dates of the workspace's zone, clock times `HH:MM` in it, weeks begin
on Monday."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from kezhan.kit.clock import Instant

MOST_CELLS = 700
MOST_WEEKS = 12
Name = Annotated[str, Meta(min_length=1, max_length=40, pattern=r"\S")]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
Weeks = Annotated[int, Meta(ge=1, le=MOST_WEEKS)]
Ids = Annotated[list[UUID], Meta(max_length=500)]


class Colour(StrEnum):
    PINE = "pine"
    BLUE = "blue"
    AMBER = "amber"
    VIOLET = "violet"
    RED = "red"
    GREY = "grey"


class AtEnd(StrEnum):
    """What becomes of a seat when its shift ends. Whatever it is, it takes nothing new."""

    STAY = "stay"
    AWAY = "away"
    OFFLINE = "offline"


class ShiftForm(Struct, frozen=True, kw_only=True):
    """One that ends no later than it starts ends on the next day."""

    name: Name
    starts: ClockTime
    ends: ClockTime
    colour: Colour = Colour.PINE


class ShiftEdit(Struct, frozen=True, kw_only=True):
    """Left-out fields stay. Other times hold from today on; what was before stays as it was."""

    name: Name | UnsetType = UNSET
    starts: ClockTime | UnsetType = UNSET
    ends: ClockTime | UnsetType = UNSET
    colour: Colour | UnsetType = UNSET


class ShiftView(Struct, frozen=True, kw_only=True):
    """`minutes`: how long it is on a day without a change of clocks."""

    id: UUID
    name: str
    starts: str
    ends: str
    minutes: int
    colour: Colour
    archived: bool


class ShiftList(Struct, frozen=True):
    items: list[ShiftView]


class PlannedShift(Struct, frozen=True, kw_only=True):
    membership_id: UUID
    day: date
    shift_id: UUID
    starts_at: Instant
    ends_at: Instant


class RosterMember(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    team_ids: list[UUID]


class RosterView(Struct, frozen=True, kw_only=True):
    """`shifts` holds all that are in use and those of the entries; `today` is the day in the zone."""

    time_zone: str
    today: date
    since: date
    days: int
    shifts: list[ShiftView]
    members: list[RosterMember]
    entries: list[PlannedShift]


class OwnRoster(Struct, frozen=True, kw_only=True):
    """The caller's own shifts from yesterday on; `on_duty` is None where no roster switches her seat."""

    time_zone: str
    today: date
    on_duty: bool | None
    shifts: list[ShiftView]
    entries: list[PlannedShift]


class Cell(Struct, frozen=True, kw_only=True):
    """All shifts of one person on one day; none clears it."""

    membership_id: UUID
    day: date
    shift_ids: Annotated[list[UUID], Meta(max_length=4)]


class RosterChange(Struct, frozen=True, kw_only=True):
    cells: Annotated[list[Cell], Meta(min_length=1, max_length=MOST_CELLS)]


class RosterCopy(Struct, frozen=True, kw_only=True):
    """Copy the week of `from_week` into `weeks` weeks from `to_week` on; days that have shifts are kept
    unless `replace`. Without members: everybody."""

    from_week: date
    to_week: date
    weeks: Weeks = 1
    membership_ids: Ids = []
    replace: bool = False


class PatternUse(Struct, frozen=True, kw_only=True):
    """Write a week pattern into the weeks of these members; as for copies."""

    from_week: date
    weeks: Weeks = 1
    membership_ids: Annotated[list[UUID], Meta(min_length=1, max_length=500)]
    replace: bool = False


class RosterWritten(Struct, frozen=True, kw_only=True):
    """`written` entries stand; `kept` days had shifts already and were left as they are."""

    written: int
    kept: int


class PatternForm(Struct, frozen=True, kw_only=True):
    """Shifts of Monday to Sunday."""

    name: Name
    days: Annotated[list[Annotated[list[UUID], Meta(max_length=4)]], Meta(min_length=7, max_length=7)]


class PatternView(Struct, frozen=True, kw_only=True):
    id: UUID
    name: str
    days: list[list[UUID]]


class PatternList(Struct, frozen=True):
    items: list[PatternView]


class StaffingSettings(Struct, frozen=True, kw_only=True):
    """`share` of customers accepted within `within_seconds`; who leaves within `short_seconds` is not
    counted. `shrinkage` is the part of planned time in which nobody is at the seat. What is null is
    measured."""

    switch_seats: bool = True
    at_end: AtEnd = AtEnd.STAY
    share: Annotated[float, Meta(ge=0.01, le=0.999)] = 0.8
    within_seconds: Annotated[int, Meta(ge=0, le=3600)] = 20
    short_seconds: Annotated[int, Meta(ge=0, le=600)] = 5
    shrinkage: Annotated[float, Meta(ge=0, le=0.9)] = 0.3
    concurrency: Annotated[float, Meta(ge=1, le=50)] | None = None
    handle_seconds: Annotated[int, Meta(ge=1, le=86400)] | None = None
    patience_seconds: Annotated[int, Meta(ge=1, le=86400)] | None = None


class SeatsNeeded(Struct, frozen=True, kw_only=True):
    """What one formula says of a half hour: seats to plan, those of them at work, and how they then do.
    `asa_s` in seconds, the rest shares from 0 to 1."""

    seats: int
    working: int
    occupancy: float
    service_level: float
    asa_s: float
    abandoned: float


class ForecastSlot(Struct, frozen=True, kw_only=True):
    """One half hour: what comes (`low` to `high` holds four of five), seats by Erlang C and, where the
    patience is known, by Erlang A; `rostered` seats on the average. Null where it cannot be told."""

    arrivals: float | None
    low: float | None
    high: float | None
    handle_s: float | None
    patient: SeatsNeeded | None
    impatient: SeatsNeeded | None
    rostered: float


class ForecastDay(Struct, frozen=True, kw_only=True):
    """`seen` days like it are known, of `FEWEST_DAYS` that it takes."""

    day: date
    holiday: bool
    seen: int
    growth: float
    slots: list[ForecastSlot]


class MeasuredLoad(Struct, frozen=True, kw_only=True):
    """What history says: `each` is the part by which a chat takes longer for each one beside it. `patience_s`
    over those who left (`left`)."""

    conversations: int
    alone_s: float | None
    each: float | None
    concurrency: float | None
    patience_s: float | None
    left: int


class ForecastView(Struct, frozen=True, kw_only=True):
    """`concurrency`, `handle_s` and `patience_s` are those reckoned with: the settings', else measured.
    `history_since` is the first whole day recorded, null before there is one; `weeks` how many count."""

    time_zone: str
    today: date
    history_since: date | None
    weeks: int
    fewest_days: int
    concurrency: float
    handle_s: float | None
    patience_s: float | None
    measured: MeasuredLoad
    settings: StaffingSettings
    left_out: list[date]
    days: list[ForecastDay]
