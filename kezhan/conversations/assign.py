"""Take, assign, release, close, reopen: who has a conversation and whether it goes on."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.conversations import store
from kezhan.conversations.events import ConversationAssigned, ConversationClosed, ConversationReopened
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand, require_sight
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import member_name, serving_name


async def take(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """The caller serves this conversation from now on. Hers already: nothing changes. Somebody else's:
    refused, unless she may assign."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.assignee_id == caller.membership_id and row.state == State.ASSIGNED:
        return
    if row.assignee_id is not None and not caller.may(Permission.CONVERSATION_ASSIGN):
        raise Refused("conversations.taken", 409, name=await member_name(tx, row.assignee_id))
    await _give(tx, caller, row, caller.membership_id, EventPayload(event="taken", actor=caller.name))


async def assign(tx: Tx, caller: Caller, conversation_id: UUID, assignee_id: UUID) -> None:
    """Give the conversation to a member of the workspace. Raises Refused where she cannot serve."""
    row = await hold(tx, conversation_id)
    if row.assignee_id == assignee_id and row.state == State.ASSIGNED:
        require_sight(caller, row)
        return
    mine = row.assignee_id == caller.membership_id and caller.may(Permission.CONVERSATION_REPLY)
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)
    name = await serving_name(tx, assignee_id, Permission.CONVERSATION_REPLY)
    await _give(tx, caller, row, assignee_id, EventPayload(event="assigned", actor=caller.name, target=name))


async def _give(tx: Tx, caller: Caller, row: Row[Any], assignee_id: UUID, event: EventPayload) -> None:
    if row.state == State.CLOSED:
        raise Refused("conversations.closed", 409)
    await add_event(tx, row.id, event, {"state": State.ASSIGNED, "assignee_id": assignee_id})
    given = ConversationAssigned(conversation_id=row.id, assignee_id=assignee_id, by=caller.membership_id)
    await emit(tx, given)


async def release(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Back to the queue."""
    row = await hold(tx, conversation_id)
    require_sight(caller, row)
    if row.assignee_id != caller.membership_id and not caller.may(Permission.CONVERSATION_ASSIGN):
        raise Forbidden()
    if row.state != State.ASSIGNED:
        return
    values = {"state": State.QUEUED, "assignee_id": None}
    await add_event(tx, conversation_id, EventPayload(event="released", actor=caller.name), values)
    await emit(
        tx, ConversationAssigned(conversation_id=conversation_id, assignee_id=None, by=caller.membership_id)
    )


async def close(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """End the conversation; ended already: nothing changes."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_CLOSE)
    if row.state == State.CLOSED:
        return
    values = {"state": State.CLOSED, "closed_at": now(), "waiting_since": None}
    await add_event(tx, conversation_id, EventPayload(event="closed", actor=caller.name), values)
    await emit(tx, ConversationClosed(conversation_id=conversation_id, by=caller.membership_id))
    await record(tx, caller, "conversation.close", "conversation", conversation_id)


async def reopen(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Go on with an ended conversation, as the caller's own. Refused where the customer has begun another."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_REPLY)
    if row.state != State.CLOSED:
        return
    if await store.lock_open(tx, row.account_id, row.identity_id) is not None:
        raise Refused("conversations.open_elsewhere", 409)
    values = {"state": State.ASSIGNED, "assignee_id": caller.membership_id, "closed_at": None}
    try:
        await add_event(tx, conversation_id, EventPayload(event="reopened", actor=caller.name), values)
    except IntegrityError as fault:
        raise Refused("conversations.open_elsewhere", 409) from fault
    await emit(tx, ConversationReopened(conversation_id=conversation_id, by=caller.membership_id))
    await record(tx, caller, "conversation.reopen", "conversation", conversation_id)
