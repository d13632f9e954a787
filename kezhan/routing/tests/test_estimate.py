"""Expected waits, held against Poisson service that is played."""

import random

import pytest

from kezhan.routing.places.estimate import LEAST, WINDOW_SECONDS, Range, expected, rounded_up

PLAYED = 4000


def _count(rng: random.Random, mean: float) -> int:
    """Of a Poisson process of one a second, how many in `mean` seconds."""
    n, at = 0, rng.expovariate(1)
    while at < mean:
        n, at = n + 1, at + rng.expovariate(1)
    return n


@pytest.mark.parametrize("per_window", [6, 10, 30, 100, 300])
@pytest.mark.parametrize("place", [1, 2, 5, 12, 40])
def test_eight_of_ten_waits_end_within_what_was_said(per_window: int, place: int) -> None:
    """Both the rate that is seen and the wait that follows are chance; rounding says rather more."""
    rng = random.Random(per_window * 100 + place)
    within = told = above = 0
    for _ in range(PLAYED):
        said = expected(place, _count(rng, per_window))
        if said is None:
            continue
        wait = sum(rng.expovariate(per_window / WINDOW_SECONDS) for _ in range(place))
        told += 1
        within += said.low <= wait <= said.high
        above += wait > said.high
    assert 0.78 <= within / told <= 0.97
    assert above / told <= 0.16


@pytest.mark.parametrize("served", range(LEAST))
def test_nothing_is_said_where_too_few_have_been_served(served: int) -> None:
    assert expected(1, served) is None


@pytest.mark.parametrize(("place", "served", "window"), [(0, 10, 1800.0), (-1, 10, 1800.0), (1, 10, 0.0)])
def test_nothing_is_said_of_what_cannot_be(place: int, served: int, window: float) -> None:
    assert expected(place, served, window) is None


def test_who_stands_further_back_is_told_of_more_and_who_is_served_quicker_of_less() -> None:
    behind = [expected(place, 30) for place in range(1, 30)]
    quicker = [expected(5, served) for served in range(LEAST, 300)]
    for waits, way in ((behind, 1), (quicker, -1)):
        highs = [one.high * way for one in waits if one is not None]
        assert len(highs) == len(waits) and highs == sorted(highs)


def test_more_history_makes_the_range_narrower() -> None:
    widths = []
    for hours in (1, 4, 16):
        said = expected(5, 10 * hours, WINDOW_SECONDS * hours)
        assert said is not None
        widths.append(said.high - said.low)
    assert widths == sorted(widths, reverse=True) and widths[0] > widths[-1]


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, 10), (3, 10), (11, 20), (59, 60), (61, 90), (299, 300), (301, 360)]
)
def test_seconds_are_said_as_people_say_them_and_never_too_few(seconds: float, said: int) -> None:
    assert rounded_up(seconds) == said


def test_a_range_is_whole_and_in_order() -> None:
    for place in range(1, 60):
        for served in range(LEAST, 400, 7):
            said = expected(place, served)
            assert isinstance(said, Range)
            assert 0 <= said.low < said.high and said.low % 10 == said.high % 10 == 0
