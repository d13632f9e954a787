"""Hours put together and checked before they are kept."""

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from kezhan.hours.schemas import MAX_INTERVALS, Interval, Plan, SpecialDay, Weekly
from kezhan.kit.errors import Refused
from kezhan.workspaces.profile import check_time_zone

DAY = 1440


def make_plan(time_zone: str, weekly: Weekly, sets: Sequence[Sequence[SpecialDay]]) -> Plan:
    """Raises Refused for a week or zone that cannot be. Of several sets that name a day the first counts."""
    check_time_zone(time_zone)
    check_weekly(weekly)
    named: dict[date, SpecialDay] = {}
    for days in sets:
        for day in days:
            named.setdefault(day.date, day)
    return Plan(time_zone=time_zone, weekly=weekly, days=[named[day] for day in sorted(named)])


def check_weekly(weekly: Weekly) -> None:
    """Raises Refused with the field `weekly.days[<0 for Monday … 6>]` of the day at fault."""
    for index, day in enumerate(weekly.days):
        check_intervals(day, f"weekly.days[{index}]")
    # The last interval of a day may run into the next day's first, Sunday's into Monday's.
    for index, day in enumerate(weekly.days):
        following = weekly.days[(index + 1) % 7]
        if day and following:
            last, first = max(day, key=lambda one: one.end), min(following, key=lambda one: one.start)
            if last.end - DAY > first.start:
                raise _overlap(last, first, f"weekly.days[{(index + 1) % 7}]")


def check_intervals(intervals: Sequence[Interval], field: str) -> None:
    """One day's. Raises Refused: too many, one that cannot be, two at once."""
    if len(intervals) > MAX_INTERVALS:
        raise Refused("hours.too_many_intervals", field=field, limit=MAX_INTERVALS)
    for one in intervals:
        if not 0 <= one.start < DAY or not one.start < one.end <= one.start + DAY:
            raise Refused("hours.bad_interval", field=field, interval=clock_text(one))
    ordered = sorted(intervals, key=lambda one: one.start)
    for first, second in pairwise(ordered):
        if first.end > second.start:
            raise _overlap(first, second, field)


def _overlap(first: Interval, second: Interval, field: str) -> Refused:
    return Refused("hours.overlap", field=field, first=clock_text(first), second=clock_text(second))


def check_days(days: Sequence[SpecialDay]) -> list[SpecialDay]:
    """A holiday set's days by date. Raises Refused with the field `days[<index>]` of the one at fault."""
    seen: set[date] = set()
    for index, day in enumerate(days):
        field = f"days[{index}]"
        if day.date in seen:
            raise Refused("hours.day_twice", field=field, date=day.date.isoformat())
        seen.add(day.date)
        own = day.intervals is not None or day.as_weekday is not None
        if (day.kind == "off" and own) or (day.intervals is not None and day.as_weekday is not None):
            raise Refused("hours.day_contradicts", field=field, date=day.date.isoformat())
        if day.intervals is not None:
            if not day.intervals:
                raise Refused("hours.day_contradicts", field=field, date=day.date.isoformat())
            check_intervals(day.intervals, field)
    return sorted(days, key=lambda day: day.date)


def clock_text(interval: Interval) -> str:
    return f"{_clock(interval.start)}–{_clock(interval.end)}"


def _clock(minutes: int) -> str:
    """24:00 stays as it is; what lies beyond is the next day's time."""
    shown = minutes if 0 <= minutes <= DAY else minutes % DAY
    return f"{shown // 60:02}:{shown % 60:02}"
