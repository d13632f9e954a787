"""Out of the queue, and from one hand into another: what follows from a conversation's own changes."""

from datetime import datetime, timedelta
from uuid import UUID

from kezhan.conversations.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationOpened,
    ConversationParked,
    ConversationReopened,
)
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.routing import store as base
from kezhan.routing.queue import store
from kezhan.routing.queue.enter import OPEN_TIMER, STEP_TIMER, enter
from kezhan.routing.queue.record import note
from kezhan.routing.queue.settle import OFFER_TIMER, lock_served, queue_of, seat_of, settle
from kezhan.routing.rules import Rules, begin
from kezhan.routing.seats.store import ensure_seat
from kezhan.routing.tell import offer_ended, queue_moved, seats_changed

ANSWER_TIMER = "routing.answer"
LEFT_TIMER = "routing.left"


async def on_opened(tx: Tx, event: ConversationOpened) -> None:
    """In the transaction that opens it: a new conversation comes to wait, or to somebody at once."""
    rules = await begin(tx)
    if rules is not None:
        await enter(tx, rules, event.conversation_id)


async def on_assigned(tx: Tx, event: ConversationAssigned) -> None:
    """Somebody has given it to somebody, or back; the house's own choice is written where it is made."""
    if event.by is None:
        return
    rules = await begin(tx)
    if rules is None:
        return
    if event.assignee_id is not None:
        kind = "transferred" if event.accepted else None
        await move(
            tx, rules, event.conversation_id, event.assignee_id, by=event.by, kind=kind,
            instead_of=event.instead_of,
        )  # fmt: skip
        return
    held = await store.holding(tx, event.conversation_id)
    if held is not None and held["offered"]:
        row = await _row(tx, event.conversation_id)
        await _withdraw(tx, row, held, None, queue_of(tx, rules, row), now())
    await enter(
        tx,
        rules,
        event.conversation_id,
        team_id=event.team_id,
        passed=[event.before] if event.before else [],
        held=held,
        reason="sent_to_team" if event.team_id else "released",
    )


async def on_reopened(tx: Tx, event: ConversationReopened) -> None:
    rules = await begin(tx)
    if rules is not None:
        await move(tx, rules, event.conversation_id, event.by, by=event.by, kind="reopened")


async def on_closed(tx: Tx, event: ConversationClosed) -> None:
    """Its seat is free again, and gets the next."""
    rules = await begin(tx)
    if rules is not None:
        await end(tx, rules, event.conversation_id, by=event.by)


async def on_parked(tx: Tx, event: ConversationParked) -> None:
    """What is parked takes no room, so something else may come; woken it takes its room again, be it full: it
    is hers."""
    rules, held = await begin(tx), await store.holding(tx, event.conversation_id)
    if rules is None or held is None:
        return
    seat_id = held["membership_id"]
    locked = await lock_served(tx, [seat_id])
    await store.lock_seats(tx, [seat_id])
    await store.set_aside(tx, event.conversation_id, now(), parked=event.parked)
    row = await base.talk(tx, event.conversation_id)
    if row is not None:
        kind = "parked" if event.parked else "resumed"
        await note(tx, row, kind, now(), held["queue_id"], seat=seat_id, by=event.by)
    await seats_changed(tx, [seat_id])
    if event.parked:
        await settle(tx, rules, locked, seats=[seat_id])


