"""The choice itself: every order, every reason, ties; nothing but values in and a decision out."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.routing.choose import Considered, Seat, Waiting, Why, choose
from kezhan.routing.policy import Need, Order, Policy, Pool, Rule, Step

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)
TEAM, OTHER, SKILL, SECOND = (UUID(int=100 + n) for n in range(4))
RULE = UUID(int=1)


def seat(number: int, **facts: Any) -> Seat:
    return Seat(**{"id": UUID(int=number), "name": f"s{number}", "state": "online", **facts})


def policy(*orders: Order, **facts: Any) -> Policy:
    return Policy(rules=[Rule(id=RULE, name="one", order=list(orders), **facts)])


def talk(**facts: Any) -> Waiting:
    return Waiting(**{"id": UUID(int=9), "rule_id": RULE, **facts})


@pytest.mark.parametrize(
    ("facts", "asked", "why"),
    [
        ({"team_ids": frozenset({OTHER})}, {}, Why.NOT_IN_TEAM),
        ({"skills": {}}, {}, Why.LACKS_SKILL),
        ({"skills": {SKILL: 2}}, {}, Why.LACKS_SKILL),
        ({"state": "offline"}, {}, Why.OFFLINE),
        ({"state": "away"}, {}, Why.AWAY),
        ({"state": "something new"}, {}, Why.AWAY),
        ({"state": "away", "on_break": True}, {}, Why.ON_BREAK),
        ({"state": "busy"}, {}, Why.BUSY),
        ({"on_duty": False}, {}, Why.OFF_DUTY),
        ({"lost": True}, {}, Why.LOST),
        ({}, {"declined": frozenset({UUID(int=1)})}, Why.DECLINED),
        ({"live": (5, 5)}, {}, Why.FULL),
        ({"live": (6, 5)}, {}, Why.FULL),
        ({"live": (4, 5)}, {"units": 2}, Why.FULL),
        ({"deferred": (20, 20)}, {"load": "deferred"}, Why.FULL),
        ({"live": (5, 5)}, {"load": "deferred"}, None),
        ({"deferred": (20, 20)}, {}, None),
        ({"live": (3, 5)}, {"units": 2}, None),
        ({}, {}, None),
    ],
)
def test_each_seat_has_its_reason(facts: dict[str, Any], asked: dict[str, Any], why: Why | None) -> None:
    one = seat(1, **{"team_ids": frozenset({TEAM}), "skills": {SKILL: 3}, **facts})
    decision = choose(talk(needs=(Need(SKILL, 3),), **asked), [one], policy(pool=Pool(team_ids=[TEAM])), AT)
    assert decision.considered[0].why == why
    assert decision.seat_id == (one.id if why is None else None)
    assert decision.considered[0].lacks == (SKILL if why is Why.LACKS_SKILL else None)


def test_the_first_reason_counts() -> None:
    """In the order in which one would ask: should she, could she, is she there, would she, has she room."""
    facts: dict[str, Any] = {"team_ids": frozenset({OTHER}), "skills": {}, "state": "busy", "live": (5, 5)}
    asked = talk(needs=(Need(SKILL),), declined=frozenset({UUID(int=1)}))
    seen = []
    for mend in ({"team_ids": frozenset({TEAM})}, {"skills": {SKILL: 1}}, {"state": "online"}, {}):
        seen.append(
            choose(asked, [seat(1, **facts)], policy(pool=Pool(team_ids=[TEAM])), AT).considered[0].why
        )
        facts |= mend
    assert seen == [Why.NOT_IN_TEAM, Why.LACKS_SKILL, Why.BUSY, Why.DECLINED]


@pytest.mark.parametrize(
    ("order", "better", "worse", "asked"),
    [
        (Order.DEDICATED, {"id": UUID(int=7)}, {}, {"owner_id": UUID(int=7)}),
        (Order.LAST_AGENT, {"id": UUID(int=7)}, {}, {"last_agent_id": UUID(int=7)}),
        (Order.BEST_SKILL, {"skills": {SKILL: 4}}, {"skills": {SKILL: 3}}, {"needs": (Need(SKILL),)}),
        (Order.LEAST_LOADED, {"live": (2, 5)}, {"live": (1, 2)}, {}),
        (Order.LEAST_LOADED, {"deferred": (1, 5)}, {"deferred": (2, 5)}, {"load": "deferred"}),
        (Order.LONGEST_IDLE, {"idle_since": AT - timedelta(hours=1)}, {"idle_since": AT}, {}),
        (Order.LONGEST_IDLE, {"idle_since": AT - timedelta(seconds=1)}, {"idle_since": None}, {}),
        (Order.ROUND_ROBIN, {"last_turn": 3}, {"last_turn": 4}, {}),
    ],
)
def test_each_order_tells_two_seats_apart_and_says_so(
    order: Order, better: dict[str, Any], worse: dict[str, Any], asked: dict[str, Any]
) -> None:
    # By number the worse one would come first.
    good, bad = seat(5, **better), seat(2, **worse)
    for seats in ([good, bad], [bad, good]):
        decision = choose(talk(**asked), seats, policy(order), AT)
        assert (decision.seat_id, decision.by) == (good.id, order)
        assert [one.why for one in decision.considered] == [None, Why.BEHIND]


def test_of_several_orders_the_first_that_tells_them_apart_counts() -> None:
    orders = (Order.LAST_AGENT, Order.LEAST_LOADED, Order.ROUND_ROBIN)
    light, early = seat(2, live=(0, 5), last_turn=9), seat(1, live=(1, 5), last_turn=1)
    assert choose(talk(), [early, light], policy(*orders), AT).by == Order.LEAST_LOADED
    even = seat(3, live=(1, 5), last_turn=0)
    decision = choose(talk(), [early, even], policy(*orders), AT)
    assert (decision.seat_id, decision.by) == (even.id, Order.ROUND_ROBIN)


def test_without_an_order_the_turn_decides_and_of_equals_the_id() -> None:
    assert choose(talk(), [seat(1, last_turn=2), seat(2, last_turn=1)], policy(), AT).seat_id == UUID(int=2)
    decision = choose(talk(), [seat(2), seat(1)], policy(), AT)
    assert (decision.seat_id, decision.by) == (UUID(int=1), "")


def test_an_owner_or_last_agent_without_room_is_passed_over() -> None:
    mine = seat(1, live=(5, 5))
    for asked in ({"owner_id": mine.id}, {"last_agent_id": mine.id}):
        decision = choose(talk(**asked), [mine, seat(2)], policy(Order.DEDICATED, Order.LAST_AGENT), AT)
        assert decision.seat_id == UUID(int=2)
        assert Considered(seat_id=mine.id, name="s1", why=Why.FULL, used=5, there=5) in decision.considered


def test_a_seat_without_any_room_is_full_whatever_it_uses() -> None:
    assert choose(talk(), [seat(1, live=(0, 0))], policy(Order.LEAST_LOADED), AT).seat_id is None


def test_steps_of_overflow_widen_who_may_serve() -> None:
    far, unskilled = (
        seat(1, team_ids=frozenset({OTHER}), skills={SKILL: 5}),
        seat(2, team_ids=frozenset({TEAM})),
    )
    rules = policy(
        pool=Pool(team_ids=[TEAM], needs=[Need(SKILL)]),
        overflow=[Step(after_seconds=1, team_ids=[OTHER]), Step(after_seconds=2, drop_needs=True)],
    )
    needs = (Need(SKILL),)
    chosen = [
        choose(talk(needs=needs, steps=frozenset(taken)), [far, unskilled], rules, AT).seat_id
        for taken in ([], [0], [1])
    ]
    assert chosen == [None, far.id, unskilled.id]


def test_sent_to_a_team_by_hand_the_rule_s_teams_do_not_count() -> None:
    here, there = seat(1, team_ids=frozenset({TEAM})), seat(2, team_ids=frozenset({OTHER}))
    decision = choose(talk(team_id=OTHER), [here, there], policy(pool=Pool(team_ids=[TEAM])), AT)
    assert decision.seat_id == there.id


def test_a_rule_there_is_no_more_stands_for_everybody() -> None:
    decision = choose(talk(rule_id=UUID(int=77)), [seat(1)], policy(pool=Pool(team_ids=[TEAM])), AT)
    assert decision.seat_id == UUID(int=1)


def test_nobody_there_is_no_decision_but_no_fault_either() -> None:
    decision = choose(talk(), [], policy(), AT)
    assert (decision.seat_id, decision.considered) == (None, [])


SEATS = st.lists(
    st.builds(
        seat,
        st.integers(1, 40),
        state=st.sampled_from(["online", "online", "busy", "away", "offline"]),
        live=st.tuples(st.integers(0, 6), st.integers(0, 5)),
        last_turn=st.integers(0, 5),
        skills=st.dictionaries(st.sampled_from([SKILL, SECOND]), st.integers(1, 5)),
        team_ids=st.frozensets(st.sampled_from([TEAM, OTHER])),
        on_duty=st.booleans(),
        lost=st.booleans(),
    ),
    max_size=5,
    unique_by=lambda one: one.id,
)


@given(SEATS, st.lists(st.sampled_from(Order), max_size=3), st.integers(1, 3))
def test_the_choice_is_one_of_the_able_does_not_depend_on_their_sequence_and_names_every_seat(
    seats: list[Seat], orders: list[Order], units: int
) -> None:
    asked, rules = talk(units=units, needs=(Need(SKILL, 2),)), policy(*orders, pool=Pool(team_ids=[TEAM]))
    decision = choose(asked, seats, rules, AT)
    able = {
        one.id for one in seats
        if one.state == "online" and one.on_duty and not one.lost and TEAM in one.team_ids
        and one.skills.get(SKILL, 0) >= 2 and one.live[1] - one.live[0] >= units
    }  # fmt: skip
    assert (decision.seat_id in able) if able else decision.seat_id is None
    assert sorted(one.seat_id for one in decision.considered) == sorted(one.id for one in seats)
    assert {choose(asked, turned, rules, AT).seat_id for turned in permutations(seats)} == {decision.seat_id}


@given(st.integers(2, 8), st.integers(1, 60))
def test_by_turns_nobody_is_ever_two_ahead(count: int, given_out: int) -> None:
    seats = {UUID(int=n): seat(n, live=(0, 1000)) for n in range(1, count + 1)}
    got = dict.fromkeys(seats, 0)
    for turn in range(1, given_out + 1):
        chosen = choose(talk(), list(seats.values()), policy(Order.ROUND_ROBIN), AT).seat_id
        assert chosen is not None
        seats[chosen].last_turn, got[chosen] = turn, got[chosen] + 1
    assert max(got.values()) - min(got.values()) <= 1
