"""The free seats get what waits: the same few lines whatever has made room or brought work."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from kezhan.conversations.assign import free_to_give, give
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import set_timer
from kezhan.routing.choose import Decision, Load, Seat, Waiting, Why, choose
from kezhan.routing.events import ConversationOffered, QueueUnsettled
from kezhan.routing.policy import Need
from kezhan.routing.queue import store
from kezhan.routing.queue.record import note
from kezhan.routing.rules import SERVING, Rules
from kezhan.routing.tell import queue_moved, seats_changed

MOST = 100
"""Given in one transaction; the rest follows in the next."""
_FIRST_LOOK = 20
_KEPT = 30
OFFER_TIMER = "routing.offer"
Locked = dict[UUID, ReadRow]
"""Queues held by this transaction, with their limits."""
_PATIENCE_SECONDS = (0.005, 0.01, 0.02, 0.04)
"""Between the looks at a conversation that somebody is at work on: mostly a message is being stored, done in
a moment, and nobody should lose her turn by writing one. To wait for the row itself could be for ever: who
holds it may want this queue."""


async def settle(
    tx: Tx,
    rules: Rules,
    locked: Locked,
    *,
    seats: Sequence[UUID] | None = None,
    only: ReadRow | None = None,
    net: bool = False,
) -> int:
    """Give what waits in these queues to the seats that are free; how many were given. `seats`: no others
    have become free; `only`: nothing else has come to wait; `net`: what was passed over a moment ago is left
    to those who have been told."""
    if not rules.automatic:
        return 0
    queues = list(locked)
    found = await store.free_seats(tx, queues, SERVING, seats, only["load"] if only is not None else "")
    free = [seat_of(row) for row in found]
    given, looked, limit = 0, set[UUID](), _FIRST_LOOK
    skipped = False
    while free:
        one = only["conversation_id"] if only is not None else None
        load = _one_load(free)
        rows = await store.heads(tx, queues, [seat.id for seat in free], limit, one, net=net, load=load)
        for row in rows:
            if row["conversation_id"] in looked:
                continue
            looked.add(row["conversation_id"])
            outcome = await _one(tx, rules, row, free, locked)
            skipped = skipped or outcome is None
            given += bool(outcome)
            free = [seat for seat in free if seat.room("live") > 0 or seat.room("deferred") > 0]
            if not free or given >= MOST:
                break
        if given >= MOST or len(rows) < limit:
            break
        limit = limit * 8 if load == _one_load(free) else _FIRST_LOOK
    if given >= MOST:
        await store.skip_all(tx, queues, now())
    if skipped or given >= MOST:
        await emit(tx, QueueUnsettled(queue_ids=queues))
    return given


def _one_load(free: list[Seat]) -> str:
    """The only kind of work there is room for; empty where there is room for both."""
    loads: tuple[Load, ...] = ("live", "deferred")
    fitting = [load for load in loads if any(seat.room(load) > 0 for seat in free)]
    return fitting[0] if len(fitting) == 1 else ""


async def lock(tx: Tx, queues: Sequence[UUID]) -> Locked:
    """Hold these queues: nobody else gives from them, or changes what waits there, until this transaction
    ends."""
    return {row["id"]: row for row in await store.lock_queues(tx, queues)}


async def lock_served(
    tx: Tx, seats: Sequence[UUID], conversation_id: UUID | None = None, *, more: Sequence[UUID] = ()
) -> Locked:
    """Hold what these people serve, where the conversation waits, and `more`. Everybody's queue comes first:
    a team gets other people under it alone, so which teams are theirs, read behind it, stays so."""
    if seats:
        await lock(tx, [tx.workspace])
    return await lock(tx, [*await store.queues_of(tx, seats, conversation_id), *more])


async def _one(tx: Tx, rules: Rules, row: ReadRow, free: list[Seat], locked: Locked) -> bool | None:
    """Whether it was given to one of `free`; None where somebody is at work on it just now."""
    at, waiting = now(), waiting_of(row)
    decision = choose(waiting, free, rules.policy, at)
    if decision.seat_id is None or not await _within_limits(tx, rules, row, locked):
        return False
    talk = await _free_soon(tx, waiting.id)
    if talk is None:
        await store.skip(tx, waiting.id, at)
        return None
    seat = next(seat for seat in free if seat.id == decision.seat_id)
    decision = await _whole(tx, rules, waiting, decision, [*locked], at)
    await _hand_over(tx, rules, row, talk, seat, decision, at)
    seat.take(waiting.load, waiting.units)
    seat.last_turn = max(one.last_turn for one in free) + 1
    return True


async def _free_soon(tx: Tx, conversation_id: UUID) -> Any:
    """The conversation, locked to be given; None where somebody stays at work on it."""
    for seconds in _PATIENCE_SECONDS:
        talk = await free_to_give(tx, conversation_id)
        if talk is not None:
            return talk
        await asyncio.sleep(seconds)
    return await free_to_give(tx, conversation_id)


async def _within_limits(tx: Tx, rules: Rules, row: ReadRow, locked: Locked) -> bool:
    """Whether the team whose queue it is may serve one more at a time."""
    queue_id = queue_of(tx, rules, row)
    # Found by the queue of another team that may serve it, the limit is looked at without holding its own: to
    # ask for that lock here would be out of order.
    most = locked[queue_id]["max_open"] if queue_id in locked else await store.most_open(tx, queue_id)
    if most is None:
        return True
    return await store.held_in(tx, queue_id) < int(most)


def queue_of(tx: Tx, rules: Rules, row: ReadRow) -> UUID:
    """The queue a waiting conversation is counted in: its team's, the first of several; else everybody's."""
    team_id: UUID | None = row["team_id"]
    teams = rules.policy.rule(row["rule_id"]).pool.team_ids
    return team_id or (teams[0] if teams else tx.workspace)


async def _hand_over(
    tx: Tx, rules: Rules, row: ReadRow, talk: Any, seat: Seat, decision: Decision, at: datetime
) -> None:
    accept = rules.policy.rule(row["rule_id"]).accept_seconds
    await store.hold(
        tx,
        conversation_id=row["conversation_id"],
        membership_id=seat.id,
        queue_id=queue_of(tx, rules, row),
        units=row["units"],
        load=row["load"],
        offered=bool(accept),
        at=at,
    )
    if accept:
        await offer(tx, rules, row, seat.id, accept, decision, at)
    else:
        await store.drop_wait(tx, row["conversation_id"])
        await note(tx, row, "accepted", at, queue_of(tx, rules, row), seat=seat.id, reason="automatic",
                   decision=decision)  # fmt: skip
        await give(tx, talk, seat.id, seat.name)
    await seats_changed(tx, [seat.id])
    await queue_moved(tx)


async def offer(
    tx: Tx, rules: Rules, row: ReadRow, seat_id: UUID, seconds: int, decision: Decision | None, at: datetime
) -> None:
    """Ask the seat, which must hold it already, to accept within `seconds`."""
    due = await store.start_offer(tx, row["conversation_id"], seat_id, seconds, at)
    await set_timer(tx, OFFER_TIMER, row["conversation_id"], due)
    await note(tx, row, "offered", at, queue_of(tx, rules, row), seat=seat_id, decision=decision)
    await emit(tx, ConversationOffered(conversation_id=row["conversation_id"], membership_id=seat_id))


async def _whole(
    tx: Tx, rules: Rules, waiting: Waiting, decision: Decision, queues: Sequence[UUID], at: datetime
) -> Decision:
    """The decision with those seats too that were not free, as far as a reader can follow."""
    looked = {one.seat_id for one in decision.considered}
    others = [
        seat_of(row)
        for row in await store.serving_seats(tx, queues, SERVING)
        if row["membership_id"] not in looked
    ]
    rest = choose(waiting, others, rules.policy, at).considered
    return shortened(msgspec.structs.replace(decision, considered=[*decision.considered, *rest]))


def shortened(decision: Decision) -> Decision:
    """As it is kept: of two hundred seats the nearest thirty, and of the others how many for which reason."""
    kept, counted = decision.considered[:_KEPT], dict[str, int]()
    for one in decision.considered[_KEPT:]:
        why = str(one.why or Why.BEHIND)
        counted[why] = counted.get(why, 0) + 1
    return msgspec.structs.replace(decision, considered=kept, others=counted)


def seat_of(row: ReadRow) -> Seat:
    return Seat(
        id=row["membership_id"],
        name=row["name"],
        state=row["state"],
        on_break=row["reason_id"] is not None,
        reason=row["reason"] or "",
        on_duty=row["on_duty"],
        lost=row["lost_at"] is not None,
        team_ids=frozenset(row["team_ids"]),
        skills=dict(zip(row["skill_ids"], row["levels"], strict=True)),
        live=(row["live_used"], row["live_units"]),
        deferred=(row["deferred_used"], row["deferred_units"]),
        last_turn=row["last_turn"],
        idle_since=row["idle_since"],
    )


def pairs_of(needs: Sequence[Need]) -> list[tuple[UUID, int]]:
    """As `waits.needs` keeps them."""
    return [(need.skill_id, need.level) for need in needs]


def needs_of(pairs: list[tuple[str, int]]) -> tuple[Need, ...]:
    """`waits.needs`, as [skill, level]."""
    return tuple(Need(UUID(skill), level) for skill, level in pairs)


def waiting_of(row: ReadRow) -> Waiting:
    known = msgspec.convert(row["facts"], _Known)
    return Waiting(
        id=row["conversation_id"],
        rule_id=row["rule_id"],
        needs=needs_of(row["needs"]),
        steps=frozenset(row["steps"]),
        units=row["units"],
        load=row["load"],
        owner_id=known.owner_id,
        last_agent_id=known.last_agent_id,
        declined=frozenset(row["declined"]),
        team_id=row["team_id"],
    )


class _Known(msgspec.Struct):
    owner_id: UUID | None = None
    last_agent_id: UUID | None = None
