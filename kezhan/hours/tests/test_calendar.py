"""The calendar, as a table: hours, a moment by the local clock, what is true then and changes next."""

import functools
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import accumulate, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kezhan.hours.calendar import (
    Schedule,
    business_seconds,
    is_open,
    next_open,
    opening,
    opening_together,
)
from kezhan.hours.tests.factories import schedule

SHANGHAI, BERLIN, NEW_YORK = "Asia/Shanghai", "Europe/Berlin", "America/New_York"
LORD_HOWE, KATHMANDU = "Australia/Lord_Howe", "Asia/Kathmandu"
OFFICE = "Mon-Fri 09:00-18:00"
NOON_BREAK = "Mon-Fri 09:00-12:00 13:30-18:00; Sat 10:00-14:00"
TUE_FRI = "Tue 08:00-11:00; Fri 13:00-17:00"
NIGHT = "Mon-Sun 22:00-06:00"
ROUND = "Mon-Sun 00:00-24:00"
NATIONAL = "2026-10-01 off; 2026-10-02 off; 2026-10-05 off; 2026-10-06 off; 2026-10-07 off; 2026-10-10 work"
HALF_DAY = "2026-12-31 work 09:00-12:00"
LATE = "2026-10-09 work 20:00-10:00; 2026-10-10 work"
SMALL_HOURS = (
    "Mon-Sun 02:30-05:00"  # begins inside the hour that European and American clocks skip and repeat
)
TO_SMALL_HOURS = "Mon-Sun 00:00-02:30"

