"""Rules as data: which one fits, who may serve by it, what follows as time passes. All pure."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kezhan.kit.ids import new_id
from kezhan.routing.policy import (
    Facts,
    Need,
    Policy,
    Pool,
    Rule,
    Step,
    When,
    fits,
    next_step,
    reach,
    rule_for,
    same_language,
    steps_due,
)
from kezhan.routing.tests.factories import rule

SITE, MAIL, SEGMENT = new_id(), new_id(), new_id()
TEAM, OTHER, THIRD = new_id(), new_id(), new_id()
REFUNDS = Need(new_id(), 3)
HER = Facts(
    account_id=SITE, channel="webchat", language="zh-CN", country="CN", tier="VIP", source="ads",
    page="https://tea.example/Oolong?x=1", intent="refund", attributes={"city": "厦门", "plan": "年付"},
    segments=[SEGMENT],
)  # fmt: skip


@pytest.mark.parametrize(
    ("when", "is_so"),
    [
        ({}, True),
        ({"account_ids": [SITE]}, True),
        ({"account_ids": [MAIL]}, False),
        ({"account_ids": [MAIL, SITE]}, True),
        ({"channels": ["WebChat"]}, True),
        ({"channels": ["mail"]}, False),
        ({"languages": ["zh"]}, True),
        ({"languages": ["zh_cn"]}, True),
        ({"languages": ["zh-CN-x"]}, False),
        ({"languages": ["en", "ZH"]}, True),
        ({"languages": ["z"]}, False),
        ({"countries": ["cn"]}, True),
        ({"countries": ["US"]}, False),
        ({"tiers": ["vip"]}, True),
        ({"tiers": ["VIP+"]}, False),
        ({"sources": ["ADS"]}, True),
        ({"pages": ["/oolong"]}, True),
        ({"pages": ["/green", "tea.example"]}, True),
        ({"pages": ["/green"]}, False),
        ({"intents": ["refund"]}, True),
        ({"segments": [MAIL, SEGMENT]}, True),
        ({"segments": [MAIL]}, False),
        ({"intents": ["price"]}, False),
        ({"attributes": {"city": "厦门"}}, True),
        ({"attributes": {"city": "厦门", "plan": "年付"}}, True),
        ({"attributes": {"city": "厦门", "plan": "月付"}}, False),
        ({"attributes": {"shoe": "38"}}, False),
        ({"tiers": ["VIP"], "channels": ["webchat"], "pages": ["oolong"]}, True),
        ({"tiers": ["VIP"], "channels": ["mail"], "pages": ["oolong"]}, False),
    ],
)
def test_a_rule_is_for_those_of_whom_everything_it_asks_holds(when: dict[str, Any], is_so: bool) -> None:
    assert fits(When(**when), HER) is is_so


def test_what_is_not_known_of_a_customer_is_nothing_that_is_asked_for() -> None:
    nobody = Facts(account_id=SITE, channel="webchat")
    asked: dict[str, Any] = {
        "languages": ["zh"], "countries": ["CN"], "tiers": ["VIP"], "sources": ["ads"], "pages": ["a"],
        "intents": ["refund"],
    }  # fmt: skip
    assert [name for name, words in asked.items() if fits(When(**{name: words}), nobody)] == []


@pytest.mark.parametrize(
    ("wanted", "given", "is_so"),
    [("zh", "zh-CN", True), ("zh-CN", "zh", False), ("en", "eng", False), ("pt_BR", "pt-br", True),
     ("en", "", False)],
)  # fmt: skip
def test_a_language_takes_in_its_dialects(wanted: str, given: str, is_so: bool) -> None:
    assert same_language(wanted, given) is is_so


def test_the_first_active_rule_that_fits_counts_and_behind_the_last_is_everybody() -> None:
    asleep, vip, mine, after = (
        rule("asleep", active=False),
        rule("vip", when=When(tiers=["gold"])),
        rule("mine", when=When(tiers=["VIP"])),
        rule("after"),
    )
    assert rule_for(Policy(rules=[asleep, vip, mine, after]), HER) == mine
    rest = rule_for(Policy(rules=[asleep, vip]), HER)
    assert (rest.name, rest.pool, rest.overflow, rest.id.int) == ("", Pool(), [], 0)
    assert Policy(rules=[vip]).rule(rest.id) == Policy(rules=[vip]).rule(new_id()) == rest


TO_OTHER = Step(after_seconds=60, team_ids=[OTHER])
SKILLED = rule(
    pool=Pool(team_ids=[TEAM], needs=[REFUNDS]),
    overflow=[
        TO_OTHER,
        Step(after_seconds=30, drop_needs=True),
        Step(at_length=5, message=True),
        Step(after_seconds=120, at_length=2, everybody=True),
    ],
)


@pytest.mark.parametrize(
    ("taken", "teams", "needs", "message"),
    [
        ([], [TEAM], [REFUNDS], False),
        ([0], [TEAM, OTHER], [REFUNDS], False),
        ([1], [TEAM], [], False),
        ([2], [TEAM], [REFUNDS], True),
        ([3], [], [REFUNDS], False),
        ([0, 1, 2, 3], [], [], True),
        ([9], [TEAM], [REFUNDS], False),
    ],
)
def test_each_step_of_overflow_lets_more_people_serve(
    taken: list[int], teams: list[Any], needs: list[Need], message: bool
) -> None:
    within = reach(SKILLED, (REFUNDS,), frozenset(taken))
    assert ([*within.team_ids], [*within.needs], within.message) == (teams, needs, message)


@pytest.mark.parametrize(
    ("before", "waited", "length", "after"),
    [
        ([], 0, 0, []),
        ([], 29.9, 0, []),
        ([], 30, 0, [1]),
        ([], 60, 1, [0, 1]),
        ([], 0, 2, [3]),
        ([], 0, 5, [2, 3]),
        ([2], 60, 0, [0, 1, 2]),
        ([], 120, 0, [0, 1, 3]),
    ],
)
def test_a_step_is_due_after_its_time_or_at_its_length(
    before: list[int], waited: float, length: int, after: list[int]
) -> None:
    assert sorted(steps_due(SKILLED, frozenset(before), waited, length)) == after


@pytest.mark.parametrize(("taken", "seconds"), [([], 30), ([1], 60), ([0, 1], 120), ([0, 1, 3], None)])
def test_the_next_step_is_the_nearest_in_time_that_is_left(taken: list[int], seconds: int | None) -> None:
    assert next_step(SKILLED, frozenset(taken)) == seconds


_STEPS = st.lists(
    st.builds(
        Step,
        after_seconds=st.none() | st.integers(1, 300),
        at_length=st.none() | st.integers(0, 20),
        team_ids=st.lists(st.sampled_from([TEAM, OTHER, THIRD]), max_size=2),
        everybody=st.booleans(),
        drop_needs=st.booleans(),
        message=st.booleans(),
    ),
    max_size=6,
)
_RULES = st.builds(
    Rule,
    id=st.uuids(),
    name=st.just("any"),
    pool=st.builds(Pool, team_ids=st.lists(st.sampled_from([TEAM, OTHER]), max_size=2)),
    overflow=_STEPS,
)


@given(_RULES, st.floats(0, 400), st.floats(0, 400), st.integers(0, 25))
def test_waiting_never_lets_fewer_people_serve(one: Rule, first: float, second: float, length: int) -> None:
    sooner, later = sorted((first, second))
    early = steps_due(one, frozenset(), sooner, length)
    late = steps_due(one, early, later, length)
    assert early <= late == steps_due(one, frozenset(), later, length)
    was, becomes = reach(one, (REFUNDS,), early), reach(one, (REFUNDS,), late)
    assert not becomes.team_ids or (was.team_ids and {*was.team_ids} <= {*becomes.team_ids})
    assert {*becomes.needs} <= {*was.needs}
    assert becomes.message or not was.message


@given(_RULES, st.floats(0, 400))
def test_no_step_falls_due_before_the_one_that_is_said_to_be_next(one: Rule, waited: float) -> None:
    taken = steps_due(one, frozenset(), waited, 0)
    following = next_step(one, taken)
    if following is None:
        assert steps_due(one, taken, 24 * 3600, 0) == taken
    else:
        assert following > waited
        assert steps_due(one, taken, following - 0.001, 0) == taken < steps_due(one, taken, following, 0)


@given(st.lists(_RULES, max_size=4))
def test_a_policy_is_the_same_after_it_was_stored(rules: list[Rule]) -> None:
    policy = Policy(rules=rules)
    assert msgspec.json.decode(msgspec.json.encode(policy), type=Policy) == policy


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""}, {"name": "  "}, {"name": "长" * 101}, {"priority": 10}, {"priority": -1},
        {"accept_seconds": 601}, {"head_start": -1}, {"order": ["loudest"]},
        {"overflow": [{"after_seconds": 0}]}, {"overflow": [{"at_length": -1}]}, {"overflow": [{}] * 11},
        {"when": {"pages": [""]}}, {"when": {"tiers": [" "]}}, {"when": {"countries": ["China"]}},
        {"when": {"languages": ["中文"]}}, {"when": {"tiers": ["x"] * 51}},
        {"pool": {"needs": [{"skill_id": str(new_id()), "level": 6}]}}, {"pool": {"team_ids": ["red"]}},
    ],
)  # fmt: skip
def test_what_no_rule_can_be_is_not_read_as_one(wrong: dict[str, Any]) -> None:
    plain = {"id": str(new_id()), "name": "plain"}
    assert msgspec.convert(plain, Rule, strict=False).name == "plain"
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**plain, **wrong}, Rule)
