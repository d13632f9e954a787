"""Asked, and what came of it: accepted, declined, or let pass until the time was over."""

from uuid import UUID

from kezhan.conversations import transfer
from kezhan.conversations.assign import give
from kezhan.conversations.number import hold
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.routing.queue import store
from kezhan.routing.queue.record import note
from kezhan.routing.queue.settle import OFFER_TIMER, lock_served, queue_of, settle
from kezhan.routing.rules import Rules, begin
from kezhan.routing.seats.state import go_away
from kezhan.routing.tell import offer_ended, queue_moved, seats_changed
from kezhan.workspaces.authenticate import Caller


async def accept(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """It is hers. Accepted already: nothing changes. Raises Refused 409 where it is no longer offered to
    her."""
    row = await hold(tx, conversation_id)
    if row.assignee_id == caller.membership_id:
        return
    if row.transfer_to == caller.membership_id:
        await transfer.accept(tx, caller, row)
        return
    rules, seat_id = await begin(tx), caller.membership_id
    if rules is None:
        raise Refused("routing.offer_over", 409)
    await lock_served(tx, [], conversation_id)
    waiting = await store.wait(tx, conversation_id)
    if waiting is None or waiting["offered_to"] != seat_id:
        raise Refused("routing.offer_over", 409)
    at = now()
    await store.lock_seats(tx, [seat_id])
    await store.confirm(tx, conversation_id, at)
    await store.answered(tx, seat_id)
    await store.drop_wait(tx, conversation_id)
    await cancel_timer(tx, OFFER_TIMER, conversation_id)
    await note(
        tx, waiting, "accepted", at, queue_of(tx, rules, waiting), seat=seat_id, by=seat_id, reason="offer"
    )
    await give(tx, row, seat_id, caller.name)
    await queue_moved(tx)
    await offer_ended(tx, conversation_id, seat_id, "accepted")


async def decline(tx: Tx, caller: Caller, conversation_id: UUID, reason: str = "") -> None:
    """Let somebody else have it; a colleague who has asked is told the `reason`. Over already: nothing
    changes."""
    row = await hold(tx, conversation_id)
    if row.transfer_to == caller.membership_id:
        await transfer.decline(tx, caller, row, reason.strip())
        return
    rules = await begin(tx)
    if rules is not None:
        await _pass(tx, rules, conversation_id, caller.membership_id, "declined")


async def on_offer_due(tx: Tx, conversation_id: UUID) -> None:
    """The time to accept is over: the next one is asked, and what was missed is kept."""
    await hold(tx, conversation_id)
    rules, waiting = await begin(tx), await store.wait(tx, conversation_id)
    if rules is None or waiting is None or waiting["offered_to"] is None:
        return
    if waiting["expires_at"] > now():
        await set_timer(tx, OFFER_TIMER, conversation_id, waiting["expires_at"])
        return
    await _pass(tx, rules, conversation_id, waiting["offered_to"], "missed")


async def _pass(tx: Tx, rules: Rules, conversation_id: UUID, seat_id: UUID, outcome: str) -> None:
    """The offer ends, if there is one. The one who passed is not asked again for this one; who lets one after
    the other pass is not there."""
    locked = await lock_served(tx, [seat_id], conversation_id)
    waiting = await store.wait(tx, conversation_id)
    if waiting is None or waiting["offered_to"] != seat_id:
        return
    at = now()
    (seat,) = await store.lock_seats(tx, [seat_id])
    await store.let_go(tx, conversation_id, at)
    await store.end_offer(tx, conversation_id, seat_id)
    await cancel_timer(tx, OFFER_TIMER, conversation_id)
    await note(tx, waiting, outcome, at, queue_of(tx, rules, waiting), seat=seat_id)
    await offer_ended(tx, conversation_id, seat_id, outcome)
    if outcome == "missed" and await store.missed(tx, seat_id) >= rules.missed_limit > 0:
        await go_away(tx, seat, "missed")
    await seats_changed(tx, [seat_id])
    await settle(tx, rules, locked)
