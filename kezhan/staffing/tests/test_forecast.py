"""The forecast on histories of which the truth is known."""

import random
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from kezhan.staffing.forecast import SLOTS, WEEKS, Day, DayForecast, Slot, forecast

TODAY = date(2026, 11, 23)  # a Monday
BEGAN = TODAY - timedelta(days=400)
WEEK = [TODAY + timedelta(days=n) for n in range(7)]


def history(
    level: Callable[[date, int], float], *, weeks: int = WEEKS, seed: int | None = None, handle_s: float = 300
) -> dict[date, Day]:
    """Counts at exactly `level`, or about it by chance where there is a seed."""
    chance = random.Random(seed)
    days: dict[date, Day] = {}
    for ago in range(1, weeks * 7 + 1):
        day = TODAY - timedelta(days=ago)
        slots = {}
        for number in range(SLOTS):
            mean = level(day, number)
            count = round(mean) if seed is None else _poisson(chance, mean)
            if count:
                slots[number] = Slot(arrivals=count, handled=count, handle_s=count * handle_s)
        days[day] = slots
    return days


def _poisson(chance: random.Random, mean: float) -> int:
    count, sum_of = 0, chance.expovariate(1)
    while sum_of < mean:
        count, sum_of = count + 1, sum_of + chance.expovariate(1)
    return count


def shop_hours(day: date, number: int) -> float:
    """Nine to six, twenty a half hour, half of it at the weekend."""
    return (20 if day.weekday() < 5 else 10) if 18 <= number < 36 else 0


def one(past: dict[date, Day], day: date = TODAY, since: date = BEGAN) -> DayForecast:
    return forecast(past, since, TODAY, [day]).days[0]


def test_a_level_week_comes_again_by_weekday_and_half_hour() -> None:
    outlook = forecast(history(shop_hours), BEGAN, TODAY, WEEK)
    assert outlook.left_out == []
    for day in outlook.days:
        means = [slot.arrivals for slot in day.slots]
        assert means == pytest.approx([shop_hours(day.day, number) for number in range(SLOTS)])
        assert (day.days, day.growth, day.holiday) == (WEEKS, 1.0, False)


def test_four_of_five_half_hours_lie_within_the_interval() -> None:
    inside = asked = 0
    for seed in range(20):
        past = history(shop_hours, seed=seed)
        chance = random.Random(1000 + seed)
        for day in forecast(past, BEGAN, TODAY, WEEK).days:
            for number in range(18, 36):
                count = _poisson(chance, shop_hours(day.day, number))
                inside += day.slots[number].low <= count <= day.slots[number].high
                asked += 1
    assert 0.77 <= inside / asked <= 0.86


def test_days_that_differ_from_week_to_week_widen_the_interval() -> None:
    def moody(day: date, number: int) -> float:
        return shop_hours(day, number) * (0.7 if day.isocalendar().week % 2 else 1.3)

    calm, wild = one(history(shop_hours)).slots[20], one(history(moody)).slots[20]
    assert wild.arrivals == pytest.approx(calm.arrivals, rel=0.1)
    assert wild.high - wild.low > 1.2 * (calm.high - calm.low)


@pytest.mark.parametrize("weekly", [1.08, 0.93])
def test_growth_goes_on_into_the_week_forecast(weekly: float) -> None:
    def growing(day: date, number: int) -> float:
        return 5 * shop_hours(day, number) * float(weekly ** ((day - TODAY).days / 7))

    past = history(growing)
    near, far = one(past), one(past, TODAY + timedelta(weeks=4))
    assert near.growth == pytest.approx(weekly, rel=0.01)
    assert near.slots[20].arrivals == pytest.approx(100, rel=0.03)
    assert far.slots[20].arrivals == pytest.approx(100 * weekly**4, rel=0.05)


def test_growth_ends_after_four_weeks() -> None:
    past = history(lambda day, number: 5 * shop_hours(day, number) * 1.08 ** ((day - TODAY).days / 7))
    month, year = one(past, TODAY + timedelta(weeks=4)), one(past, TODAY + timedelta(weeks=52))
    assert year.slots[20].arrivals == pytest.approx(month.slots[20].arrivals)


def test_chance_is_not_taken_for_growth() -> None:
    growths = [one(history(shop_hours, seed=seed)).growth for seed in range(40)]
    assert sum(growth != 1.0 for growth in growths) <= 6


def test_newer_weeks_count_more_than_older_ones() -> None:
    def stepped(day: date, number: int) -> float:
        return shop_hours(day, number) + (2 if number == 20 and (TODAY - day).days <= 28 else 0)

    assert one(history(stepped)).slots[20].arrivals > 21.2


