"""What is wrong with a policy before it is saved: rules nobody reaches, overflow that leads nowhere, teams
without people. Pure; what there is in the workspace is given."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from msgspec import Struct

from kezhan.routing.policy import Policy, Pool, Rule, Step, When, same_language


class Known(Struct, frozen=True, kw_only=True):
    """What a policy may name. `members`: of each team who serves; `skilled`: of each skill the levels there
    are; `channels`: of each account its kind; `segments`: of those there are."""

    members: Mapping[UUID, frozenset[UUID]]
    skilled: Mapping[UUID, Mapping[UUID, int]]
    channels: Mapping[UUID, str]
    team_names: Mapping[UUID, str]
    segments: Collection[UUID]


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
        if any(rule.name.strip() == other.name.strip() for other in policy.rules[:number]):
            found.append(Found(True, rule.id, "same_name", {"name": rule.name}))
        if rule.active and (before := _shadow(policy.rules[:number], rule, known)) is not None:
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
    if any(segment not in known.segments for segment in rule.when.segments):
        yield True, "no_such_segment", named
    if _contradicts(rule.when, known):
        yield True, "never_matches", named
    elif rule.when.channels and not _kinds(rule.when.channels) & _kinds(known.channels.values()):
        yield False, "no_such_kind", named
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
    wanted = _kinds(when.channels)
    return not any(known.channels.get(account, "").lower() in wanted for account in when.account_ids)


def _kinds(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}


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
    asks = bool(rule.pool.needs or rule.pool.by_language or rule.pool.by_region)
    for number, step in enumerate(rule.overflow, 1):
        about = {**named, "step": number}
        if step.after_seconds is None and step.at_length is None:
            yield True, "step_never", about
        if not _does(step):
            yield True, "step_does_nothing", about
        elif _leads_back(step, rule.pool, asks, _taken_before(rule.overflow, number - 1)):
            yield True, "overflow_circular", about


def _does(step: Step) -> bool:
    return bool(step.team_ids or step.everybody or step.drop_needs or step.message)


def _taken_before(steps: Sequence[Step], number: int) -> list[Step]:
    """The steps that are taken for certain when this one is, whatever makes it begin."""
    step = steps[number]
    return [
        other
        for place, other in enumerate(steps)
        if place != number and _begins_with(other, step) and (place < number or not _begins_with(step, other))
    ]


def _begins_with(other: Step, step: Step) -> bool:
    """Whatever makes `step` begin makes `other` begin."""
    in_time = step.after_seconds is None or (
        other.after_seconds is not None and other.after_seconds <= step.after_seconds
    )
    by_length = step.at_length is None or (other.at_length is not None and other.at_length <= step.at_length)
    return in_time and by_length


def _leads_back(step: Step, pool: Pool, asks: bool, before: list[Step]) -> bool:
    """It sends them only to where they wait already, or asks for the message they have been asked for."""
    reached = set(pool.team_ids).union(*(one.team_ids for one in before))
    everybody = not pool.team_ids or any(one.everybody for one in before)
    asks = asks and not any(one.drop_needs for one in before)
    wider = (set(step.team_ids) - reached or step.everybody) and not everybody
    message = step.message and not any(one.message for one in before)
    return not (wider or (step.drop_needs and asks) or message)


def _shadow(before: list[Rule], rule: Rule, known: Known) -> Rule | None:
    """The rule above that takes everything this one could."""
    return next((one for one in before if one.active and _covers(one.when, rule.when, known)), None)


def _covers(wide: When, narrow: When, known: Known) -> bool:
    if wide.account_ids and not (narrow.account_ids and set(narrow.account_ids) <= set(wide.account_ids)):
        return False
    kinds = narrow.channels or [known.channels.get(account, "") for account in narrow.account_ids]
    return (
        _within(kinds, wide.channels, _same)
        and _within(narrow.languages, wide.languages, lambda want, have: same_language(have, want))
        and _within(narrow.countries, wide.countries, _same)
        and _within(narrow.tiers, wide.tiers, _same)
        and _within(narrow.sources, wide.sources, _same)
        and _within(narrow.pages, wide.pages, lambda want, have: have.lower() in want.lower())
        and _within(narrow.intents, wide.intents, _same)
        and _holds(narrow.segments, wide.segments)
        and all(narrow.attributes.get(name) == value for name, value in wide.attributes.items())
    )


def _holds(want: Sequence[UUID], have: Sequence[UUID]) -> bool:
    """As `_within`, of ids."""
    return not have or (bool(want) and set(want) <= set(have))


def _within(want: Sequence[str], have: Sequence[str], fits: Callable[[str, str], bool]) -> bool:
    """Whatever is one of `want` is one of `have`; an empty list is everything."""
    return not have or (bool(want) and all(any(fits(one, other) for other in have) for one in want))


def _same(want: str, have: str) -> bool:
    return want.lower() == have.lower()
