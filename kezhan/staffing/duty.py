"""Shifts switch seats: at its beginning a seat is on duty, at its end it takes no more."""

from datetime import timedelta
from uuid import UUID

from kezhan.kit import clock
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.routing.seats import state as seats
from kezhan.staffing import store
from kezhan.staffing.aims import keep_settings, settings
from kezhan.staffing.events import DutyChanged
from kezhan.staffing.schemas import AtEnd, StaffingSettings
from kezhan.workspaces.authenticate import Caller

TIMER = "staffing.shift"
_REMEMBERED = timedelta(days=7)
"""So long after her last shift a member counts as rostered."""


async def on_timer(tx: Tx, _: UUID) -> None:
    """A shift begins or ends now."""
    await settle(tx)


async def settle(tx: Tx) -> None:
    """Bring the seats to what the roster says of this moment, and wake up at its next change.

    Whoever is on no roster is left alone: who has had no shift for a week and has none to come is on duty
    again. So are all where seats are not to be switched.
    """
    at, aims = clock.now(), await settings(tx)
    told = await store.duties(tx)
    rostered = await store.rostered(tx, at - _REMEMBERED) if aims.switch_seats else set()
    freed = sorted(set(told) - rostered)
    for membership_id in freed:
        if not told.pop(membership_id):
            await _tell(tx, membership_id, True, aims.at_end)
    await store.drop_duties(tx, freed)
    if not aims.switch_seats:
        await cancel_timer(tx, TIMER, tx.workspace)
        return
    now_on = await store.on_now(tx, at)
    for membership_id in sorted(now_on):
        if told.get(membership_id) is not True:
            await store.put_duty(tx, membership_id, True, at)
            await _tell(tx, membership_id, True, aims.at_end)
    for membership_id in sorted(one for one, on_duty in told.items() if on_duty and one not in now_on):
        await store.put_duty(tx, membership_id, False, at)
        await _tell(tx, membership_id, False, aims.at_end)
    following = await store.next_boundary(tx, at)
    if following is None:
        await cancel_timer(tx, TIMER, tx.workspace)
    else:
        await set_timer(tx, TIMER, tx.workspace, following)


async def save_settings(tx: Tx, caller: Caller, wanted: StaffingSettings) -> StaffingSettings:
    """The seats follow at once."""
    await store.hold_roster(tx)
    if await keep_settings(tx, caller, wanted):
        await settle(tx)
    return wanted


async def _tell(tx: Tx, membership_id: UUID, on_duty: bool, at_end: AtEnd) -> None:
    """The one place where a roster reaches a seat. Whoever is not at work at the end of her shift stays as
    she is; whom that end has made away is online again when the next one begins."""
    await seats.set_duty(tx, membership_id, on_duty)
    state, by_shift = await store.seat_state(tx, membership_id)
    if not on_duty and at_end is not AtEnd.STAY and state in ("online", "busy"):
        await seats.set_state(tx, membership_id, at_end.value, auto="shift")
    elif on_duty and by_shift and state == "away":
        await seats.set_state(tx, membership_id, "online")
    await emit(tx, DutyChanged(membership_id=membership_id, on_duty=on_duty), [f"member:{membership_id}"])
