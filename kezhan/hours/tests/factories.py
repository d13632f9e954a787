"""Hours as people write them down."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from kezhan.hours.calendar import Schedule, schedule_of
from kezhan.hours.schemas import Interval, Plan, SpecialDay, Weekly

_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def week(text: str) -> Weekly:
    """`Mon-Fri 09:00-12:00 13:00-18:00; Sat 10:00-14:00`; a day that is not named is closed."""
    days: list[list[Interval]] = [[] for _ in _NAMES]
    for part in filter(None, (part.strip() for part in text.split(";"))):
        named, _, hours = part.partition(" ")
        first, _, last = named.partition("-")
        for index in range(_NAMES.index(first), _NAMES.index(last or first) + 1):
            days[index] = intervals(hours)
    return Weekly(days=days)


def intervals(text: str) -> list[Interval]:
    """`22:00-06:00` ends on the next day, `00:00-24:00` is all day."""
    found = []
    for part in text.split():
        start, end = (int(hour) * 60 + int(minute) for hour, minute in re.findall(r"(\d+):(\d\d)", part))
        found.append(Interval(start=start, end=end if end > start else end + 1440))
    return found


def days(text: str) -> list[SpecialDay]:
    """`2026-10-01 off; 2026-10-10 work; 2026-12-24 work 09:00-12:00; 2026-10-11 as Mon`"""
    found = []
    for part in filter(None, (part.strip() for part in text.split(";"))):
        on, kind, *rest = part.split()
        day = SpecialDay(date=date.fromisoformat(on), kind="off" if kind == "off" else "work")
        if kind == "as":
            day = msgspec.structs.replace(day, as_weekday=_NAMES.index(rest[0]) + 1)
        elif rest:
            day = msgspec.structs.replace(day, intervals=intervals(" ".join(rest)))
        found.append(day)
    return found


def schedule(zone: str, weekly: str, special: str = "") -> Schedule:
    return schedule_of(Plan(time_zone=zone, weekly=week(weekly), days=days(special)))


def form(hours: str = "Mon-Fri 09:00-18:00", **changes: Any) -> dict[str, Any]:
    """The body of a request."""
    plain = {"name": "前台", "time_zone": "Asia/Shanghai", "weekly": plain_week(hours)}
    return {**plain, "holiday_set_ids": [], **changes}


def plain_week(text: str) -> Any:
    """A week as a request carries it."""
    return msgspec.to_builtins(week(text))


def written(special: Sequence[SpecialDay]) -> list[Any]:
    """Days as a request carries them."""
    plain: list[Any] = msgspec.to_builtins(special)
    return plain


def closed_now(at: datetime) -> dict[str, Any]:
    """The body of a request: every day from an hour after `at` (UTC) on."""
    start = (at.hour * 60 + at.minute + 60) % 1440
    days = [[{"start": start, "end": min(start + 60, 1440)}] for _ in range(7)]
    return form(name="夜里", time_zone="UTC", weekly={"days": days})