# Zone, hours, special days, asked at; then the state and the moment of the next change (or never).
CASES = [
    # A plain week
    (SHANGHAI, OFFICE, "", "2026-11-20T09:00+08:00", "open 2026-11-20T18:00+08:00"),
    (SHANGHAI, OFFICE, "", "2026-11-20T08:59:59+08:00", "closed 2026-11-20T09:00+08:00"),
    (SHANGHAI, OFFICE, "", "2026-11-20T17:59:59+08:00", "open 2026-11-20T18:00+08:00"),
    (SHANGHAI, OFFICE, "", "2026-11-20T18:00+08:00", "closed 2026-11-23T09:00+08:00"),
    (SHANGHAI, OFFICE, "", "2026-11-22T12:00+08:00", "closed 2026-11-23T09:00+08:00"),
    (SHANGHAI, OFFICE, "", "2026-11-20T01:30+00:00", "open 2026-11-20T18:00+08:00"),
    (KATHMANDU, OFFICE, "", "2026-11-20T03:14:59+00:00", "closed 2026-11-20T09:00+05:45"),
    (KATHMANDU, OFFICE, "", "2026-11-20T03:15+00:00", "open 2026-11-20T18:00+05:45"),
    # Several intervals, touching ones, an empty day, none at all
    (SHANGHAI, NOON_BREAK, "", "2026-11-20T11:59+08:00", "open 2026-11-20T12:00+08:00"),
    (SHANGHAI, NOON_BREAK, "", "2026-11-20T12:00+08:00", "closed 2026-11-20T13:30+08:00"),
    (SHANGHAI, NOON_BREAK, "", "2026-11-20T18:00+08:00", "closed 2026-11-21T10:00+08:00"),
    (SHANGHAI, NOON_BREAK, "", "2026-11-21T14:00+08:00", "closed 2026-11-23T09:00+08:00"),
    (SHANGHAI, "Mon 09:00-12:00 12:00-18:00", "", "2026-11-23T10:00+08:00", "open 2026-11-23T18:00+08:00"),
    (SHANGHAI, "Mon 13:00-18:00 09:00-12:00", "", "2026-11-23T08:00+08:00", "closed 2026-11-23T09:00+08:00"),
    (SHANGHAI, "Mon 18:00-24:00; Tue 0:00-2:00", "", "2026-11-23T20:00+08:00", "open 2026-11-24T02:00+08:00"),
    (SHANGHAI, "Mon 09:00-09:01", "", "2026-11-23T09:00:30+08:00", "open 2026-11-23T09:01+08:00"),
    (SHANGHAI, "Wed 09:00-18:00", "", "2026-11-25T18:00+08:00", "closed 2026-12-02T09:00+08:00"),
    (SHANGHAI, "", "", "2026-11-20T12:00+08:00", "closed never"),
    # All day
    (SHANGHAI, ROUND, "", "2026-11-20T00:00+08:00", "open never"),
    (BERLIN, ROUND, "", "2026-03-29T02:30+02:00", "open never"),
    (SHANGHAI, "Mon-Fri 00:00-24:00", "", "2026-11-20T12:00+08:00", "open 2026-11-21T00:00+08:00"),
    (SHANGHAI, "Mon-Fri 00:00-24:00", "", "2026-11-21T00:00+08:00", "closed 2026-11-23T00:00+08:00"),
    (SHANGHAI, ROUND, "2026-12-25 off", "2026-11-20T12:00+08:00", "open 2026-12-25T00:00+08:00"),
    (SHANGHAI, ROUND, "2026-12-25 off", "2026-12-25T23:59:59+08:00", "closed 2026-12-26T00:00+08:00"),
    (SHANGHAI, ROUND, "2027-12-30 off", "2026-11-20T12:00+08:00", "open never"),
    # Past midnight
    (SHANGHAI, NIGHT, "", "2026-11-20T23:30+08:00", "open 2026-11-21T06:00+08:00"),
    (SHANGHAI, NIGHT, "", "2026-11-20T05:59:59+08:00", "open 2026-11-20T06:00+08:00"),
    (SHANGHAI, NIGHT, "", "2026-11-20T06:00+08:00", "closed 2026-11-20T22:00+08:00"),
    (SHANGHAI, "Sun 22:00-06:00", "", "2026-11-23T03:00+08:00", "open 2026-11-23T06:00+08:00"),
    (SHANGHAI, "Fri 22:00-06:00", "", "2026-11-20T05:00+08:00", "closed 2026-11-20T22:00+08:00"),
    (SHANGHAI, "Fri 23:59-23:58", "", "2026-11-21T23:57:30+08:00", "open 2026-11-21T23:58+08:00"),
    # Holidays with make-up work days, half days
    (SHANGHAI, OFFICE, NATIONAL, "2026-10-01T10:00+08:00", "closed 2026-10-08T09:00+08:00"),
    (SHANGHAI, OFFICE, NATIONAL, "2026-09-30T17:00+08:00", "open 2026-09-30T18:00+08:00"),
    (SHANGHAI, OFFICE, NATIONAL, "2026-09-30T18:00+08:00", "closed 2026-10-08T09:00+08:00"),
    (SHANGHAI, OFFICE, NATIONAL, "2026-10-10T10:00+08:00", "open 2026-10-10T18:00+08:00"),
    (SHANGHAI, OFFICE, NATIONAL, "2026-10-09T18:00+08:00", "closed 2026-10-10T09:00+08:00"),
    (SHANGHAI, OFFICE, NATIONAL, "2026-10-11T10:00+08:00", "closed 2026-10-12T09:00+08:00"),
    (SHANGHAI, TUE_FRI, "2026-10-10 work", "2026-10-10T07:00+08:00", "closed 2026-10-10T08:00+08:00"),
    (SHANGHAI, TUE_FRI, "2026-10-10 as Fri", "2026-10-10T08:00+08:00", "closed 2026-10-10T13:00+08:00"),
    (SHANGHAI, OFFICE, "2026-10-10 as Sun", "2026-10-10T10:00+08:00", "closed 2026-10-12T09:00+08:00"),
    (SHANGHAI, "", "2026-10-10 work", "2026-10-01T10:00+08:00", "closed never"),
    (SHANGHAI, "", "2026-10-10 work 09:00-12:00", "2026-10-01T10:00+08:00", "closed 2026-10-10T09:00+08:00"),
    (SHANGHAI, OFFICE, HALF_DAY, "2026-12-31T11:00+08:00", "open 2026-12-31T12:00+08:00"),
    (SHANGHAI, OFFICE, HALF_DAY, "2026-12-31T12:00+08:00", "closed 2027-01-01T09:00+08:00"),
    (SHANGHAI, OFFICE, "2026-12-31 work 16:00-2:00", "2027-01-01T01:00+08:00", "open 2027-01-01T02:00+08:00"),
    # A holiday takes what begins on it, not the tail of the evening before
    (SHANGHAI, NIGHT, "2026-10-01 off", "2026-10-01T03:00+08:00", "open 2026-10-01T06:00+08:00"),
    (SHANGHAI, NIGHT, "2026-10-01 off", "2026-10-01T06:00+08:00", "closed 2026-10-02T22:00+08:00"),
    (SHANGHAI, NIGHT, "2026-10-01 off", "2026-10-02T03:00+08:00", "closed 2026-10-02T22:00+08:00"),
    (SHANGHAI, OFFICE, LATE, "2026-10-10T09:30+08:00", "open 2026-10-10T18:00+08:00"),
    # The end of a year, a leap day
    (SHANGHAI, OFFICE, "2027-01-01 off", "2026-12-31T18:00+08:00", "closed 2027-01-04T09:00+08:00"),
    (SHANGHAI, NIGHT, "", "2026-12-31T23:59:59+08:00", "open 2027-01-01T06:00+08:00"),
    (NEW_YORK, NIGHT, "2027-01-01 off", "2026-12-31T23:00-05:00", "open 2027-01-01T06:00-05:00"),
    (SHANGHAI, "Tue 09:00-18:00", "", "2028-02-29T08:00+08:00", "closed 2028-02-29T09:00+08:00"),
    # Clocks forward: an hour (or half of one) is skipped
    (BERLIN, "Sun 01:00-04:00", "", "2026-03-29T01:30+01:00", "open 2026-03-29T04:00+02:00"),
    (BERLIN, SMALL_HOURS, "", "2026-03-29T01:59:59+01:00", "closed 2026-03-29T03:00+02:00"),
    (BERLIN, SMALL_HOURS, "", "2026-03-29T03:00+02:00", "open 2026-03-29T05:00+02:00"),
    (BERLIN, TO_SMALL_HOURS, "", "2026-03-29T01:59:59+01:00", "open 2026-03-29T03:00+02:00"),
    (BERLIN, TO_SMALL_HOURS, "", "2026-03-29T03:00+02:00", "closed 2026-03-30T00:00+02:00"),
    (BERLIN, "Sun 02:10-02:50", "", "2026-03-29T01:00+01:00", "closed 2026-04-05T02:10+02:00"),
    (BERLIN, NIGHT, "", "2026-03-28T23:00+01:00", "open 2026-03-29T06:00+02:00"),
    (BERLIN, OFFICE, "", "2026-03-27T18:00+01:00", "closed 2026-03-30T09:00+02:00"),
    (NEW_YORK, SMALL_HOURS, "", "2026-03-08T01:00-05:00", "closed 2026-03-08T03:00-04:00"),
    (NEW_YORK, NIGHT, "", "2026-03-08T01:00-05:00", "open 2026-03-08T06:00-04:00"),
    (LORD_HOWE, "Sun 02:15-04:00", "", "2026-10-04T01:59+10:30", "closed 2026-10-04T02:30+11:00"),
    (LORD_HOWE, "Sun 01:00-02:15", "", "2026-10-04T01:59+10:30", "open 2026-10-04T02:30+11:00"),
    # Clocks back: an hour (or half of one) comes twice, and its times are the first of the two
    (BERLIN, SMALL_HOURS, "", "2026-10-25T02:29:59+02:00", "closed 2026-10-25T02:30+02:00"),
    (BERLIN, SMALL_HOURS, "", "2026-10-25T02:10+01:00", "open 2026-10-25T05:00+01:00"),
    (BERLIN, TO_SMALL_HOURS, "", "2026-10-25T02:00+02:00", "open 2026-10-25T02:30+02:00"),
    (BERLIN, TO_SMALL_HOURS, "", "2026-10-25T02:10+01:00", "closed 2026-10-26T00:00+01:00"),
    (BERLIN, "Sun 00:00-02:30 02:30-05:00", "", "2026-10-25T01:00+02:00", "open 2026-10-25T05:00+01:00"),
    (BERLIN, NIGHT, "", "2026-10-24T23:00+02:00", "open 2026-10-25T06:00+01:00"),
    (NEW_YORK, "Sun 01:30-05:00", "", "2026-11-01T01:00-05:00", "open 2026-11-01T05:00-05:00"),
    (NEW_YORK, OFFICE, "", "2026-10-30T18:00-04:00", "closed 2026-11-02T09:00-05:00"),
    (LORD_HOWE, "Sun 01:45-03:00", "", "2026-04-05T01:44:59+11:00", "closed 2026-04-05T01:45+11:00"),
    (LORD_HOWE, "Sun 01:45-03:00", "", "2026-04-05T01:35+10:30", "open 2026-04-05T03:00+10:30"),
    # A zone that left out a whole day: Friday is the moment between Thursday and Saturday
    ("Pacific/Apia", "Fri 09:00-18:00", "", "2011-12-29T12:00-10:00", "closed 2012-01-06T09:00+14:00"),
    ("Pacific/Apia", "Thu 22:00-06:00", "", "2011-12-29T23:00-10:00", "open 2011-12-31T00:00+14:00"),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "hours", "special", "asked", "expected"), CASES)
