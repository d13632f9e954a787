"""Whether a schedule is open, until when, and for how long between two moments. Pure: no clock, no database.

A time of day becomes a moment by one rule: it is the first moment at which the schedule's clock shows that
time or a later one. So a time skipped by a change of the clocks is the moment of the change, one that comes
twice is the first of the two, and what touches or follows on the clock does so in time.

An interval belongs to the day it begins on: a holiday takes away what begins on it, not the tail of the
evening before. None in place of a schedule is open always; a week without intervals never.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kezhan.hours.schemas import Interval, Opening, Plan, SpecialDay

HORIZON = timedelta(days=400)
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_Spans = Iterator[tuple[datetime, datetime]]


@dataclass(frozen=True, slots=True)
class Schedule:
    """A plan made ready for questions: intervals sorted, `week` from Monday, `special` days resolved."""

    zone: ZoneInfo
    week: Sequence[Sequence[Interval]]
    special: Mapping[date, Sequence[Interval]]


def schedule_of(plan: Plan) -> Schedule:
    week = [_sorted(day) for day in plan.weekly.days]
    special = {day.date: _special(day, week) for day in plan.days}
    return Schedule(ZoneInfo(plan.time_zone), week, special)


def _sorted(intervals: Sequence[Interval]) -> list[Interval]:
    return sorted(intervals, key=lambda interval: interval.start)


def _special(day: SpecialDay, week: Sequence[Sequence[Interval]]) -> Sequence[Interval]:
    if day.kind == "off":
        return []
    if day.intervals is not None:
        return _sorted(day.intervals)
    if day.as_weekday is not None:
        return week[day.as_weekday - 1]
    return next((weekday for weekday in week if weekday), [])


def intervals_on(schedule: Schedule, day: date) -> Sequence[Interval]:
    """What begins on this day."""
    found = schedule.special.get(day)
    return schedule.week[day.weekday()] if found is None else found


def is_open(schedule: Schedule | None, at: datetime) -> bool:
    if schedule is None:
        return True
    return any(begin <= at < end for begin, end in _spans(schedule, at, at + _SECOND))


def opening(schedule: Schedule | None, at: datetime) -> Opening:
    """The state at `at` and when it changes."""
    if schedule is None:
        return Opening(open=True)
    latest = at + HORIZON
    for begin, end in _spans(schedule, at, latest):
        if begin > at:
            return Opening(open=False, changes_at=begin)
        return Opening(open=True, changes_at=end if end <= latest else None)
    return Opening(open=False)


def opening_together(schedules: Sequence[Schedule | None], at: datetime) -> Opening:
    """The same of several, open only while each of them is."""
    latest, moment = at + HORIZON, at
    while moment <= latest:
        states = [opening(schedule, moment) for schedule in schedules]
        closed = [state.changes_at for state in states if not state.open]
        if not closed:
            if moment > at:
                return Opening(open=False, changes_at=moment)
            return Opening(
                open=True, changes_at=min(_known(state.changes_at for state in states), default=None)
            )
        if None in closed:
            break
        moment = max(_known(closed))  # before that one of them is closed in any case
    return Opening(open=False)


def _known(moments: Iterator[datetime | None] | Sequence[datetime | None]) -> Iterator[datetime]:
    return (moment for moment in moments if moment is not None)


def next_open(schedule: Schedule | None, at: datetime) -> datetime | None:
    """`at` itself where it is open then; None where it will not be within 400 days."""
    state = opening(schedule, at)
    return at if state.open else state.changes_at


def business_seconds(schedule: Schedule | None, start: datetime, end: datetime) -> float:
    """How long it is open between two moments; 0 where `end` is not after `start`."""
    if end <= start:
        return 0.0
    if schedule is None:
        return (end - start).total_seconds()
    lengths = (min(last, end) - max(first, start) for first, last in _spans(schedule, start, end))
    return sum(lengths, timedelta()).total_seconds()


def _spans(schedule: Schedule, since: datetime, until: datetime) -> _Spans:
    """Open spans that end after `since` and begin by `until`, in order, none touching the next. One that
    is open at `since` may have begun earlier than its first moment says."""
    whole: tuple[datetime, datetime] | None = None
    for begin, end in _pieces(schedule, since, until):
        if end <= since or begin == end:
            continue
        if whole is None:
            whole = begin, end
        elif begin <= whole[1]:
            whole = whole[0], max(end, whole[1])
        else:
            yield whole
            whole = begin, end
    if whole is not None:
        yield whole


def _pieces(schedule: Schedule, since: datetime, until: datetime) -> _Spans:
    # What begins at a day's last minute ends a day later at the most, and may be two dates back.
    day = since.astimezone(schedule.zone).date() - 2 * _DAY
    while True:
        midnight = datetime(day.year, day.month, day.day)
        for interval in intervals_on(schedule, day):
            begin = _moment(schedule.zone, midnight + timedelta(minutes=interval.start))
            if begin > until:
                return
            yield begin, _moment(schedule.zone, midnight + timedelta(minutes=interval.end))
        day += _DAY
        if datetime(day.year, day.month, day.day, tzinfo=UTC) - 2 * _DAY > until:
            return


def _moment(zone: ZoneInfo, local: datetime) -> datetime:
    """The first moment at which the zone's clock shows `local` (naive) or a later time, in UTC."""
    found = local.replace(tzinfo=zone).astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) == local:
        return found
    # Skipped. The other reading lies before the change, this one after it.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while found - before > _SECOND:
        middle = before + (found - before) // _SECOND // 2 * _SECOND
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            before = middle
        else:
            found = middle
    return found
