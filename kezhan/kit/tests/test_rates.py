"""Token buckets: so many at once, so many a minute, each key for itself, in bounded memory."""

import pytest

from kezhan.kit import rates
from kezhan.kit.errors import Refused
from kezhan.kit.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rates, "time", clock)
    return clock


def taken(limit: Rates, key: str, tries: int) -> int:
    done = 0
    for _ in range(tries):
        try:
            limit.spend(key)
        except Refused:
            continue
        done += 1
    return done


def test_a_burst_is_let_through_and_not_one_more(clock: Clock) -> None:
    limit = Rates(per_minute=60, burst=5)
    assert taken(limit, "a", 20) == 5
    assert taken(limit, "b", 20) == 5, "another key has its own"


@pytest.mark.parametrize(("seconds", "more"), [(0.5, 0), (1, 1), (2.5, 2), (5, 5), (3600, 5)])
def test_time_gives_back_what_the_rate_says_up_to_the_burst(clock: Clock, seconds: float, more: int) -> None:
    limit = Rates(per_minute=60, burst=5)
    taken(limit, "a", 5)
    clock.at += seconds
    assert taken(limit, "a", 20) == more


def test_asking_in_vain_costs_nothing_and_gains_nothing(clock: Clock) -> None:
    limit = Rates(per_minute=60, burst=1)
    limit.spend("a")
    for _ in range(10):
        clock.at += 0.099
        assert taken(limit, "a", 3) == 0
    clock.at += 0.011
    assert taken(limit, "a", 3) == 1


@pytest.mark.parametrize("per_minute", [1, 7, 30, 45, 60, 90, 120, 6000])
@pytest.mark.parametrize("waited", [0.0, 0.3, 0.6])
def test_who_waits_as_long_as_told_is_let_through(clock: Clock, per_minute: float, waited: float) -> None:
    limit = Rates(per_minute=per_minute, burst=1)
    limit.spend("a")
    clock.at += waited * 60 / per_minute
    with pytest.raises(Refused) as refused:
        limit.spend("a")
    assert (refused.value.code, refused.value.status) == ("kit.too_many", 429)
    wait = refused.value.params["retry_after"]
    assert isinstance(wait, int)
    assert 1 <= wait <= 60 / per_minute + 1
    clock.at += wait
    limit.spend("a")


def test_many_keys_do_not_fill_the_memory_and_the_least_recent_goes_first(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_KEYS", 100)
    limit = Rates(per_minute=1, burst=1)
    limit.spend("watched")
    for n in range(1000):
        limit.spend(f"stranger {n}")
        assert taken(limit, "watched", 1) == 0, "who keeps knocking is not forgotten"
    assert len(limit._spent) <= 100
    limit.spend("stranger 0")
