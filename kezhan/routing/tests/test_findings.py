"""What is wrong with a policy, before it is saved. Pure: what there is in the workspace is given."""

from typing import Any

import pytest

from kezhan.kit.ids import new_id
from kezhan.routing.findings import Known, findings
from kezhan.routing.policy import Need, Policy, Pool, Rule, Step, When
from kezhan.routing.tests.factories import rule

SITE, MAIL, GONE = new_id(), new_id(), new_id()
SALES, CARE, EMPTY = new_id(), new_id(), new_id()
LIN, ZHOU = new_id(), new_id()
REFUNDS, ENGLISH, NOBODYS = new_id(), new_id(), new_id()
KNOWN = Known(
    segments=[],
    members={SALES: frozenset({LIN}), CARE: frozenset({ZHOU}), EMPTY: frozenset()},
    skilled={REFUNDS: {LIN: 3}, ENGLISH: {ZHOU: 5}, NOBODYS: {}},
    channels={SITE: "webchat", MAIL: "open"},
    team_names={SALES: "售前", CARE: "售后", EMPTY: "空组"},
)


def said(*rules: Rule) -> list[tuple[str, str]]:
    return [
        ("error" if one.error else "warning", one.code) for one in findings(Policy(rules=[*rules]), KNOWN)
    ]


def when(**asked: Any) -> Rule:
    return rule(str(new_id()), when=When(**asked))


def pool(**who: Any) -> Rule:
    return rule(pool=Pool(**who))


@pytest.mark.parametrize(
    "one",
    [
        rule(),
        when(account_ids=[SITE], channels=["webchat"]),
        when(account_ids=[SITE, MAIL], channels=["WEBCHAT"]),
        when(channels=["open"], tiers=["VIP"]),
        pool(team_ids=[SALES, CARE]),
        pool(team_ids=[SALES], needs=[Need(REFUNDS, 3)]),
        pool(needs=[Need(ENGLISH, 5)]),
    ],
)
def test_nothing_is_said_of_a_rule_that_makes_sense(one: Rule) -> None:
    assert said(one) == []


@pytest.mark.parametrize(
    ("one", "finding"),
    [
        (pool(team_ids=[GONE]), ("error", "no_such_team")),
        (rule(overflow=[Step(after_seconds=9, team_ids=[GONE])], pool=Pool(team_ids=[SALES])),
         ("error", "no_such_team")),
        (pool(needs=[Need(GONE)]), ("error", "no_such_skill")),
        (when(account_ids=[GONE]), ("error", "no_such_channel")),
        (when(account_ids=[SITE], channels=["open"]), ("error", "never_matches")),
        (when(channels=["telegram"]), ("warning", "no_such_kind")),
        (pool(team_ids=[EMPTY]), ("warning", "team_empty")),
        (rule(pool=Pool(team_ids=[SALES]), overflow=[Step(at_length=3, team_ids=[EMPTY])]),
         ("warning", "team_empty")),
        (pool(needs=[Need(NOBODYS)]), ("warning", "nobody_skilled")),
        (pool(needs=[Need(REFUNDS, 4)]), ("warning", "nobody_skilled")),
        (pool(needs=[Need(REFUNDS), Need(ENGLISH)]), ("warning", "nobody_skilled")),
        (pool(team_ids=[CARE], needs=[Need(REFUNDS)]), ("warning", "nobody_skilled")),
    ],
)  # fmt: skip
def test_a_rule_that_leads_nowhere_is_told_so(one: Rule, finding: tuple[str, str]) -> None:
    assert finding in said(one)


def steps(*overflow: Step, **who: Any) -> list[tuple[str, str]]:
    return said(rule(pool=Pool(**(who or {"team_ids": [SALES]})), overflow=[*overflow]))


