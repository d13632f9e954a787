"""Into the queue: which rule, which place, and at once to somebody where somebody is free."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from kezhan.conversations.assign import place
from kezhan.hours.schemas import Opening
from kezhan.hours.service import opening_for
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import Timer, set_timer, set_timers
from kezhan.routing import store as base
from kezhan.routing.policy import Facts, Need, Rule, next_step, reach, rule_for, same_language, steps_due
from kezhan.routing.queue import store
from kezhan.routing.queue.record import note
from kezhan.routing.queue.settle import Locked, lock, lock_served, needs_of, pairs_of, queue_of, settle
from kezhan.routing.rules import SERVING, Rules
from kezhan.routing.tell import queue_moved
from kezhan.segments.service import holding
from kezhan.visits.country import country_of

STEP_TIMER = "routing.step"
OPEN_TIMER = "routing.opens"
_ATTRIBUTE = 200


async def enter(
    tx: Tx,
    rules: Rules,
    conversation_id: UUID,
    *,
    team_id: UUID | None = None,
    passed: Sequence[UUID] = (),
    held: ReadRow | None = None,
    reason: str = "",
) -> None:
    """Let a conversation wait by the rule that fits it, or in the queue of `team_id`. `passed` are not asked;
    `held`: the holding it has had until now, whose seat gets something else."""
    found = await base.facts(tx, conversation_id)
    if found is None:
        return
    held_by = await holding(tx, rules.policy.segments(), [found["contact_id"]]) or {}
    at, facts = now(), facts_of(found, held_by.get(found["contact_id"], ()))
    rule = rule_for(rules.policy, facts)
    needs = () if team_id else (*rule.pool.needs, *own_needs(await coded_skills(tx, [rule]), rule, facts))
    opening = await opening_for(tx, found["account_id"], team_id or next(iter(rule.pool.team_ids), None), at)
    wait = _wait(rules, found, facts, rule, needs, team_id, at, opening) | {"declined": list(passed)}
    queues = places(tx, rule, needs, frozenset(), team_id)
    beyond = set() if team_id else _places_when_crowded(tx, rule, needs)
    locked = await _lock_with_freed(tx, queues, held, beyond)
    wait, queues = await _crowded(tx, rule, needs, wait, queues, locked)
    await store.put_wait(tx, wait, queues)
    await _place(tx, found, team_id or only_team(queues, tx.workspace))
    row = await _waiting(tx, conversation_id)
    how = "closed" if row["state"] == "closed" else "full" if row["message"] else ""
    await note(tx, row, "enqueued", at, queue_of(tx, rules, row), reason=reason or how, opening=opening)
    await set_timers(tx, timers_of(rule, row))
    await queue_moved(tx)
    if held is not None:
        await store.lock_seats(tx, [held["membership_id"]])
        await store.let_go(tx, conversation_id, at)
    if held is None:
        await settle(tx, rules, {one: locked[one] for one in queues}, only=row)
    else:
        await settle(tx, rules, locked)


def _places_when_crowded(tx: Tx, rule: Rule, needs: tuple[Need, ...]) -> set[UUID]:
    """The further queues in which it may come to wait where many do. How many do is known only behind their
    locks, and whoever asked for more of them by then would wait for somebody who waits here."""
    crowded = [number for number, step in enumerate(rule.overflow) if step.at_length is not None]
    return {one for number in crowded for one in places(tx, rule, needs, frozenset({number}), None)}


async def _lock_with_freed(
    tx: Tx, queues: Sequence[UUID], held: ReadRow | None, beyond: Collection[UUID]
) -> Locked:
    """In one step, with those that its seat serves, the one it was counted in, and those `beyond`."""
    if held is None:
        return await lock(tx, [*queues, *beyond])
    counted = [] if held["queue_id"] is None else [held["queue_id"]]
    return await lock_served(tx, [held["membership_id"]], more=[*queues, *counted, *beyond])


def facts_of(found: ReadRow, segments: Iterable[UUID]) -> Facts:
    """What is known of her; `segments`: those that she is in, of those that a rule names."""
    values = (found["attributes"] or {}).get("values", {})
    return Facts(
        account_id=found["account_id"],
        channel=found["channel"],
        language=found["language"],
        country=country_of(found["time_zone"]),
        tier=found["tier"],
        source=found["source"],
        page=found["page"],
        attributes={name: str(value)[:_ATTRIBUTE] for name, value in values.items() if value is not None},
        segments=sorted(segments),
        owner_id=found["owner_id"],
        last_agent_id=found["last_agent_id"],
    )


async def coded_skills(tx: Tx, rules: Sequence[Rule]) -> list[ReadRow]:
    """The languages and regions that somebody has, where one of the rules minds them."""
    minded = any(rule.pool.by_language or rule.pool.by_region for rule in rules)
    return await base.skills_by_code(tx, SERVING) if minded else []


def own_needs(coded: Sequence[ReadRow], rule: Rule, facts: Facts) -> list[Need]:
    """What her language and region ask for, where the rule minds them: of several languages that take hers in
    the one that says most."""
    needs = []
    if rule.pool.by_language:
        spoken = [row for row in coded if row["kind"] == "language" and row["code"]]
        fitting = [row for row in spoken if same_language(row["code"], facts.language)]
        needs += [Need(row["id"]) for row in sorted(fitting, key=lambda row: -len(row["code"]))[:1]]
    if rule.pool.by_region and facts.country:
        regions = (row for row in coded if row["kind"] == "region")
        needs += [Need(row["id"]) for row in regions if row["code"].upper() == facts.country]
    return needs


def places(
    tx: Tx, rule: Rule, needs: tuple[Need, ...], steps: frozenset[int], team_id: UUID | None
) -> list[UUID]:
    """The queues in which such a conversation waits."""
    within = reach(rule, needs, steps)
    return [team_id] if team_id else [*within.team_ids] or [tx.workspace]


def _wait(
    rules: Rules,
    found: ReadRow,
    facts: Facts,
    rule: Rule,
    needs: tuple[Need, ...],
    team_id: UUID | None,
    at: datetime,
    opening: Opening,
) -> dict[str, Any]:
    return {
        "conversation_id": found["id"],
        "state": "waiting" if opening.open else "closed",
        "account_id": found["account_id"],
        "identity_id": found["identity_id"],
        "facts": facts,
        "team_id": team_id,
        "rule_id": rule.id,
        "version": rules.version,
        "needs": pairs_of(needs),
        "steps": [],
        "message": not opening.open,
        "priority": rule.priority,
        "rank_at": at - timedelta(seconds=rule.head_start),
        "queued_at": at,
        "units": found["units"],
        "load": found["load"],
        "opens_at": opening.changes_at if not opening.open else None,
        "offered_to": None,
        "offered_at": None,
        "expires_at": None,
    }


async def _crowded(
    tx: Tx, rule: Rule, needs: tuple[Need, ...], wait: dict[str, Any], queues: list[UUID], locked: Locked
) -> tuple[dict[str, Any], list[UUID]]:
    """The same where the queue is not too long; else by the rule's steps, or asked to leave a message."""
    limits = [locked[one]["max_waiting"] for one in queues if one in locked]
    limited = bool(limits) and all(most is not None for most in limits)
    if not limited and all(step.at_length is None for step in rule.overflow):
        return wait, queues
    lengths = await store.lengths(tx, queues)
    length = min(lengths.get(one, 0) for one in queues)
    steps = steps_due(rule, frozenset(), 0, length) if wait["team_id"] is None else frozenset()
    full = limited and all(
        lengths.get(one, 0) >= locked[one]["max_waiting"] for one in queues if one in locked
    )
    message = wait["message"] or full or reach(rule, needs, steps).message
    wait = wait | {"steps": sorted(steps), "message": message}
    return wait, places(tx, rule, needs, steps, wait["team_id"])


