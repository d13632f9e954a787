"""What changes around reception: a new workspace gets one, a team other people, a seat is given up, the doors
open at another time."""

from uuid import UUID

from kezhan.hours.events import HoursChanged
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.timers import set_timer
from kezhan.routing import store
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.back import RETURN_TIMER
from kezhan.routing.queue.enter import OPEN_TIMER
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.rules import SERVING, rules_of
from kezhan.routing.seats import store as seats
from kezhan.routing.seats.state import empty
from kezhan.workspaces.events import PeopleChanged

_TEAMS = frozenset({"team.set_members", "team.archive"})


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """In the transaction of the change."""
    if event.action == "workspace.create":
        await store.add_settings(tx)
        return
    if event.subject_id is None or await rules_of(tx) is None:
        return
    if event.action in _TEAMS:
        await _settle(tx, event.subject_id)
    elif event.action in {"member.archive", "member.edit"}:
        await _member(tx, event.subject_id)


async def on_hours_changed(tx: Tx, event: HoursChanged) -> None:
    """What waits for the doors to open looks anew when that will be, one conversation after the other."""
    at = now()
    for conversation_id in await queue.closed_out(tx):
        await set_timer(tx, OPEN_TIMER, conversation_id, at)


async def _settle(tx: Tx, team_id: UUID) -> None:
    rules = await rules_of(tx)
    if rules is not None:
        await settle(tx, rules, await lock(tx, [team_id]))


async def _member(tx: Tx, membership_id: UUID) -> None:
    """Who serves no more gives up her seat; what she has goes to others, one conversation after the other."""
    if await seats.serves(tx, membership_id, SERVING):
        rules = await rules_of(tx)
        if rules is not None:
            await settle(tx, rules, await lock(tx, await queue.queues_of(tx, [membership_id])))
        return
    await empty(tx, membership_id)
    for conversation_id in await seats.held_by(tx, membership_id):
        await set_timer(tx, RETURN_TIMER, conversation_id, now())
