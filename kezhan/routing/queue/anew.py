"""Other rules, other skills, a team that is no more: those who wait are placed by what holds now, as long as
they have waited."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import structs

from kezhan.conversations.assign import place_free
from kezhan.hours.schemas import Opening
from kezhan.hours.service import openings_for
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import Timer, set_timers
from kezhan.routing.policy import Facts, Policy, Rule, reach, rule_for, steps_due
from kezhan.routing.queue import store
from kezhan.routing.queue.enter import as_values, coded_skills, only_team, own_needs, places, timers_of
from kezhan.routing.queue.settle import lock, pairs_of, settle
from kezhan.routing.rules import Rules
from kezhan.routing.tell import queue_moved
from kezhan.segments.service import holding


async def place_everybody(tx: Tx, rules: Rules, *, without: UUID | None = None) -> None:
    """Place everybody who waits by these rules, which are held alone, and give what can be given. `without`:
    a team that is no more, whose own queue goes by the rules too."""
    locked = await lock(tx, [tx.workspace, *named_teams(rules.policy), *await store.all_queues(tx)])
    rows = [row for row in await store.waits(tx) if _concerned(row, without)]
    if rows:
        await _place_all(tx, rules, rows)
        await queue_moved(tx)
    await settle(tx, rules, locked)


def named_teams(policy: Policy) -> list[UUID]:
    """Every team a rule sends somebody to, now or by overflow."""
    teams = [team for rule in policy.rules for team in rule.pool.team_ids]
    return [*teams, *(team for rule in policy.rules for step in rule.overflow for team in step.team_ids)]


def _concerned(row: ReadRow, without: UUID | None) -> bool:
    """Who was given to a team by somebody's hand stays there as long as there is the team."""
    return row["team_id"] is None or row["team_id"] == without


async def _known_now(tx: Tx, policy: Policy, rows: Sequence[ReadRow]) -> list[Facts]:
    """What was known when each came, and in which segments she is by now, as far as that can be found out."""
    known = [msgspec.convert(row["facts"], Facts) for row in rows]
    held = await holding(tx, policy.segments(), [row["contact_id"] for row in rows])
    if held is None:
        return known
    return [
        structs.replace(facts, segments=sorted(held.get(row["contact_id"], ())))
        for row, facts in zip(rows, known, strict=True)
    ]


async def _place_all(tx: Tx, rules: Rules, rows: Sequence[ReadRow]) -> None:
    at = now()
    known = await _known_now(tx, rules.policy, rows)
    chosen = [rule_for(rules.policy, facts) for facts in known]
    doors = [
        (row["account_id"], next(iter(rule.pool.team_ids), None))
        for row, rule in zip(rows, chosen, strict=True)
    ]
    openings = await openings_for(tx, set(doors), at)
    coded = await coded_skills(tx, chosen)
    puts: list[store.Put] = []
    timers: list[Timer] = []
    for row, facts, rule, door in zip(rows, known, chosen, doors, strict=True):
        needs = (*rule.pool.needs, *own_needs(coded, rule, facts))
        steps = steps_due(rule, frozenset(), (at - row["queued_at"]).total_seconds(), 0)
        values = _values(row, rules, rule, openings[door])
        within = reach(rule, needs, steps)
        values["steps"] = sorted(steps)
        values["message"] = values["message"] or within.message
        values["needs"] = pairs_of(within.needs)
        values["rank_at"] = row["queued_at"] - timedelta(seconds=rule.head_start)
        puts.append(store.Put(values, places(tx, rule, needs, steps, None)))
        timers += timers_of(rule, values)
    await store.put_waits(tx, puts)
    await set_timers(tx, timers)
    # Held by somebody just now: who may see it goes by the rule before, until something else places it.
    await place_free(tx, {wait["conversation_id"]: only_team(queues, tx.workspace) for wait, queues in puts})


def _values(row: ReadRow, rules: Rules, rule: Rule, opening: Opening) -> dict[str, Any]:
    """As it waits from now on. Who has been asked for a message, or has gone, is not called back by a rule;
    who is being asked to take it is asked to the end."""
    values = as_values(row) | {
        "team_id": None,
        "rule_id": rule.id,
        "version": rules.version,
        "priority": rule.priority,
    }
    if row["state"] == "offered":
        return values
    values["state"] = "waiting" if opening.open else "closed"
    values["opens_at"] = opening.changes_at if not opening.open else None
    values["message"] = row["message"] or not opening.open
    return values
