"""Parked: hers still, and out of the way until she or the customer comes back to it."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.conversations.events import ConversationParked, MessageAppended
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.conversations.store import parked_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def park(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Put one's own conversation aside. Parked already: nothing changes. Raises Refused 409 for one that
    nobody serves, Forbidden for a colleague's without the right to assign."""
    row = await hold(tx, conversation_id)
    mine = row.assignee_id == caller.membership_id
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)
    if row.state != State.ASSIGNED:
        raise Refused("conversations.not_served", 409)
    if row.parked_at is not None:
        return
    event = EventPayload(event="parked", actor=caller.name)
    await add_event(tx, conversation_id, event, {"parked_at": now()}, row=row)
    await emit(tx, ConversationParked(conversation_id=conversation_id, by=caller.membership_id, parked=True))


async def wake(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Take it up again. Not parked: nothing changes."""
    row = await hold(tx, conversation_id)
    mine = row.assignee_id == caller.membership_id
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)
    await _wake(tx, conversation_id, caller.name, caller.membership_id)


async def _wake(tx: Tx, conversation_id: UUID, actor: str, by: UUID | None) -> None:
    row = await hold(tx, conversation_id)
    if row.state != State.ASSIGNED or row.parked_at is None:
        return
    await add_event(
        tx, conversation_id, EventPayload(event="woken", actor=actor), {"parked_at": None}, row=row
    )
    await emit(tx, ConversationParked(conversation_id=conversation_id, by=by, parked=False))


async def _on_messages(tx: Tx, events: Sequence[Event]) -> None:
    """A customer who speaks wakes what was parked."""
    spoken = {
        event.conversation_id
        for event in events
        if isinstance(event, MessageAppended) and event.author_kind == "visitor"
    }
    for conversation_id in await parked_of(tx, sorted(spoken)):
        await _wake(tx, conversation_id, "", None)


def handlers() -> tuple[Handler, ...]:
    return (Handler("conversations.wake", (MessageAppended,), _on_messages),)
