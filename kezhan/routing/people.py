"""What changes around reception: a new workspace gets one, a team other people, a seat is given up, the doors
open at another time."""

from uuid import UUID

from kezhan.hours.events import HoursChanged
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.timers import set_timer
from kezhan.routing import store
from kezhan.routing.policy import Policy
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.anew import named_teams, place_everybody
from kezhan.routing.queue.back import RETURN_TIMER
from kezhan.routing.queue.enter import OPEN_TIMER
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.rules import SERVING, Rules, begin
from kezhan.routing.seats import store as seats
from kezhan.routing.seats.state import empty
from kezhan.workspaces.events import PeopleChanged

_CHANGES = frozenset({"team.set_members", "team.archive", "member.archive", "member.edit", "member.rights"})


async def on_people_changed(tx: Tx, event: PeopleChanged) -> None:
    """In the transaction of the change. Raises Refused where a team is to go that a rule sends customers
    to."""
    if event.action == "workspace.create":
        await store.add_settings(tx)
        return
    if event.subject_id is None or event.action not in _CHANGES:
        return
    rules = await begin(tx, alone=event.action != "team.set_members")
    if rules is None:
        return
    if event.action == "team.set_members":
        # Who acts on a seat does not see yet that it serves this team: everybody's queue keeps them apart.
        locked = await lock(tx, [tx.workspace, event.subject_id])
        await settle(tx, rules, {event.subject_id: locked[event.subject_id]})
    elif event.action == "team.archive":
        await _give_up(tx, rules, event.subject_id)
    else:
        await _member(tx, rules, event.subject_id)


async def on_hours_changed(tx: Tx, event: HoursChanged) -> None:
    """What waits for the doors to open looks anew when that will be, one conversation after the other."""
    at = now()
    for conversation_id in await queue.closed_out(tx):
        await set_timer(tx, OPEN_TIMER, conversation_id, at)


async def _give_up(tx: Tx, rules: Rules, team_id: UUID) -> None:
    """A rule without its team would keep customers for nobody; who waits in its own queue is placed by the
    rules."""
    for rule in rules.policy.rules:
        if team_id in named_teams(Policy(rules=[rule])):
            raise Refused("routing.team_in_use", 409, name=rule.name)
    await place_everybody(tx, rules, without=team_id)


async def _member(tx: Tx, rules: Rules, membership_id: UUID) -> None:
    """Who serves no more gives up her seat; what she has goes to others, one conversation after the other."""
    if await seats.serves(tx, membership_id, SERVING):
        await settle(tx, rules, await lock(tx, await queue.queues_of(tx, [membership_id])))
        return
    # She may have been the only one who spoke a customer's language.
    await place_everybody(tx, rules)
    await empty(tx, membership_id)
    for conversation_id in await seats.held_by(tx, membership_id):
        await set_timer(tx, RETURN_TIMER, conversation_id, now())