NEVER, NOTHING, BACK = ("error", "step_never"), ("error", "step_does_nothing"), ("error", "overflow_circular")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (steps(Step(after_seconds=60, team_ids=[CARE])), []),
        (steps(Step(team_ids=[CARE])), [NEVER]),
        (steps(Step(after_seconds=60)), [NOTHING]),
        (steps(Step()), [NEVER, NOTHING]),
        (steps(Step(after_seconds=60, team_ids=[SALES])), [BACK]),
        (steps(Step(after_seconds=60, everybody=True)), []),
        (steps(Step(after_seconds=60, everybody=True), by_language=True), [BACK]),
        (steps(Step(after_seconds=60, drop_needs=True)), [BACK]),
        (steps(Step(after_seconds=60, drop_needs=True), team_ids=[SALES], by_language=True), []),
        (steps(Step(after_seconds=60, message=True)), []),
        (steps(Step(after_seconds=60, message=True), Step(after_seconds=90, message=True)), [BACK]),
        (steps(Step(after_seconds=60, team_ids=[CARE]), Step(after_seconds=90, team_ids=[SALES, CARE])),
         [BACK]),
        (steps(Step(after_seconds=60, everybody=True), Step(after_seconds=90, team_ids=[CARE])), [BACK]),
        # Written later, begun sooner.
        (steps(Step(after_seconds=60, everybody=True), Step(after_seconds=30, team_ids=[CARE])), []),
        (steps(Step(after_seconds=60, team_ids=[CARE]), Step(after_seconds=30, everybody=True)), [BACK]),
        # A long queue and a long wait come one without the other.
        (steps(Step(at_length=9, team_ids=[CARE]), Step(after_seconds=30, team_ids=[CARE])), []),
        (steps(Step(at_length=9, team_ids=[CARE]), Step(at_length=12, team_ids=[CARE])), [BACK]),
        (steps(Step(at_length=9, after_seconds=60, team_ids=[CARE]), Step(after_seconds=90, team_ids=[CARE])),
         [BACK]),
        (steps(Step(after_seconds=60, team_ids=[CARE]),
               Step(at_length=9, after_seconds=90, team_ids=[CARE])), []),
    ],
)  # fmt: skip
def test_overflow_must_begin_do_something_and_lead_on(found: list[Any], expected: list[Any]) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("above", "below", "hides"),
    [
        ({}, {"tiers": ["VIP"]}, True),
        ({"tiers": ["VIP"]}, {}, False),
        ({"tiers": ["vip", "gold"]}, {"tiers": ["VIP"]}, True),
        ({"tiers": ["VIP"]}, {"tiers": ["VIP", "gold"]}, False),
        ({"languages": ["zh"]}, {"languages": ["zh-TW", "zh"]}, True),
        ({"languages": ["zh-TW"]}, {"languages": ["zh"]}, False),
        ({"pages": ["tea"]}, {"pages": ["/TEA/oolong"]}, True),
        ({"pages": ["/tea/oolong"]}, {"pages": ["tea"]}, False),
        ({"account_ids": [SITE, MAIL]}, {"account_ids": [SITE]}, True),
        ({"account_ids": [SITE]}, {"channels": ["webchat"]}, False),
        ({"channels": ["webchat"]}, {"account_ids": [SITE]}, True),
        ({"channels": ["webchat"]}, {"account_ids": [SITE, MAIL]}, False),
        ({"attributes": {"city": "厦门"}}, {"attributes": {"city": "厦门", "plan": "年付"}}, True),
        ({"attributes": {"city": "厦门", "plan": "年付"}}, {"attributes": {"city": "厦门"}}, False),
        ({"tiers": ["VIP"]}, {"tiers": ["VIP"], "countries": ["CN"]}, True),
        ({"tiers": ["VIP"], "countries": ["CN"]}, {"tiers": ["VIP"], "sources": ["ads"]}, False),
    ],
)
def test_a_rule_that_another_hides_is_pointed_out(
    above: dict[str, Any], below: dict[str, Any], hides: bool
) -> None:
    first, second = when(**above), when(**below)
    found = findings(Policy(rules=[first, second]), KNOWN)
    hidden = [(one.rule_id, one.params["other"]) for one in found if one.code == "never_reached"]
    assert hidden == ([(second.id, first.name)] if hides else [])


def test_a_rule_that_is_off_hides_nothing_and_is_hidden_by_nothing() -> None:
    off = rule("off", active=False)
    assert said(off, when(tiers=["VIP"])) == [] == said(rule("all"), off)


def test_two_rules_of_one_name_or_one_id_are_refused() -> None:
    first, second = rule("VIP"), rule(" VIP ")
    assert ("error", "same_name") in said(first, second)
    assert ("error", "same_id") in said(first, first)
