"""Take, assign, release, close, reopen: who has a conversation and whether it goes on."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from msgspec import UNSET, UnsetType
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.conversations import store
from kezhan.conversations.events import (
    ConversationAssigned,
    ConversationClosed,
    ConversationReopened,
    TransferEnded,
)
from kezhan.conversations.number import add_event, bump, bump_teams, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand, require_sight
from kezhan.conversations.wrapup.fill import finish, holds, leave_out
from kezhan.conversations.wrapup.schemas import WrapUpIn
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import member_name, serving_name, team_name

ANSWERED = {
    "transfer_by": None,
    "transfer_to": None,
    "transfer_note": "",
    "transfer_at": None,
    "transfer_until": None,
}
"""The columns of a conversation that nobody is handing on."""
Seen = UUID | UnsetType | None
"""Who served a conversation when somebody decided about it, None: nobody; unset: she has not looked."""
_QUEUED = {"state": State.QUEUED, "assignee_id": None, "parked_at": None, "wake_at": None, **ANSWERED}


def hands(row: Row[Any], assignee_id: UUID) -> dict[str, Any]:
    """Who serves is no guest any more."""
    guests = [one for one in row.guests if one != assignee_id]
    held = {"state": State.ASSIGNED, "assignee_id": assignee_id, "parked_at": None, "wake_at": None}
    return {**held, **ANSWERED, **({"guests": guests} if guests != row.guests else {})}


async def call_off(tx: Tx, row: Row[Any], *, to: UUID | None = None) -> None:
    """Whoever is asked to take the conversation over need not answer any more: it goes `to` her, or
    elsewhere. The caller clears the columns."""
    if row.transfer_to is not None:
        outcome = "accepted" if row.transfer_to == to else "withdrawn"
        await emit(tx, TransferEnded(conversation_id=row.id, to=row.transfer_to, outcome=outcome))


async def ended(tx: Tx, row: Row[Any]) -> dict[str, Any]:
    """The columns of a conversation (`row`, locked) that ends now, and nobody is asked or listens in any
    more."""
    await call_off(tx, row)
    await store.end_supervisions(tx, row.id)
    gone = {"waiting_since": None, "parked_at": None, "wake_at": None, "guests": list[UUID]()}
    return {"state": State.CLOSED, "closed_at": now(), **gone, **ANSWERED}


async def take(tx: Tx, caller: Caller, conversation_id: UUID, seen: Seen = UNSET) -> None:
    """The caller serves this conversation from now on. Hers already: nothing changes. Somebody else's is
    taken over: refused, unless she may assign or supervise. Raises Refused 409 where whom she has `seen`
    serve it does not any more."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.assignee_id == caller.membership_id and row.state == State.ASSIGNED:
        return
    event = EventPayload(event="taken", actor=caller.name)
    if row.assignee_id is not None and row.state == State.ASSIGNED:
        before = await member_name(tx, row.assignee_id)
        if not (caller.may(Permission.CONVERSATION_ASSIGN) or caller.may(Permission.CONVERSATION_SUPERVISE)):
            raise Refused("conversations.taken", 409, name=before)
        await _check_seen(tx, row, seen)
        event = EventPayload(event="taken_over", actor=before, target=caller.name)
        await record(tx, caller, "conversation.take_over", "conversation", conversation_id)
        await store.end_supervisions(tx, conversation_id, caller.membership_id)
    await _give(tx, caller, row, caller.membership_id, event)


async def assign(
    tx: Tx, caller: Caller, conversation_id: UUID, assignee_id: UUID, seen: Seen = UNSET
) -> None:
    """Give the conversation to a member of the workspace. Raises Refused where she cannot serve, and where
    whom the caller has `seen` serve it does not any more."""
    row = await hold(tx, conversation_id)
    if row.assignee_id == assignee_id and row.state == State.ASSIGNED:
        require_sight(caller, row)
        return
    mine = row.assignee_id == caller.membership_id and caller.may(Permission.CONVERSATION_REPLY)
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)
    await _check_seen(tx, row, seen)
    name = await serving_name(tx, assignee_id, Permission.CONVERSATION_REPLY)
    await _give(tx, caller, row, assignee_id, EventPayload(event="assigned", actor=caller.name, target=name))


