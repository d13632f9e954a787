"""What is wrong with a policy before it is saved: rules nobody reaches, overflow that leads nowhere, teams
without people. Pure; what there is in the workspace is given."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from kezhan.routing.policy import Policy, Rule, Step, When


class Known(Struct, frozen=True, kw_only=True):
    """What a policy may name. `members`: of each team who serves; `skilled`: of each skill the levels there
    are; `channels`: of each account its kind."""

    members: Mapping[UUID, frozenset[UUID]]
    skilled: Mapping[UUID, Mapping[UUID, int]]
    channels: Mapping[UUID, str]
    team_names: Mapping[UUID, str]


class Found(NamedTuple):
    error: bool
    rule_id: UUID
    code: str
    params: dict[str, Any]


def findings(policy: Policy, known: Known) -> list[Found]:
    found = []
    ids = [rule.id for rule in policy.rules]
    for number, rule in enumerate(policy.rules):
        if rule.id in ids[:number]:
            found.append(Found(True, rule.id, "same_id", {"name": rule.name}))
        found += [Found(error, rule.id, code, params) for error, code, params in _rule(rule, known)]
        if rule.active and (before := _shadow(policy.rules[:number], rule)) is not None:
            found.append(Found(False, rule.id, "never_reached", {"name": rule.name, "other": before.name}))
    return found


_One = tuple[bool, str, dict[str, Any]]


def _rule(rule: Rule, known: Known) -> Iterator[_One]:
    named = {"name": rule.name}
    teams = [*rule.pool.team_ids, *(team for step in rule.overflow for team in step.team_ids)]
    if any(team not in known.members for team in teams):
        yield True, "no_such_team", named
    if any(need.skill_id not in known.skilled for need in rule.pool.needs):
        yield True, "no_such_skill", named
    if any(account not in known.channels for account in rule.when.account_ids):
        yield True, "no_such_channel", named
    if _contradicts(rule.when, known):
        yield True, "never_matches", named
    for team in dict.fromkeys(teams):
        if team in known.members and not known.members[team]:
            yield False, "team_empty", {**named, "team": known.team_names.get(team, "")}
    if _nobody(rule, known):
        yield False, "nobody_skilled", named
    yield from _overflow(rule, named)


def _contradicts(when: When, known: Known) -> bool:
    """Its channel accounts are of none of its kinds of channel."""
    if not when.account_ids or not when.channels:
        return False
    return not any(known.channels.get(account) in when.channels for account in when.account_ids)


def _nobody(rule: Rule, known: Known) -> bool:
    """There are people, and none of them has what is needed."""
    teams = rule.pool.team_ids
    among = set[UUID]().union(*(known.members.get(team, frozenset()) for team in teams)) if teams else None
    if not rule.pool.needs or (among is not None and not among):
        return False
    able: set[UUID] | None = None
    for need in rule.pool.needs:
        have = {seat for seat, level in known.skilled.get(need.skill_id, {}).items() if level >= need.level}
        able = have if able is None else able & have
    return not (able if among is None or able is None else able & among)


def _overflow(rule: Rule, named: dict[str, Any]) -> Iterator[_One]:
    reached, everybody = set(rule.pool.team_ids), not rule.pool.team_ids
    needs = bool(rule.pool.needs or rule.pool.by_language or rule.pool.by_region)
    for number, step in enumerate(rule.overflow, 1):
        about = {**named, "step": number}
        if step.after_seconds is None and step.at_length is None:
            yield True, "step_never", about
        if not _does(step):
            yield True, "step_does_nothing", about
        elif _leads_back(step, reached, everybody=everybody, needs=needs):
            yield True, "overflow_circular", about
        reached |= set(step.team_ids)
        everybody, needs = everybody or step.everybody, needs and not step.drop_needs


def _does(step: Step) -> bool:
    return bool(step.team_ids or step.everybody or step.drop_needs or step.message)


def _leads_back(step: Step, reached: set[UUID], *, everybody: bool, needs: bool) -> bool:
    """It sends them only to where they wait already."""
    wider = (set(step.team_ids) - reached or step.everybody) and not everybody
    return not (wider or (step.drop_needs and needs) or step.message)


def _shadow(before: list[Rule], rule: Rule) -> Rule | None:
    """The rule above that takes everything this one could."""
    return next((one for one in before if one.active and _covers(one.when, rule.when)), None)


def _covers(wide: When, narrow: When) -> bool:
    lists = ("account_ids", "channels", "languages", "countries", "tiers", "sources", "pages", "intents")
    for name in lists:
        have, want = getattr(wide, name), getattr(narrow, name)
        if have and (not want or not set(want) <= set(have)):
            return False
    return all(narrow.attributes.get(name) == value for name, value in wide.attributes.items())
