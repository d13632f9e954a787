"""What is going to come, by half hour, from what came. Pure: counts in, expectations out.

The method, as the screen states it: of the last eight weeks the same weekday and half hour count, newer weeks
more (half as much after four weeks). Holidays and days quite unlike their weekday (outages, campaigns) are
left out. Where the last four weeks differ from the four before by more than chance, each count is first
brought to the level of the forecast's week, growth going on for four weeks at the most. Holidays are expected
to be as holidays were. The interval holds four out of five half hours: Poisson, widened by how much such days
differ from week to week.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from msgspec import Struct

WEEKS = 8
SLOTS = 48
SLOT_S = 1800
FEWEST_DAYS = 2
"""So many days like it must have been seen."""
_HALF_WEEKS = 4.0
_RECENT_DAYS = 28
_LONGEST_TREND_WEEKS = 4.0
_STEEPEST = 1.25
"""Growth a week beyond this is no trend to go on with."""
_Z = 1.2816
"""Four fifths of a normal distribution lie within."""
_OUTLIER = 3.5
_FEWEST_TO_DOUBT = 4
_HANDLE_PRIOR = 30
"""The mean of all half hours counts like so many conversations beside those of one half hour."""

Weekday = Callable[[date], int | None]
"""Which weekday (0 Monday) a day is like, a make-up work day like the one it stands in for; None: a
holiday."""


class Slot(Struct, frozen=True, kw_only=True):
    """What came in one half hour: `handled` of them took `handle_s` seconds in all."""

    arrivals: int = 0
    handled: int = 0
    handle_s: float = 0.0


Day = Mapping[int, Slot]
"""By half hour, 0 to 47; those without are empty."""


class Expected(Struct, frozen=True, kw_only=True):
    """One half hour to come: the mean and where four out of five such half hours lie. `handle_s` is None
    where nothing was ever handled."""

    arrivals: float
    low: float
    high: float
    handle_s: float | None


class DayForecast(Struct, frozen=True, kw_only=True):
    """`slots` is empty where too little is known: `days` days like it were seen, of FEWEST_DAYS. `growth` is
    the weekly factor that was applied, 1 without a trend."""

    day: date
    holiday: bool
    days: int
    growth: float
    slots: list[Expected]


class Outlook(Struct, frozen=True, kw_only=True):
    """`left_out`: days of the history that were too unlike their weekday to count."""

    days: list[DayForecast]
    left_out: list[date]


def forecast(
    history: Mapping[date, Day],
    since: date | None,
    today: date,
    wanted: Sequence[date],
    weekday: Weekday = date.weekday,
) -> Outlook:
    """The days wanted, from the complete days before `today`. Recording began on `since` (None: never): a day
    from then on that is not in `history` was empty."""
    first = today - timedelta(weeks=WEEKS)
    days = [] if since is None else _days(max(first, since), today)
    holidays = [day for day in days if weekday(day) is None]
    alike = [[day for day in days if weekday(day) == number] for number in range(7)]
    left_out = {day for some in alike for day in _unlike(history, some)}
    alike = [[day for day in some if day not in left_out] for some in alike]
    growth = _growth(history, alike, today)
    handle = _handle_times(history, [*holidays, *(day for some in alike for day in some)])
    return Outlook(
        days=[
            _holiday(history, holidays, handle, day)
            if (number := weekday(day)) is None
            else _ordinary(history, alike[number], handle, growth, today, day)
            for day in wanted
        ],
        left_out=sorted(left_out),
    )


def _days(first: date, end: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((end - first).days)]


def _total(history: Mapping[date, Day], day: date) -> int:
    return sum(slot.arrivals for slot in history.get(day, {}).values())


def _count(history: Mapping[date, Day], day: date, number: int) -> int:
    slot = history.get(day, {}).get(number)
    return slot.arrivals if slot else 0


def _unlike(history: Mapping[date, Day], alike: Sequence[date]) -> set[date]:
    """Days whose total is far from the median of their kind, in units of its usual spread."""
    if len(alike) < _FEWEST_TO_DOUBT:
        return set()
    totals = {day: _total(history, day) for day in alike}
    middle = statistics.median(totals.values())
    usual = statistics.median(abs(total - middle) for total in totals.values()) * 1.4826
    spread = max(usual, math.sqrt(max(middle, 1)), 0.1 * middle)
    return {day for day, total in totals.items() if abs(total - middle) > _OUTLIER * spread}


def _growth(history: Mapping[date, Day], alike: Sequence[Sequence[date]], today: date) -> float:
    """The factor from week to week; 1 where the change may be chance.

    Each weekday that has days on both sides compares its means, so that a weekday missing on one side takes
    no part. The daily spread is taken from the days themselves and is Poisson's at least.
    """
    middle = today - timedelta(days=_RECENT_DAYS)
    new = old = variance = weeks = 0.0
    for days in alike:
        sides = [[day for day in days if (day >= middle) is recent] for recent in (False, True)]
        if not all(sides):
            continue
        means = []
        for side in sides:
            totals = [_total(history, day) for day in side]
            mean = statistics.fmean(totals)
            means.append(mean)
            variance += max(mean, statistics.variance(totals) if len(totals) > 1 else 0.0) / len(totals)
        old, new = old + means[0], new + means[1]
        centres = [statistics.fmean(day.toordinal() for day in side) for side in sides]
        weeks += (centres[1] - centres[0]) / 7 * means[1]
    if old <= 0 or new <= 0 or abs(new - old) <= 2 * math.sqrt(variance):
        return 1.0
    growth = float((new / old) ** (new / weeks))
    return min(max(growth, 1 / _STEEPEST), _STEEPEST)


def _handle_times(history: Mapping[date, Day], days: Sequence[date]) -> list[float | None]:
    """By half hour of the day, drawn towards the mean of all by as much as little is known of it."""
    handled, seconds = [0] * SLOTS, [0.0] * SLOTS
    for day in days:
        for number, slot in history.get(day, {}).items():
            handled[number] += slot.handled
            seconds[number] += slot.handle_s
    if not sum(handled):
        return [None] * SLOTS
    mean = sum(seconds) / sum(handled)
    return [
        (seconds[number] + _HANDLE_PRIOR * mean) / (handled[number] + _HANDLE_PRIOR)
        for number in range(SLOTS)
    ]


def _ordinary(
    history: Mapping[date, Day],
    alike: Sequence[date],
    handle: Sequence[float | None],
    growth: float,
    today: date,
    day: date,
) -> DayForecast:
    weights = [0.5 ** ((today - past).days / 7 / _HALF_WEEKS) for past in alike]
    horizon = min(day, today + timedelta(weeks=_LONGEST_TREND_WEEKS))
    lifts = [growth ** ((horizon - past).days / 7) for past in alike]
    return DayForecast(
        day=day,
        holiday=False,
        days=len(alike),
        growth=growth,
        slots=_expected(history, alike, weights, lifts, handle),
    )


def _holiday(
    history: Mapping[date, Day], holidays: Sequence[date], handle: Sequence[float | None], day: date
) -> DayForecast:
    """As holidays were, whatever their weekday: there are too few of them for more."""
    ones = [1.0] * len(holidays)
    return DayForecast(
        day=day,
        holiday=True,
        days=len(holidays),
        growth=1.0,
        slots=_expected(history, holidays, ones, ones, handle),
    )


def _expected(
    history: Mapping[date, Day],
    alike: Sequence[date],
    weights: Sequence[float],
    lifts: Sequence[float],
    handle: Sequence[float | None],
) -> list[Expected]:
    if len(alike) < FEWEST_DAYS:
        return []
    counts = [
        [_count(history, day, number) * lift for day, lift in zip(alike, lifts, strict=True)]
        for number in range(SLOTS)
    ]
    whole = sum(weights)
    means = [
        sum(weight * count for weight, count in zip(weights, row, strict=True)) / whole for row in counts
    ]
    wide = _dispersion(counts, means)
    certain = whole**2 / sum(weight**2 for weight in weights)
    return [_band(mean, wide, certain, handle[number]) for number, mean in enumerate(means)]


def _dispersion(counts: Sequence[Sequence[float]], means: Sequence[float]) -> float:
    """How many times Poisson's variance such a day shows from week to week, over all its half hours; 1 at
    least."""
    expected = sum(means)
    if expected <= 0:
        return 1.0
    shown = sum(
        sum((count - mean) ** 2 for count in row) / (len(row) - 1)
        for row, mean in zip(counts, means, strict=True)
    )
    return max(1.0, shown / expected)


def _band(mean: float, wide: float, certain: float, handle_s: float | None) -> Expected:
    """The interval for one half hour: its own chance, and that of the mean it is told by (`certain` days)."""
    # With nothing ever seen there may still be as much as that many days leave open.
    variance = wide * max(mean, 1 / certain / 2) * (1 + 1 / certain)
    reach = _Z * math.sqrt(variance)
    return Expected(arrivals=mean, low=max(0.0, mean - reach), high=mean + reach, handle_s=handle_s)
