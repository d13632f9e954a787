"""When somebody is not to be disturbed: until a moment she has chosen, and in her quiet hours."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from kezhan.devices.schemas import Personal

_DAYS = 8
"""How far ahead it is told; whoever shows it asks again long before."""
Spans = list[tuple[datetime, datetime]]


def quiet_spans(personal: Personal, zone: str, at: datetime) -> Spans:
    """The quiet spans of the days from `at` (UTC) on, in order and apart, the one that is on among them."""
    spans = [span for span in _hours(personal, ZoneInfo(zone), at) if span[1] > at]
    if personal.quiet_until is not None:
        until = datetime.fromisoformat(personal.quiet_until)
        if until > at:
            spans.append((at, until))
    apart: Spans = []
    for start, end in sorted(spans):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def is_quiet(personal: Personal, zone: str, at: datetime) -> bool:
    return any(start <= at < end for start, end in quiet_spans(personal, zone, at))


def _hours(personal: Personal, zone: ZoneInfo, at: datetime) -> Spans:
    hours = personal.quiet_hours
    if hours is None:
        return []
    start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
    today = at.astimezone(zone).date()
    # Yesterday's may go on until this morning.
    days = [today + timedelta(days=day) for day in range(-1, _DAYS)]
    return [
        (
            datetime.combine(day, start, zone).astimezone(at.tzinfo),
            datetime.combine(day + timedelta(days=int(end <= start)), end, zone).astimezone(at.tzinfo),
        )
        for day in days
        if day.weekday() in hours.days
    ]
