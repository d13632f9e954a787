"""The choice of a seat in virtual time against Erlang C: a short run always, the full one when asked for."""

import msgspec
import pytest

from bench import erlang
from bench.erlang import CASES, Case, fits, formula, line, run_erlang, simulate, verdict
from kezhan.routing.choose import choose
from kezhan.routing.policy import Order

SHORT = (
    Case(2, 1, 0.7, Order.ROUND_ROBIN, 60_000, seed=5),
    Case(2, 3, 0.75, Order.LEAST_LOADED, 60_000, seed=5),
)


@pytest.mark.parametrize("case", SHORT, ids=lambda case: case.name)
def test_a_short_run_holds_erlang_c(case: Case) -> None:
    waits, wait_s = formula(case)
    found = simulate(case)
    assert found.assigned == case.customers
    assert found.waits.holds(waits)
    assert found.wait_s.holds(wait_s)
    assert found.waits.half < 0.05 * waits
    assert found.wait_s.half < 0.15 * wait_s


def test_the_same_seed_plays_the_same_again() -> None:
    case = Case(3, 2, 0.6, Order.LONGEST_IDLE, 4_000)
    assert simulate(case) == simulate(case)
    assert simulate(case) != simulate(case._replace(seed=2))


def test_a_choice_that_leaves_seats_idle_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One seat in five is never given anything: the share that waits is no longer Erlang C's."""
    chosen = choose

    def forgetful(conversation, seats, policy, now):  # type: ignore[no-untyped-def]
        return chosen(conversation, seats[1:], policy, now)

    monkeypatch.setattr(erlang, "choose", forgetful)
    case = Case(5, 1, 0.6, Order.ROUND_ROBIN, 30_000)
    assert not simulate(case).waits.holds(formula(case)[0])


def test_nobody_waits_beside_a_free_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = choose
    asked = 0

    def moody(conversation, seats, policy, now):  # type: ignore[no-untyped-def]
        nonlocal asked
        asked += 1
        return chosen(conversation, seats if asked % 7 else [], policy, now)

    monkeypatch.setattr(erlang, "choose", moody)
    with pytest.raises(AssertionError, match="waits beside a free seat"):
        simulate(Case(2, 1, 0.8, Order.ROUND_ROBIN, 2_000))


def test_an_interval_too_wide_or_beside_the_formula_does_not_pass() -> None:
    played = line(SHORT[0])
    said, found = played.rounds
    assert fits(played, "waits")
    for change in ({"waits_half": 0.0}, {"waits_half": 0.2}, {"waits": 0.9}):
        other = msgspec.structs.replace(found, **change)
        assert not fits(msgspec.structs.replace(played, rounds=[said, other]), "waits")
    assert verdict([played]).startswith("erlang: ")


def test_the_cases_are_as_many_and_as_busy_as_is_asked() -> None:
    assert len(CASES) >= 8
    assert {case.seats for case in CASES} >= {1, 50}
    assert all(formula(case)[0] >= 0.01 for case in CASES)


@pytest.mark.long
def test_all_cases_hold_erlang_c_within_five_per_cent() -> None:
    lines = run_erlang()
    assert [one.name for one in lines if not (fits(one, "waits") and fits(one, "wait_s"))] == []
