"""What waits, as it is shown: offers, positions, and why nobody has it yet."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.conversations.read import seen_head, standing
from kezhan.conversations.transfer import asked_in, asked_of
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.routing import store as base
from kezhan.routing.choose import Decision, choose
from kezhan.routing.policy import Policy
from kezhan.routing.queue import store
from kezhan.routing.queue.enter import places
from kezhan.routing.queue.settle import needs_of, seat_of, shortened, waiting_of
from kezhan.routing.rules import SERVING, Rules, policy_at, rules_of
from kezhan.routing.schemas import Offer, QueueLength, QueueLengths, Trace, TraceStep
from kezhan.workspaces.authenticate import Caller


async def offer_of(tx: Tx, conversation_id: UUID) -> Offer | None:
    """By the house, or by the colleague who serves it."""
    row = await store.wait(tx, conversation_id)
    if row is not None and row["offered_to"] is not None:
        (offered,) = await offers(tx, [row])
        return offered
    asked = await asked_in(tx, conversation_id)
    return (await _handed(tx, [asked]))[0] if asked is not None else None


async def _handed(tx: Tx, rows: Sequence[Row[Any]]) -> list[Offer]:
    heads = {head.id: head for head in await standing(tx, [row.id for row in rows], [])}
    return [
        Offer(
            head=heads[row.id],
            offered_at=wire(row.transfer_at),
            expires_at=wire(row.transfer_until),
            by=row.by_name,
            note=row.transfer_note,
        )
        for row in rows
    ]


async def offers(tx: Tx, rows: Sequence[ReadRow]) -> list[Offer]:
    heads = {head.id: head for head in await standing(tx, [row["conversation_id"] for row in rows], [])}
    return [
        Offer(
            head=heads[row["conversation_id"]],
            offered_at=wire(row["offered_at"]),
            expires_at=wire(row["expires_at"]),
        )
        for row in rows
    ]


async def my_offers(tx: Tx, caller: Caller) -> list[Offer]:
    asked = await offers(tx, await store.offered_to(tx, caller.membership_id))
    return [*asked, *await _handed(tx, await asked_of(tx, caller.membership_id))]


async def queue_lengths(tx: Tx) -> QueueLengths:
    """Of every queue in which somebody waits for a person; empty where the workspace has no reception."""
    rows = await store.lengths(tx, await store.all_queues(tx))
    return QueueLengths([QueueLength(queue_id=queue_id, waiting=count) for queue_id, count in rows.items()])


async def trace(tx: Tx, caller: Caller, conversation_id: UUID) -> Trace:
    """Raises NotFound for a conversation out of sight."""
    await seen_head(tx, caller, conversation_id)
    rules = await rules_of(tx)
    rows = await base.events_of(tx, conversation_id)
    versions = {row["version"] for row in rows if row["version"] is not None}
    policies = {version: await policy_at(tx, version) for version in versions}
    steps = [_step(row, policies) for row in rows]
    row = await store.wait(tx, conversation_id)
    skills = {str(skill["id"]): skill["name"] for skill in await base.skills(tx)}
    waiting = row is not None and rules is not None
    return Trace(
        conversation_id=conversation_id,
        steps=steps,
        state=row["state"] if row is not None else "none",
        place=await store.place(tx, conversation_id) if waiting else None,
        now=await _now(tx, rules, row) if row is not None and rules is not None else None,
        rule=rules.policy.rule(row["rule_id"]).name if row is not None and rules is not None else "",
        opens_at=wire_or_none(row["opens_at"]) if row is not None else None,
        skills=skills,
    )


async def _now(tx: Tx, rules: Rules, row: ReadRow) -> Decision:
    """What would be decided at this moment, every seat with its reason."""
    rule, waiting = rules.policy.rule(row["rule_id"]), waiting_of(row)
    queues = places(tx, rule, needs_of(row["needs"]), waiting.steps, waiting.team_id)
    seats = [seat_of(seat) for seat in await store.serving_seats(tx, queues, SERVING)]
    return shortened(choose(waiting, seats, rules.policy, now()))


def _step(row: ReadRow, policies: Mapping[int, Policy]) -> TraceStep:
    """Rules are named as they were called when it happened."""
    rule = policies[row["version"]].rule(row["rule_id"]) if row["version"] is not None else None
    return TraceStep(
        at=wire(row["at"]),
        kind=row["kind"],
        member=row["member"] or "",
        by=row["by"] or "",
        queue=row["queue"] or "",
        waited_ms=row["waited_ms"],
        rule=rule.name if rule is not None else "",
        version=row["version"],
        reason=row["reason"],
        decision=msgspec.convert(row["decision"], Decision) if row["decision"] else None,
    )