async def move(
    tx: Tx,
    rules: Rules,
    conversation_id: UUID,
    to: UUID,
    *,
    by: UUID,
    kind: str | None = None,
    reason: str = "",
    instead_of: UUID | None = None,
) -> None:
    """It is in the hands of `to` from now on, in the place of `instead_of`, which ends next. Raises
    Refused `routing.seat_full` where the workspace keeps to the seats' room even by hand."""
    at, held = now(), await store.holding(tx, conversation_id)
    freed = [held["membership_id"]] if held else []
    await ensure_seat(tx, to, at)
    locked = await lock_served(tx, freed, conversation_id)
    row = await _row(tx, conversation_id)
    waited = "queued_at" in row
    queue_id = queue_of(tx, rules, row) if waited else (held["queue_id"] if held else None)
    units, load = (held["units"], held["load"]) if held else (row["units"], row["load"])
    await store.lock_seats(tx, [to, *freed])
    if held is not None:
        await _withdraw(tx, row, held, to, queue_id, at)
        await store.let_go(tx, conversation_id, at)
    (seat,) = await store.seats(tx, [to])
    if not rules.take_over and seat_of(seat).room(load) + await _frees(tx, instead_of, to, load) < units:
        raise Refused("routing.seat_full", 409, name=seat["name"])
    from_whom = held["membership_id"] if held and not held["offered"] else None
    back = from_whom if by == from_whom != to and kind is None else None
    await store.hold(
        tx, conversation_id=conversation_id, membership_id=to, queue_id=queue_id, units=units, load=load,
        offered=False, at=at, return_to=back,
    )  # fmt: skip
    await _left(tx, conversation_id, waited=waited)
    kind = kind or ("transferred" if from_whom else "accepted")
    reason = reason or ("taken" if by == to else "given")
    await note(tx, row, kind, at, queue_id, seat=to, by=by, reason=reason)
    if back is not None and rules.answer_seconds:
        await set_timer(tx, ANSWER_TIMER, conversation_id, at + timedelta(seconds=rules.answer_seconds))
    await seats_changed(tx, [to, *freed])
    await settle(tx, rules, locked, seats=[one for one in freed if one != to])


async def end(tx: Tx, rules: Rules, conversation_id: UUID, *, by: UUID | None) -> None:
    """Its seat, and its place among those its team may serve at a time, are free again."""
    at, held = now(), await store.holding(tx, conversation_id)
    seats = [held["membership_id"]] if held else []
    came_by = held["queue_id"] if held else None
    locked = await lock_served(tx, seats, conversation_id, more=[] if came_by is None else [came_by])
    row = await _row(tx, conversation_id)
    waited = "queued_at" in row
    queue_id = queue_of(tx, rules, row) if waited else came_by
    if held is not None:
        await store.lock_seats(tx, seats)
        await _withdraw(tx, row, held, None, queue_id, at)
        await store.let_go(tx, conversation_id, at)
    await _left(tx, conversation_id, waited=waited)
    seat = held["membership_id"] if held else None
    await note(tx, row, "left" if waited else "closed", at, queue_id, seat=seat, by=by)
    await seats_changed(tx, seats)
    limited = came_by is not None and locked[came_by]["max_open"] is not None
    await settle(tx, rules, locked, seats=None if limited else seats)


async def _frees(tx: Tx, conversation_id: UUID | None, seat_id: UUID, load: str) -> int:
    """The room of this kind that she has once the conversation is over."""
    held = await store.holding(tx, conversation_id) if conversation_id else None
    hers = held is not None and (held["membership_id"], held["load"]) == (seat_id, load)
    return held["units"] if held is not None and hers and not held["parked"] else 0


async def _row(tx: Tx, conversation_id: UUID) -> ReadRow:
    """The conversation as it waits, or where it does not, what is known of it."""
    row = await store.wait(tx, conversation_id) or await base.talk(tx, conversation_id)
    if row is None:
        raise NotFound("conversations.not_found")
    return row


async def _withdraw(
    tx: Tx, row: ReadRow, held: ReadRow, to: UUID | None, queue_id: UUID | None, at: datetime
) -> None:
    """An offer under way ends: somebody was quicker, or she has taken it herself."""
    if not held["offered"]:
        return
    seat_id = held["membership_id"]
    outcome = "accepted" if seat_id == to else "withdrawn"
    if seat_id == to:
        await store.answered(tx, seat_id)
    else:
        await note(tx, row, outcome, at, queue_id, seat=seat_id)
    await offer_ended(tx, row["conversation_id"], seat_id, outcome)


async def _left(tx: Tx, conversation_id: UUID, *, waited: bool) -> None:
    if not waited:
        return
    await store.drop_wait(tx, conversation_id)
    for kind in (STEP_TIMER, OPEN_TIMER, OFFER_TIMER, LEFT_TIMER):
        await cancel_timer(tx, kind, conversation_id)
    await queue_moved(tx)
