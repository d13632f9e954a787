"""Conversations that were open before the workspace had a reception."""

from uuid import UUID

from kezhan.conversations.number import hold
from kezhan.conversations.schemas import State
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.timers import set_timer
from kezhan.routing import store as base
from kezhan.routing.queue import store
from kezhan.routing.queue.enter import enter
from kezhan.routing.queue.settle import lock
from kezhan.routing.rules import Rules
from kezhan.routing.seats.store import ensure_seat

ADOPT_TIMER = "routing.adopt"


async def adopt_all(tx: Tx) -> None:
    """Each of them soon, in a transaction of its own."""
    at = now()
    for conversation_id in await base.unknown_open(tx):
        await set_timer(tx, ADOPT_TIMER, conversation_id, at)


async def adopt(tx: Tx, rules: Rules, conversation_id: UUID) -> None:
    """What waits comes into its queue, what is served takes its room. Known already: nothing changes."""
    row = await hold(tx, conversation_id)
    if await store.wait(tx, conversation_id) or await store.holding(tx, conversation_id):
        return
    if row.state == State.QUEUED:
        await enter(tx, rules, conversation_id, team_id=row.team_id, reason="adopted")
    elif row.state == State.ASSIGNED:
        talk, at = await base.talk(tx, conversation_id), now()
        if talk is None:
            return
        await ensure_seat(tx, row.assignee_id, at)
        await lock(tx, await store.queues_of(tx, [row.assignee_id]))
        await store.lock_seats(tx, [row.assignee_id])
        await store.hold(
            tx,
            conversation_id=conversation_id,
            membership_id=row.assignee_id,
            queue_id=row.team_id or tx.workspace,
            units=talk["units"],
            load=talk["load"],
            offered=False,
            at=at,
        )
        if row.parked_at is not None:
            await store.set_aside(tx, conversation_id, at, parked=True)
