"""A conversation comes back: a transfer that nobody answers, a person who serves no more, a customer who has
left the queue."""

from datetime import timedelta
from uuid import UUID

from kezhan.conversations.assign import give, take_back
from kezhan.conversations.events import ConversationResumed
from kezhan.conversations.number import hold
from kezhan.conversations.schemas import State
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.routing import store as base
from kezhan.routing.choose import Load
from kezhan.routing.queue import store
from kezhan.routing.queue.enter import as_values, enter
from kezhan.routing.queue.leave import move
from kezhan.routing.queue.record import note
from kezhan.routing.queue.settle import lock, queue_of, seat_of
from kezhan.routing.rules import SERVING, begin
from kezhan.routing.seats import store as seats
from kezhan.routing.tell import queue_moved

RETURN_TIMER = "routing.return"
LEFT = "left"


async def on_unanswered(tx: Tx, conversation_id: UUID) -> None:
    """The receiver of a transfer has had her time. Silent still: it goes back to the one who made it, where
    she is there and has room; else it waits for anybody."""
    row = await hold(tx, conversation_id)
    rules, held = await begin(tx), await store.holding(tx, conversation_id)
    if rules is None or row.state != State.ASSIGNED or held is None or held["return_to"] is None:
        return
    seat_id, back = held["membership_id"], held["return_to"]
    if await store.spoken_since(tx, conversation_id, seat_id, held["since"]):
        return
    giver = await _there(tx, back, held["load"], held["units"])
    if giver is not None:
        await move(tx, rules, conversation_id, back, by=seat_id, kind="returned")
        await give(tx, row, back, giver["name"])
        return
    await take_back(tx, row)
    await enter(tx, rules, conversation_id, passed=[seat_id], held=held, reason="unanswered")


async def _there(tx: Tx, seat_id: UUID, load: Load, units: int) -> ReadRow | None:
    """Her seat, where she is there and has room for this."""
    seat = next(iter(await store.seats(tx, [seat_id])), None)
    if seat is None or seat["state"] != "online" or seat["lost_at"] is not None:
        return None
    return seat if seat_of(seat).room(load) >= units else None


async def on_resumed(tx: Tx, event: ConversationResumed) -> None:
    """A customer has come back into what had ended: to the one who had it, where she is there and has room;
    else she waits for anybody."""
    rules = await begin(tx)
    if rules is None:
        return
    talk = await base.talk(tx, event.conversation_id) if event.before else None
    if talk is not None and event.before is not None and rules.automatic:
        seat = await _there(tx, event.before, talk["load"], talk["units"])
        if seat is not None and await seats.serves(tx, event.before, SERVING):
            await move(tx, rules, event.conversation_id, event.before, by=event.before, kind="reopened")
            await give(tx, await hold(tx, event.conversation_id), event.before, seat["name"])
            return
    await enter(tx, rules, event.conversation_id, reason="resumed")


async def on_return(tx: Tx, conversation_id: UUID) -> None:
    """The person who had it serves no more: it waits for somebody else, unless it was given on meanwhile."""
    row = await hold(tx, conversation_id)
    rules, held = await begin(tx), await store.holding(tx, conversation_id)
    if rules is None or held is None or row.state != State.ASSIGNED:
        return
    if await seats.serves(tx, held["membership_id"], SERVING):
        return
    await take_back(tx, row)
    await enter(tx, rules, conversation_id, held=held, reason="seat_gone")


async def leave_queue(tx: Tx, conversation_id: UUID, *, reason: str) -> None:
    """The customer waits no longer: what she has said stays, as a message behind those who are here. Twice
    changes nothing."""
    await _turn(tx, conversation_id, message=True, reason=reason)


async def come_back(tx: Tx, conversation_id: UUID) -> None:
    """She is here again, in the place she had."""
    await _turn(tx, conversation_id, message=False, reason="")


async def _turn(tx: Tx, conversation_id: UUID, *, message: bool, reason: str) -> None:
    await hold(tx, conversation_id)
    rules = await begin(tx)
    if rules is None:
        return
    queues = await store.queues_of(tx, [], conversation_id)
    await lock(tx, queues)
    row = await store.wait(tx, conversation_id)
    if row is None or row["state"] == "closed" or row["message"] == message:
        return
    await store.put_wait(tx, {**as_values(row), "message": message}, queues)
    kind, at = "abandoned" if message else "enqueued", now()
    # Who is gone without a word has waited until her line was lost, not until that was believed.
    until = at - timedelta(seconds=rules.left_seconds) if reason == LEFT else at
    await note(tx, row, kind, at, queue_of(tx, rules, row), reason=reason or "returned", until=until)
    await queue_moved(tx)
