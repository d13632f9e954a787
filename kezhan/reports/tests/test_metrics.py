"""The formulas, by hand and by what must hold whatever is counted."""

from hypothesis import given
from hypothesis import strategies as st

from kezhan.reports import metrics
from kezhan.reports.metrics import Waits


def test_the_service_level_leaves_out_those_who_left_at_once_and_counts_the_other_leavers_against_it() -> (
    None
):
    waits = Waits(accepted=80, within=72, abandoned=15, short=5)
    assert metrics.counted(waits) == 90
    assert metrics.service_level(waits) == 0.8


def test_abandonment_counts_everybody_who_left_before_acceptance() -> None:
    assert metrics.abandonment(Waits(accepted=80, abandoned=20, short=20)) == 0.2


def test_the_average_wait_is_of_the_accepted_alone() -> None:
    assert metrics.average_wait(Waits(accepted=4, abandoned=9, waited_ms=10_000)) == 2.5


def test_a_figure_of_nothing_is_none_and_not_nought() -> None:
    nothing = Waits(messages=3)
    assert metrics.service_level(nothing) is None
    assert metrics.abandonment(nothing) is None
    assert metrics.average_wait(nothing) is None
    assert metrics.occupancy(0, 0) is metrics.utilisation(0, 0) is metrics.concurrency(0, 0) is None


def test_shares_of_time() -> None:
    assert metrics.occupancy(30, 10) == 0.75
    assert metrics.utilisation(30, 60) == 0.5
    assert metrics.concurrency(180, 60) == 3


_few = st.integers(0, 1000)


@given(within=_few, late=_few, short=_few, long=_few)
def test_shares_stay_between_nothing_and_all(within: int, late: int, short: int, long: int) -> None:
    waits = Waits(accepted=within + late, within=within, abandoned=short + long, short=short)
    for share in (metrics.service_level(waits), metrics.abandonment(waits)):
        assert share is None or 0 <= share <= 1


@given(within=_few, late=_few, long=_few, short=st.integers(1, 1000))
def test_leaving_at_once_never_moves_the_service_level(within: int, late: int, long: int, short: int) -> None:
    before = Waits(accepted=within + late, within=within, abandoned=long)
    after = Waits(accepted=within + late, within=within, abandoned=long + short, short=short)
    assert metrics.service_level(before) == metrics.service_level(after)
