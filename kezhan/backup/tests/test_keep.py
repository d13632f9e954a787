"""Which archives stay, and when the next is due."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kezhan.backup.keep import last_due, next_due, surplus
from kezhan.backup.places import Archive
from kezhan.backup.schemas import BackupPlan

PLAN = BackupPlan(time_zone="UTC")
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)


def archive(at: datetime, *, upgrade: bool = False) -> Archive:
    return Archive(f"{at:%Y%m%d%H%M}", at, 1, upgrade)


def kept(archives: list[Archive], plan: BackupPlan = PLAN) -> list[str]:
    gone = surplus(archives, plan)
    assert surplus([one for one in archives if one not in gone], plan) == [], "again nothing goes"
    return [f"{one.at:%m-%d}" for one in archives if one not in gone]


def test_of_two_years_of_nights_seven_days_four_weeks_and_twelve_months_stay() -> None:
    nights = [archive(NOW - timedelta(days=days)) for days in range(730)]
    stay = kept(nights)
    assert stay[:7] == ["11-23", "11-22", "11-21", "11-20", "11-19", "11-18", "11-17"]
    assert stay[7:] == [
        "11-15", "11-08", "10-31", "09-30", "08-31", "07-31", "06-30", "05-31", "04-30", "03-31", "02-28",
        "01-31", "12-31",
    ]  # fmt: skip
    assert len(surplus(nights, PLAN)) == 730 - 20


@pytest.mark.parametrize(
    ("plan", "stay"),
    [
        (msgspec.structs.replace(PLAN, keep_daily=1, keep_weekly=0, keep_monthly=0), 1),
        (msgspec.structs.replace(PLAN, keep_daily=3, keep_weekly=0, keep_monthly=0), 3),
        (msgspec.structs.replace(PLAN, keep_daily=1, keep_weekly=2, keep_monthly=0), 2),
        (msgspec.structs.replace(PLAN, keep_daily=366, keep_weekly=0, keep_monthly=0), 40),
    ],
)
def test_the_plan_says_how_many(plan: BackupPlan, stay: int) -> None:
    assert len(kept([archive(NOW - timedelta(days=days)) for days in range(40)], plan)) == stay


def test_of_one_day_the_newest_stays_with_what_was_made_before_an_upgrade() -> None:
    day = [archive(NOW + timedelta(hours=hours), upgrade=hours in {1, 4}) for hours in (9, 4, 1, 0)]
    few = msgspec.structs.replace(PLAN, keep_daily=1, keep_weekly=0, keep_monthly=0)
    assert [one.at.hour for one in surplus(day, few)] == [4, 3]
    assert surplus([], PLAN) == []


@pytest.mark.parametrize(
    ("zone", "minute", "now", "last", "following"),
    [
        ("UTC", 180, "2026-11-23T02:59", "2026-11-22T03:00", "2026-11-23T03:00"),
        ("UTC", 180, "2026-11-23T03:00", "2026-11-23T03:00", "2026-11-24T03:00"),
        ("Asia/Shanghai", 180, "2026-11-23T03:00", "2026-11-22T19:00", "2026-11-23T19:00"),
        # The hour that summer time skips, and the one it repeats: one backup all the same.
        ("Europe/Berlin", 150, "2026-03-29T12:00", "2026-03-29T01:30", "2026-03-30T00:30"),
        ("Europe/Berlin", 150, "2026-10-25T12:00", "2026-10-25T00:30", "2026-10-26T01:30"),
    ],
)
def test_a_backup_is_due_once_a_day_by_the_clock_of_its_zone(
    zone: str, minute: int, now: str, last: str, following: str
) -> None:
    plan = BackupPlan(time_zone=zone, minute=minute)
    at, before, after = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (now, last, following))
    assert (last_due(plan, at), next_due(plan, at)) == (before, after)
