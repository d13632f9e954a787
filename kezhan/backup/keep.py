"""Which archives stay: pure arithmetic over their instants."""

from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from kezhan.backup.places import Archive
from kezhan.backup.schemas import BackupPlan


def surplus(archives: Iterable[Archive], plan: BackupPlan) -> list[Archive]:
    """Those that may go: of each of the last days, weeks and months that have any, the newest stays. The
    newest of all always does, and so does the newest that was made before an upgrade."""
    newest = sorted(archives, key=lambda one: one.at, reverse=True)
    zone = ZoneInfo(plan.time_zone)
    local = [one.at.astimezone(zone) for one in newest]
    stays: set[Archive] = {*newest[:1], *[one for one in newest if one.upgrade][:1]}
    for most, names in (
        (plan.keep_daily, [at.date() for at in local]),
        (plan.keep_weekly, [at.isocalendar()[:2] for at in local]),
        (plan.keep_monthly, [(at.year, at.month) for at in local]),
    ):
        stays.update(_first_of_each(newest, names, most))
    return [one for one in newest if one not in stays]


def _first_of_each(newest: Sequence[Archive], names: Sequence[Hashable], most: int) -> list[Archive]:
    first: dict[Hashable, Archive] = {}
    for one, name in zip(newest, names, strict=True):
        first.setdefault(name, one)
    return list(first.values())[:most]


def last_due(plan: BackupPlan, now: datetime) -> datetime:
    """The last moment at which one was to begin, not after `now`."""
    return _due(plan, now, before=True)


def next_due(plan: BackupPlan, now: datetime) -> datetime:
    return _due(plan, now, before=False)


def _due(plan: BackupPlan, now: datetime, *, before: bool) -> datetime:
    zone = ZoneInfo(plan.time_zone)
    today = now.astimezone(zone).date()
    moments = []
    for days in (-1, 0, 1, 2):
        day = today.fromordinal(today.toordinal() + days)
        local = datetime(day.year, day.month, day.day, plan.minute // 60, plan.minute % 60, tzinfo=zone)
        moments.append(local.astimezone(now.tzinfo))
    return max(one for one in moments if one <= now) if before else min(one for one in moments if one > now)