def test_the_state_and_its_next_change(
    zone: str, hours: str, special: str, asked: str, expected: str
) -> None:
    kept, at = schedule(zone, hours, special), datetime.fromisoformat(asked)
    state, _, change = expected.partition(" ")
    changes_at = None if change == "never" else datetime.fromisoformat(change)
    found = opening(kept, at)
    assert (found.open, found.changes_at) == (state == "open", changes_at)
    assert is_open(kept, at) is found.open
    assert next_open(kept, at) == (at if found.open else changes_at)
    if changes_at is not None:
        assert is_open(kept, changes_at) is not found.open
        assert is_open(kept, changes_at - timedelta(microseconds=1)) is found.open
        assert business_seconds(kept, at, changes_at) == (found.open * (changes_at - at)).total_seconds()


# Zone, hours, special days, from, to, open hours between
LENGTHS = [
    (SHANGHAI, OFFICE, "", "2026-11-16T00:00+08:00", "2026-11-23T00:00+08:00", 45),
    (SHANGHAI, OFFICE, NATIONAL, "2026-10-01T00:00+08:00", "2026-10-11T00:00+08:00", 27),
    (SHANGHAI, OFFICE, "", "2026-11-20T17:30+08:00", "2026-11-23T09:30+08:00", 1),
    (SHANGHAI, OFFICE, "", "2026-11-20T10:00+08:00", "2026-11-20T10:00+08:00", 0),
    (SHANGHAI, OFFICE, "", "2026-11-20T11:00+08:00", "2026-11-20T10:00+08:00", 0),
    (SHANGHAI, "", "", "2026-01-01T00:00+08:00", "2027-01-01T00:00+08:00", 0),
    (SHANGHAI, NIGHT, "2026-10-01 off", "2026-10-01T00:00+08:00", "2026-10-03T00:00+08:00", 8),
    (SHANGHAI, ROUND, "", "2026-01-01T00:00+08:00", "2027-01-01T00:00+08:00", 365 * 24),
    (BERLIN, ROUND, "", "2026-03-29T00:00+01:00", "2026-03-30T00:00+02:00", 23),
    (BERLIN, ROUND, "", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00", 25),
    (BERLIN, NIGHT, "", "2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 7),
    (BERLIN, NIGHT, "", "2026-10-24T12:00+02:00", "2026-10-25T12:00+01:00", 9),
    (BERLIN, SMALL_HOURS, "", "2026-03-29T00:00+01:00", "2026-03-29T12:00+02:00", 2),
    (BERLIN, SMALL_HOURS, "", "2026-10-25T00:00+02:00", "2026-10-25T12:00+01:00", 3.5),
    (LORD_HOWE, ROUND, "", "2026-10-04T00:00+10:30", "2026-10-05T00:00+11:00", 23.5),
    (LORD_HOWE, ROUND, "", "2026-04-05T00:00+11:00", "2026-04-06T00:00+10:30", 24.5),
    (NEW_YORK, OFFICE, "", "2026-01-01T00:00-05:00", "2026-01-31T00:00-05:00", 22 * 9),
]


@pytest.mark.parametrize(("zone", "hours", "special", "start", "end", "open_hours"), LENGTHS)
def test_business_time_between_two_moments(
    zone: str, hours: str, special: str, start: str, end: str, open_hours: float
) -> None:
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    assert business_seconds(schedule(zone, hours, special), first, last) == open_hours * 3600


def test_no_schedule_is_open_always() -> None:
    at = datetime(2026, 11, 20, tzinfo=UTC)
    assert is_open(None, at) and next_open(None, at) == at
    assert (opening(None, at).open, opening(None, at).changes_at) == (True, None)
    assert business_seconds(None, at, at + timedelta(hours=3)) == 3 * 3600
    assert opening_together([], at).open


def test_three_teams_follow_the_sun_around_the_world_and_its_changes_of_clocks() -> None:
    teams = [
        schedule("Asia/Singapore", "Mon-Sun 08:00-16:00"),
        schedule("Europe/Lisbon", "Mon-Sun 08:00-16:00"),
        schedule("America/Los_Angeles", "Mon-Sun 08:00-16:00"),
    ]
    winter = datetime(2026, 1, 15, tzinfo=UTC)
    for hour in range(48):
        at = winter + timedelta(hours=hour)
        assert [is_open(team, at) for team in teams].count(True) == 1, at
    # In July Lisbon and Los Angeles begin an hour earlier by UTC and Singapore does not.
    assert [is_open(team, datetime(2026, 7, 15, 7, 30, tzinfo=UTC)) for team in teams] == [True, True, False]
    assert [is_open(team, datetime(2026, 7, 15, 23, 30, tzinfo=UTC)) for team in teams] == [False] * 3


# Of a channel and its team, asked on Friday 2026-11-20 at an hour in Shanghai
TOGETHER = [
    (OFFICE, "Mon-Fri 12:00-20:00", 10, False, "2026-11-20T12:00+08:00"),
    (OFFICE, "Mon-Fri 12:00-20:00", 12, True, "2026-11-20T18:00+08:00"),
    (OFFICE, "Mon-Fri 12:00-20:00", 19, False, "2026-11-23T12:00+08:00"),
    ("Mon-Fri 09:00-12:00 14:00-18:00", "Mon-Fri 11:00-15:00", 12, False, "2026-11-20T14:00+08:00"),
    (OFFICE, "Sat 09:00-12:00", 10, False, None),
    (OFFICE, "", 10, False, None),
    (ROUND, ROUND, 10, True, None),
    (ROUND, OFFICE, 10, True, "2026-11-20T18:00+08:00"),
]


@pytest.mark.parametrize(("channel", "team", "hour", "expected", "change"), TOGETHER)
def test_two_schedules_are_open_together_while_both_are(
    channel: str, team: str, hour: int, expected: bool, change: str | None
) -> None:
    both = [schedule(SHANGHAI, channel), schedule(SHANGHAI, team)]
    at = datetime(2026, 11, 20, hour, tzinfo=ZoneInfo(SHANGHAI))
    found = opening_together(both, at)
    assert found.open is expected
    assert found.changes_at == (datetime.fromisoformat(change) if change else None)


_TIME = st.integers(0, 1439)
_LENGTH = st.integers(1, 1440)
_SIX_DAYS = 6 * 24 * 60
_HOURS = st.lists(st.tuples(_TIME, _LENGTH), max_size=3)
# Two days on each side of a change of clocks, where the clock of a zone goes wrong if it ever does.
_CHANGES = st.sampled_from(
    [
        (BERLIN, datetime(2026, 3, 29, tzinfo=UTC)),
        (BERLIN, datetime(2026, 10, 25, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 3, 8, tzinfo=UTC)),
        (NEW_YORK, datetime(2026, 11, 1, tzinfo=UTC)),
        (LORD_HOWE, datetime(2026, 4, 4, tzinfo=UTC)),
        (LORD_HOWE, datetime(2026, 10, 3, tzinfo=UTC)),
        (KATHMANDU, datetime(2026, 12, 31, tzinfo=UTC)),
        ("America/Havana", datetime(2026, 11, 1, tzinfo=UTC)),  # its midnight comes twice
    ]
)


@st.composite
def _drawn(draw: st.DrawFn) -> tuple[Schedule, datetime]:
    zone, about = draw(_CHANGES)
    named = []
    for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        hours = " ".join(
            f"{start // 60}:{start % 60:02}-{(start + length) // 60}:{(start + length) % 60:02}"
            for start, length in draw(_HOURS)
        )
        named.append(f"{name} {hours}")
    offs = draw(st.sets(st.integers(-2, 2), max_size=2))
    special = "; ".join(f"{(about + timedelta(days=day)).date()} off" for day in offs)
    return schedule(zone, "; ".join(named), special), about


@functools.cache
def _clock(zone: str, about: datetime) -> list[datetime]:
    """What the clock has shown at the latest, minute by minute, from six days before to six after."""
    minutes = (about + timedelta(minutes=minute) for minute in range(-_SIX_DAYS, _SIX_DAYS))
    shown = (minute.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for minute in minutes)
    return list(accumulate(shown, max))


def _counted(kept: Schedule, about: datetime) -> set[int]:
    """The open minutes from `about`, found by looking at the clock: no arithmetic of zones."""
    clock, found = _clock(kept.zone.key, about), set[int]()
    for ahead in range(-5, 5):
        day = (about + timedelta(days=ahead)).date()
        midnight = datetime(day.year, day.month, day.day)
        for one in kept.special.get(day, kept.week[day.weekday()]):
            first, last = (midnight + timedelta(minutes=minute) for minute in (one.start, one.end))
            found |= set(range(bisect_left(clock, first), bisect_left(clock, last)))
    return {minute - _SIX_DAYS for minute in found}


@given(
    _drawn(),
    st.lists(st.integers(-2880, 2880), min_size=2, max_size=4, unique=True),
)
@settings(max_examples=60, deadline=None)
def test_business_time_adds_up_and_equals_a_count_of_open_minutes(
    drawn: tuple[Schedule, datetime], cuts: list[int]
) -> None:
    kept, about = drawn
    moments = [about + timedelta(minutes=cut) for cut in sorted(cuts)]
    whole = business_seconds(kept, moments[0], moments[-1])
    assert whole == sum(business_seconds(kept, first, last) for first, last in pairwise(moments))
    # Every change of clocks and every interval here falls on a whole minute.
    minutes = {minute for minute in _counted(kept, about) if min(cuts) <= minute < max(cuts)}
    assert whole == 60 * len(minutes)
    for minute in range(min(cuts), max(cuts), 7):
        assert is_open(kept, about + timedelta(minutes=minute)) is (minute in minutes)


@given(_drawn(), st.integers(-2880, 2880))
@settings(max_examples=100, deadline=None)
def test_what_is_foretold_comes_true_and_nothing_changes_before(
    drawn: tuple[Schedule, datetime], minute: int
) -> None:
    kept, about = drawn
    at = about + timedelta(minutes=minute)
    found = opening(kept, at)
    assert found.open is is_open(kept, at)
    end = found.changes_at or at + timedelta(days=20)
    if found.changes_at:
        assert is_open(kept, found.changes_at) is not found.open
    length = (end - at).total_seconds()
    assert business_seconds(kept, at, end) == (length if found.open else 0)
