"""A seat's state: chosen by its person, or by what happens to her line, her shift, her offers."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID

from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.reading import ReadRow
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.routing import store as settings
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.settle import Locked, lock_served, settle
from kezhan.routing.rules import Rules, begin, begin_rules
from kezhan.routing.seats import store
from kezhan.routing.tell import seats_changed

LOST_TIMER = "routing.lost"
OFFLINE_AFTER = timedelta(minutes=10)
"""A seat whose line is gone for so long is not away but empty."""
STATES = frozenset({"online", "busy", "away", "offline"})


async def set_state(
    tx: Tx,
    membership_id: UUID,
    state: str,
    reason_id: UUID | None = None,
    *,
    by: UUID | None = None,
    auto: str = "",
) -> None:
    """Online, busy, away (with the workspace's own reason of a break, if one is given) or offline. Whoever
    comes online gets what waits. The same again changes nothing. Raises NotFound for no such reason, Refused
    422."""
    rules = await begin_rules(tx)
    if state not in STATES or (reason_id is not None and state != "away"):
        raise Refused("routing.bad_state", 422, field="state")
    if reason_id is not None and reason_id not in {row["id"] for row in await settings.break_reasons(tx)}:
        raise NotFound("routing.no_such_reason")
    await store.ensure_seat(tx, membership_id, now())
    locked = await lock_served(tx, [membership_id])
    (seat,) = await queue.lock_seats(tx, [membership_id])
    if (seat["state"], seat["reason_id"], seat["auto"]) == (state, reason_id, auto):
        return
    await _write(tx, seat, state, auto, reason_id, by)
    if state == "online":
        await _ask_again(tx, rules, locked, membership_id)


async def go_away(tx: Tx, seat: ReadRow, auto: str) -> None:
    """The house finds that nobody is at this seat, which is locked."""
    if seat["state"] in {"online", "busy"}:
        await _write(tx, seat, "away", auto)


async def _ask_again(tx: Tx, rules: Rules, locked: Locked, membership_id: UUID) -> None:
    """Whoever is there again gets what waits, and that too which she has let pass before."""
    await queue.forgive(tx, membership_id)
    await settle(tx, rules, locked, seats=[membership_id])


async def _write(
    tx: Tx, seat: ReadRow, state: str, auto: str, reason_id: UUID | None = None, by: UUID | None = None
) -> None:
    """The state, and how long the one before it has lasted. The seat is locked."""
    membership_id, at = seat["membership_id"], now()
    values = {"state": state, "reason_id": reason_id, "auto": auto, "since": at, "missed": 0}
    if state == "online" and seat["live_used"] == 0:
        values["idle_since"] = at
    await store.change(tx, membership_id, values)
    event = {"at": at, "membership_id": membership_id, "state": state, "reason_id": reason_id, "auto": auto}
    spent = max(int((at - seat["since"]).total_seconds() * 1000), 0)
    was = {"state_before": seat["state"], "reason_before": seat["reason_id"], "lasted_ms": spent}
    await store.add_event(tx, {**event, "by_id": by, **was})
    await seats_changed(tx, [membership_id])


async def set_duty(tx: Tx, membership_id: UUID, on: bool) -> None:
    """By the roster: off duty she keeps what she has and is given nothing more. Twice changes nothing."""
    rules = await begin(tx)
    if rules is None:
        return
    await store.ensure_seat(tx, membership_id, now())
    locked = await lock_served(tx, [membership_id])
    (seat,) = await queue.lock_seats(tx, [membership_id])
    if seat["on_duty"] == on:
        return
    await store.change(tx, membership_id, {"on_duty": on})
    await seats_changed(tx, [membership_id])
    if on:
        await _ask_again(tx, rules, locked, membership_id)


async def arrive(tx: Tx, membership_id: UUID) -> None:
    """Her first line is open again. What she has chosen herself stays; what her absence has done is
    undone."""
    rules = await begin(tx)
    if rules is None:
        return
    await store.ensure_seat(tx, membership_id, now())
    locked = await lock_served(tx, [membership_id])
    (seat,) = await queue.lock_seats(tx, [membership_id])
    await cancel_timer(tx, LOST_TIMER, membership_id)
    was_lost = seat["lost_at"] is not None
    if was_lost:
        await store.change(tx, membership_id, {"lost_at": None})
        await seats_changed(tx, [membership_id])
    if seat["state"] == "offline" or seat["auto"] == "lost":
        state = "online" if rules.arrive_online else "away"
        await _write(tx, seat, state, "")
        was_lost = was_lost or state == "online"
    if was_lost:
        await _ask_again(tx, rules, locked, membership_id)


async def lose(
    tx: Tx, membership_ids: Sequence[UUID], *, still: Callable[[UUID], bool] = lambda member: True
) -> None:
    """Their last line is gone: for the grace time they are given nothing new, then they are away. `still` is
    asked when nothing can come between any more: somebody may have been quick to come back."""
    rules = await begin(tx)
    if rules is None:
        return
    at = now()
    for seat in await queue.lock_seats(tx, membership_ids):
        if not still(seat["membership_id"]):
            continue
        if seat["state"] != "offline" and seat["lost_at"] is None:
            await store.change(tx, seat["membership_id"], {"lost_at": at})
            due = at + timedelta(seconds=rules.grace_seconds)
            await set_timer(tx, LOST_TIMER, seat["membership_id"], due)
            await seats_changed(tx, [seat["membership_id"]])


async def on_lost(tx: Tx, membership_id: UUID) -> None:
    """The grace time is over, or later the time after which the place counts as empty."""
    rules, rows = await begin(tx), await queue.lock_seats(tx, [membership_id])
    if rules is None or not rows or rows[0]["lost_at"] is None:
        return
    seat, at = rows[0], now()
    away_at = seat["lost_at"] + timedelta(seconds=rules.grace_seconds)
    empty_at = seat["lost_at"] + OFFLINE_AFTER
    if at < away_at:
        await set_timer(tx, LOST_TIMER, membership_id, away_at)
    elif at < empty_at:
        await go_away(tx, seat, "lost")
        await set_timer(tx, LOST_TIMER, membership_id, empty_at)
    elif seat["state"] != "offline":
        await _write(tx, seat, "offline", "lost")


async def empty(tx: Tx, membership_id: UUID) -> None:
    """She may serve no more: archived, or given another role. The reception is held."""
    for seat in await queue.lock_seats(tx, [membership_id]):
        if seat["state"] != "offline":
            await _write(tx, seat, "offline", "")
