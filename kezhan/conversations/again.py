"""A conversation that has ended goes on: its customer has come back."""

from uuid import UUID

from kezhan.conversations.events import ConversationResumed
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit


async def resume(tx: Tx, conversation_id: UUID) -> None:
    """Open again, in the queue: whose it becomes is found out by the rooms above. Open already: nothing
    changes."""
    row = await hold(tx, conversation_id)
    if row.state != State.CLOSED:
        return
    values = {"state": State.QUEUED, "assignee_id": None, "closed_at": None}
    await add_event(tx, conversation_id, EventPayload(event="reopened"), values, row=row)
    await emit(tx, ConversationResumed(conversation_id=conversation_id, before=row.assignee_id))