async def _place(tx: Tx, found: ReadRow, team_id: UUID | None) -> None:
    if found["team_id"] != team_id:
        await place(tx, found["id"], team_id)


def only_team(queues: Sequence[UUID], everybody: UUID) -> UUID | None:
    return queues[0] if len(queues) == 1 and queues[0] != everybody else None


async def _waiting(tx: Tx, conversation_id: UUID) -> ReadRow:
    row = await store.wait(tx, conversation_id)
    if row is None:
        raise RuntimeError("what has just come to wait does not")
    return row


def timers_of(rule: Rule, row: ReadRow | Mapping[str, Any]) -> list[Timer]:
    """For the next step of the rule, and for the doors to open; `row`: as it waits."""
    timers = []
    seconds = next_step(rule, frozenset(row["steps"])) if row["team_id"] is None else None
    if seconds is not None:
        due_at = row["queued_at"] + timedelta(seconds=seconds)
        timers.append(Timer(STEP_TIMER, row["conversation_id"], due_at))
    if row["opens_at"] is not None:
        timers.append(Timer(OPEN_TIMER, row["conversation_id"], row["opens_at"]))
    return timers


async def on_step(tx: Tx, rules: Rules, conversation_id: UUID) -> None:
    """A waiting time has passed at which the rule lets more people serve, or asks for a message. The
    conversation is held, here as in `on_opens`."""
    row = await store.wait(tx, conversation_id)
    if row is None or row["team_id"] is not None:
        return
    rule, before = rules.policy.rule(row["rule_id"]), frozenset(row["steps"])
    needs = needs_of(row["needs"])
    waited = (now() - row["queued_at"]).total_seconds()
    steps = steps_due(rule, before, waited, 0)
    if steps == before:
        await set_timers(tx, timers_of(rule, row))
        return
    within, queues = reach(rule, needs, steps), places(tx, rule, needs, steps, None)
    locked = await lock(tx, [*queues, *await store.queues_of(tx, [], conversation_id)])
    wanted = {
        **as_values(row),
        "steps": sorted(steps),
        "message": row["message"] or within.message,
        "needs": pairs_of(within.needs),
    }
    kind = "message" if within.message and not row["message"] else "overflowed"
    await store.put_wait(tx, wanted, queues)
    await place(tx, conversation_id, only_team(queues, tx.workspace))
    row = await _waiting(tx, conversation_id)
    await note(tx, row, kind, now(), queue_of(tx, rules, row))
    await set_timers(tx, timers_of(rule, row))
    await queue_moved(tx)
    await settle(tx, rules, locked, only=row)


