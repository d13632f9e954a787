"""From hand to hand with a hand-shake: a colleague is asked, and until she accepts it stays where it is."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.assign import ANSWERED, call_off, hands, send_to_team
from kezhan.conversations.events import ConversationAssigned, TransferEnded, TransferOffered
from kezhan.conversations.number import add_event, add_note, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import member_name, serving_name


async def _in_hand(tx: Tx, caller: Caller, conversation_id: UUID) -> Row[Any]:
    """The caller's own conversation, locked. Raises Refused 409 for one that she does not serve."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.state != State.ASSIGNED or row.assignee_id != caller.membership_id:
        raise Refused("conversations.not_in_hand", 409)
    return row


async def ask(
    tx: Tx, caller: Caller, conversation_id: UUID, to_id: UUID, note: str, seconds: int
) -> datetime | None:
    """Ask a colleague to take the caller's conversation over; until when, None where she is being asked
    already: that changes nothing. Whoever was asked before her need not answer any more."""
    row = await _in_hand(tx, caller, conversation_id)
    if row.transfer_to == to_id:
        return None
    if to_id == caller.membership_id:
        raise Refused("conversations.transfer_to_self", 409, field="member_id")
    name = await serving_name(tx, to_id, Permission.CONVERSATION_REPLY)
    await call_off(tx, row)
    if note:
        await add_note(tx, row, caller.membership_id, note)
        row = await hold(tx, conversation_id)
    event = EventPayload(event="transfer_offered", actor=caller.name, target=name)
    until = now() + timedelta(seconds=seconds)
    await add_event(tx, row.id, event, {**_handed(caller, note, until), "transfer_to": to_id}, row=row)
    await emit(tx, TransferOffered(conversation_id=row.id, by=caller.membership_id, to=to_id))
    return until


async def send(
    tx: Tx, caller: Caller, conversation_id: UUID, team_id: UUID, note: str, seconds: int
) -> datetime | None:
    """Hand the caller's conversation to a team's queue; until when it is waited for, None for ever. Handed to
    this team already: nothing changes."""
    row = await hold(tx, conversation_id)
    if row.state == State.QUEUED and row.team_id == team_id and row.transfer_by == caller.membership_id:
        return None
    await _in_hand(tx, caller, conversation_id)
    if note:
        await add_note(tx, row, caller.membership_id, note)
    until = now() + timedelta(seconds=seconds) if seconds else None
    await send_to_team(tx, caller, conversation_id, team_id, _handed(caller, note, until))
    return until


def _handed(caller: Caller, note: str, until: datetime | None) -> dict[str, Any]:
    handed = {"transfer_by": caller.membership_id, "transfer_note": note, "transfer_at": now()}
    return {**ANSWERED, **handed, "transfer_until": until}


async def accept(tx: Tx, caller: Caller, row: Row[Any]) -> None:
    """It is the caller's, who has been asked (`row`, locked)."""
    giver = await member_name(tx, row.transfer_by)
    event = EventPayload(event="assigned", actor=giver, target=caller.name)
    await call_off(tx, row, to=caller.membership_id)
    await add_event(tx, row.id, event, hands(row, caller.membership_id), row=row)
    given = ConversationAssigned(
        conversation_id=row.id, assignee_id=caller.membership_id, by=row.transfer_by,
        before=row.assignee_id, accepted=True,
    )  # fmt: skip
    await emit(tx, given)


async def decline(tx: Tx, caller: Caller, row: Row[Any], reason: str) -> None:
    """The caller, who has been asked, leaves it where it is."""
    giver = await member_name(tx, row.transfer_by)
    event = EventPayload(event="transfer_declined", actor=caller.name, target=giver, reason=reason)
    await _end(tx, row, event, "declined", caller.membership_id)


async def withdraw(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Nobody need answer any more. Nobody is asked: nothing changes. Raises Forbidden for another's transfer
    without the right to assign."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.transfer_to is None:
        return
    if row.transfer_by != caller.membership_id and not caller.may(Permission.CONVERSATION_ASSIGN):
        raise Forbidden()
    name = await member_name(tx, row.transfer_to)
    event = EventPayload(event="transfer_withdrawn", actor=caller.name, target=name)
    await _end(tx, row, event, "withdrawn", caller.membership_id)


async def miss(tx: Tx, row: Row[Any]) -> None:
    """The time of the one who is asked (`row`, locked) is over."""
    giver, name = await member_name(tx, row.transfer_by), await member_name(tx, row.transfer_to)
    await _end(tx, row, EventPayload(event="transfer_missed", actor=name, target=giver), "missed", None)


async def _end(tx: Tx, row: Row[Any], event: EventPayload, outcome: str, by: UUID | None) -> None:
    await add_event(tx, row.id, event, ANSWERED, row=row)
    await emit(tx, TransferEnded(conversation_id=row.id, to=row.transfer_to, outcome=outcome, by=by))


async def come_back(tx: Tx, row: Row[Any], name: str) -> None:
    """Nobody of the team has taken it (`row`, locked): the one who handed it on, called `name`, has it again;
    her place among those who serve is the caller's to see to."""
    event = EventPayload(event="transfer_returned", target=name)
    await add_event(tx, row.id, event, hands(row, row.transfer_by), row=row)
    given = ConversationAssigned(conversation_id=row.id, assignee_id=row.transfer_by, by=None)
    await emit(tx, given)


async def wait_on(tx: Tx, row: Row[Any]) -> None:
    """Nor is there anybody for it to come back to: it waits, handed on by nobody."""
    await add_event(tx, row.id, EventPayload(event="unanswered"), ANSWERED, row=row)


async def asked_of(tx: Tx, membership_id: UUID) -> list[Row[Any]]:
    """(id, transfer_by, transfer_note, transfer_at, transfer_until, by_name) of what she is asked to take."""
    return list(await store.transfers_to(tx, membership_id))


async def asked_in(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    """The same of one conversation; None where nobody is asked."""
    return next(iter(await store.transfers_in(tx, [conversation_id])), None)
