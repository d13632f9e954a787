"""Days and clock times of a zone, and the moments they are. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from kezhan.kit import clock

_DAY_MINUTES = 24 * 60


def clock_time(text: str) -> time:
    """`HH:MM`, checked by its shape."""
    return time(int(text[:2]), int(text[3:]))


def shown(at: time) -> str:
    return f"{at.hour:02}:{at.minute:02}"


def minutes(starts: time, ends: time) -> int:
    """From the one to the other, past midnight if need be."""
    length = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    return length if length > 0 else length + _DAY_MINUTES


def moments(day: date, starts: time, ends: time, zone: str) -> tuple[datetime, datetime]:
    """When a shift of this day begins and ends, in UTC.

    A clock time that comes twice (clocks set back) means the first, one that does not come (set forward) the
    moment as many minutes after the gap's beginning. So a night shift is an hour longer or shorter, as it is
    on the wall.
    """
    last = day if ends > starts else day + timedelta(days=1)
    return _moment(day, starts, zone), _moment(last, ends, zone)


def _moment(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


def today_in(zone: str) -> date:
    return clock.now().astimezone(ZoneInfo(zone)).date()


def slot_moment(day: date, number: int, zone: str) -> datetime:
    """When half hour `number` of a day begins; 48 is the next day's first."""
    whole, number = divmod(number, 48)
    return _moment(day + timedelta(days=whole), time(number // 2, number % 2 * 30), zone)