async def _give(tx: Tx, caller: Caller, row: Row[Any], assignee_id: UUID, event: EventPayload) -> None:
    _check_alive(row)
    await call_off(tx, row, to=assignee_id)
    await add_event(tx, row.id, event, hands(row, assignee_id), row=row)
    await emit(
        tx,
        ConversationAssigned(
            conversation_id=row.id, assignee_id=assignee_id, by=caller.membership_id, before=row.assignee_id
        ),
    )


async def _check_seen(tx: Tx, row: Row[Any], seen: Seen) -> None:
    """Of two who give it away at once, the later one has not seen what she would undo."""
    if seen is UNSET or row.state == State.CLOSED or row.assignee_id == seen:
        return
    if row.assignee_id is None:
        raise Refused("conversations.released_meanwhile", 409)
    raise Refused("conversations.given_meanwhile", 409, name=await member_name(tx, row.assignee_id))


def _check_alive(row: Row[Any]) -> None:
    if row.spam_at is not None:
        raise Refused("conversations.is_spam", 409)
    if row.state == State.CLOSED:
        raise Refused("conversations.closed", 409)


async def free_to_give(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    """The row of a conversation that nobody has yet, locked; None where somebody is at work on it just now,
    or it is no longer to be given."""
    row = await store.lock_unless_held(tx, conversation_id)
    return row if row is not None and row.state == State.QUEUED else None


async def give(tx: Tx, row: Row[Any], assignee_id: UUID, name: str) -> None:
    """The house gives a conversation (`row`, locked) to a member who has been found to be able to serve."""
    event = EventPayload(event="routed", target=name)
    await call_off(tx, row, to=assignee_id)
    await add_event(tx, row.id, event, hands(row, assignee_id), row=row)
    given = ConversationAssigned(
        conversation_id=row.id, assignee_id=assignee_id, by=None, before=row.assignee_id
    )
    await emit(tx, given)


async def take_back(tx: Tx, row: Row[Any]) -> None:
    """The house takes a conversation (`row`, locked) out of somebody's hands, to be given anew."""
    await call_off(tx, row)
    await add_event(tx, row.id, EventPayload(event="unanswered"), _QUEUED, row=row)
    await emit(
        tx,
        ConversationAssigned(conversation_id=row.id, assignee_id=None, by=None, before=row.assignee_id),
    )


async def place(tx: Tx, conversation_id: UUID, team_id: UUID | None) -> None:
    """Whose queue the conversation stands in (None: everybody's); who may see it goes by that."""
    row = await hold(tx, conversation_id)
    if row.team_id != team_id:
        rev = row.rev + 1
        await bump(tx, row, {"team_id": team_id, "head_rev": rev})


async def place_free(tx: Tx, teams: Mapping[UUID, UUID | None]) -> None:
    """The same for many, each with its queue. What somebody is at work on just now stays where it stands, and
    what is no longer to be given."""
    rows = await store.lock_all_unless_held(tx, list(teams))
    moved = [row for row in rows if row.state == State.QUEUED and row.team_id != teams[row.id]]
    if moved:
        await bump_teams(tx, moved, [teams[row.id] for row in moved])


async def send_to_team(
    tx: Tx,
    caller: Caller,
    conversation_id: UUID,
    team_id: UUID,
    handed: dict[str, Any] | None = None,
    seen: Seen = UNSET,
) -> None:
    """Hand the conversation to a team: it waits in that team's queue, as `handed` on (the columns of a
    transfer). There already: nothing changes. Raises Refused 409 where whom the caller has `seen` serve it
    does not any more."""
    row = await hold(tx, conversation_id)
    mine = row.assignee_id == caller.membership_id and caller.may(Permission.CONVERSATION_REPLY)
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)
    name = await team_name(tx, team_id)
    _check_alive(row)
    if row.state == State.QUEUED and row.team_id == team_id:
        return
    await _check_seen(tx, row, seen)
    await call_off(tx, row)
    values = {**_QUEUED, "team_id": team_id, **(handed or {})}
    event = EventPayload(event="sent_to_team", actor=caller.name, target=name)
    await add_event(tx, conversation_id, event, values, row=row)
    await emit(
        tx,
        ConversationAssigned(
            conversation_id=conversation_id,
            assignee_id=None,
            by=caller.membership_id,
            before=row.assignee_id,
            team_id=team_id,
        ),
    )