async def on_opens(tx: Tx, rules: Rules, conversation_id: UUID) -> None:
    """The doors open: what came while they were closed may be given."""
    row = await store.wait(tx, conversation_id)
    if row is None or row["state"] != "closed":
        return
    team_id = row["team_id"] or next(iter(rules.policy.rule(row["rule_id"]).pool.team_ids), None)
    opening = await opening_for(tx, row["account_id"], team_id, now())
    queues = await store.queues_of(tx, [], conversation_id)
    locked = await lock(tx, queues)
    values = as_values(row)
    if not opening.open:
        await store.put_wait(tx, {**values, "opens_at": opening.changes_at}, queues)
        if opening.changes_at is not None:
            await set_timer(tx, OPEN_TIMER, conversation_id, opening.changes_at)
        return
    await store.put_wait(tx, {**values, "state": "waiting", "opens_at": None}, queues)
    await queue_moved(tx)
    await settle(tx, rules, locked, only=row)


_KEPT = (
    "conversation_id", "state", "account_id", "identity_id", "facts", "team_id", "rule_id", "version",
    "needs", "steps", "message", "priority", "rank_at", "queued_at", "units", "load", "declined", "opens_at",
    "offered_to", "offered_at", "expires_at",
)  # fmt: skip


def as_values(row: ReadRow) -> dict[str, Any]:
    """What `put_wait` takes, as it is."""
    return {name: row[name] for name in _KEPT}