def test_a_holiday_is_kept_out_of_ordinary_days_and_expected_to_be_as_holidays_were() -> None:
    off = {TODAY - timedelta(days=14), TODAY - timedelta(days=13), TODAY + timedelta(days=7)}
    past = history(lambda day, number: 2 if day in off else shop_hours(day, number))
    outlook = forecast(
        past,
        BEGAN,
        TODAY,
        [TODAY, TODAY + timedelta(days=7)],
        lambda day: None if day in off else day.weekday(),
    )
    ordinary, holiday = outlook.days
    assert outlook.left_out == []
    assert (ordinary.holiday, ordinary.days) == (False, WEEKS - 1)
    assert ordinary.slots[20].arrivals == pytest.approx(20)
    assert (holiday.holiday, holiday.days) == (True, 2)
    assert [slot.arrivals for slot in holiday.slots] == pytest.approx([2.0] * SLOTS)


def test_a_holiday_without_holidays_before_it_says_so() -> None:
    day = forecast(
        history(shop_hours), BEGAN, TODAY, [TODAY], lambda day: None if day == TODAY else day.weekday()
    ).days[0]
    assert (day.holiday, day.days, day.slots) == (True, 0, [])


def test_a_make_up_work_day_is_like_the_weekday_it_stands_in_for() -> None:
    worked, wanted = TODAY - timedelta(days=8), TODAY + timedelta(days=6)
    stands_for = {worked: 0, wanted: 0}
    past = history(lambda day, number: shop_hours(TODAY if day == worked else day, number))
    outlook = forecast(past, BEGAN, TODAY, [wanted], lambda day: stands_for.get(day, day.weekday()))
    assert outlook.left_out == []
    assert (outlook.days[0].days, outlook.days[0].holiday) == (WEEKS + 1, False)
    assert outlook.days[0].slots[20].arrivals == pytest.approx(20)


@pytest.mark.parametrize("factor", [0, 6])
def test_a_day_quite_unlike_its_weekday_does_not_count_and_is_named(factor: int) -> None:
    odd = TODAY - timedelta(days=14)
    past = history(lambda day, number: shop_hours(day, number) * (factor if day == odd else 1))
    outlook = forecast(past, BEGAN, TODAY, [TODAY])
    assert outlook.left_out == [odd]
    assert outlook.days[0].slots[20].arrivals == pytest.approx(20)
    assert outlook.days[0].growth == 1.0


def test_without_history_nothing_is_forecast() -> None:
    for since in (None, TODAY, TODAY + timedelta(days=3)):
        outlook = forecast({}, since, TODAY, WEEK)
        assert [day.slots for day in outlook.days] == [[]] * 7
        assert {day.days for day in outlook.days} == {0}


def test_ten_days_of_history_tell_of_the_weekdays_seen_twice_alone() -> None:
    since = TODAY - timedelta(days=10)
    past = {day: slots for day, slots in history(shop_hours).items() if day >= since}
    outlook = forecast(past, since, TODAY, WEEK)
    assert [bool(day.slots) for day in outlook.days] == [False, False, False, False, True, True, True]
    assert [day.days for day in outlook.days] == [1, 1, 1, 1, 2, 2, 2]


def test_a_quiet_house_is_forecast_as_quiet_and_what_it_cannot_know_stays_open() -> None:
    day = one({})
    assert day.days == WEEKS
    slot = day.slots[20]
    assert (slot.arrivals, slot.low, slot.handle_s) == (0, 0, None)
    assert 0 < slot.high < 1


def test_days_before_the_recording_began_are_no_empty_days() -> None:
    since = TODAY - timedelta(weeks=3)
    past = {day: slots for day, slots in history(shop_hours).items() if day >= since}
    assert one(past, since=since).slots[20].arrivals == pytest.approx(20)


def test_handle_times_follow_the_half_hour_as_far_as_it_is_known() -> None:
    past: dict[date, Day] = {
        day: {n: Slot(arrivals=20, handled=20, handle_s=20 * (900 if n == 20 else 300)) for n in slots}
        for day, slots in history(shop_hours).items()
    }
    yesterday = TODAY - timedelta(days=1)
    past[yesterday] = {**past[yesterday], 40: Slot(arrivals=1, handled=1, handle_s=6000)}
    slots = one(past).slots
    assert slots[20].handle_s is not None
    assert slots[20].handle_s > 850
    # One long conversation late in the evening is not the evening's handle time.
    assert slots[40].handle_s is not None
    assert slots[40].handle_s < 700
    assert slots[3].handle_s == pytest.approx(
        sum(slot.handle_s for day in past.values() for slot in day.values())
        / sum(slot.handled for day in past.values() for slot in day.values())
    )