async def release(tx: Tx, caller: Caller, conversation_id: UUID, seen: Seen = UNSET) -> None:
    """Back to the queue. Raises Refused 409 where whom the caller has `seen` serve it does not any more."""
    row = await hold(tx, conversation_id)
    require_sight(caller, row)
    if row.assignee_id != caller.membership_id and not caller.may(Permission.CONVERSATION_ASSIGN):
        raise Forbidden()
    if row.state != State.ASSIGNED:
        return
    await _check_seen(tx, row, seen)
    await call_off(tx, row)
    await add_event(tx, conversation_id, EventPayload(event="released", actor=caller.name), _QUEUED, row=row)
    await emit(
        tx,
        ConversationAssigned(
            conversation_id=conversation_id,
            assignee_id=None,
            by=caller.membership_id,
            before=row.assignee_id,
            team_id=row.team_id,
        ),
    )


async def close(tx: Tx, caller: Caller, conversation_id: UUID, filled: WrapUpIn | None = None) -> None:
    """End the conversation; ended already: nothing changes. `filled`: its wrap-up, where one is asked for and
    not drafted. Raises Refused 409 with the field's name where something required is missing, and where it
    has ended already with another wrap-up."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_CLOSE)
    if row.state == State.CLOSED:
        if filled is not None and not await holds(tx, caller, row, filled):
            raise Refused("conversations.ended_meanwhile", 409)
        return
    await finish(tx, caller, row, filled)
    await _end(tx, row, caller.name, caller.membership_id)
    await record(tx, caller, "conversation.close", "conversation", conversation_id)


async def end_silent(tx: Tx, row: Row[Any]) -> None:
    """The house ends a conversation (`row`, locked, open) whose customer says nothing more."""
    await leave_out(tx, row)
    await _end(tx, row, "", None)


async def _end(tx: Tx, row: Row[Any], actor: str, by: UUID | None) -> None:
    values = await ended(tx, row)
    await add_event(tx, row.id, EventPayload(event="closed", actor=actor), values, row=row)
    await emit(tx, ConversationClosed(conversation_id=row.id, by=by))


async def reopen(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Go on with an ended conversation, as the caller's own. Refused where the customer has begun another."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.spam_at is not None:
        raise Refused("conversations.is_spam", 409)
    if row.state != State.CLOSED:
        return
    if row.merged_into is not None:
        raise Refused("conversations.merged", 409)
    if await store.lock_open(tx, row.account_id, row.identity_id) is not None:
        raise Refused("conversations.open_elsewhere", 409)
    values = {"state": State.ASSIGNED, "assignee_id": caller.membership_id, "closed_at": None}
    try:
        await add_event(tx, conversation_id, EventPayload(event="reopened", actor=caller.name), values)
    except IntegrityError as fault:
        raise Refused("conversations.open_elsewhere", 409) from fault
    await emit(tx, ConversationReopened(conversation_id=conversation_id, by=caller.membership_id))
    await record(tx, caller, "conversation.reopen", "conversation", conversation_id)
