"""A conversation is no customer's: out of the lists and of the figures, and back."""

from typing import Any
from uuid import UUID

from kezhan.audit.service import record
from kezhan.conversations.assign import ended
from kezhan.conversations.events import ConversationClosed
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.conversations.spam.block import IDENTITY_TIMER
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit
from kezhan.kit.timers import cancel_timer
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def mark_spam(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Ended, and in the list of spam alone. Marked already: nothing changes."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_CLOSE)
    if row.spam_at is not None:
        return
    values: dict[str, Any] = {"spam_at": now()}
    if row.state != State.CLOSED:
        values |= await ended(tx, row)
    await add_event(tx, row.id, EventPayload(event="spam", actor=caller.name), values, row=row)
    if row.state != State.CLOSED:
        await emit(tx, ConversationClosed(conversation_id=row.id, by=caller.membership_id))
    await record(tx, caller, "conversation.spam", "conversation", row.id)


async def unmark_spam(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """It counts again, as one that has ended. Not marked: nothing changes."""
    row = await hold(tx, conversation_id)
    require_hand(caller, row, Permission.CONVERSATION_CLOSE)
    if row.spam_at is None:
        return
    values: dict[str, Any] = {"spam_at": None}
    if row.state != State.CLOSED:
        values |= await ended(tx, row)
        # Where it was what kept this identity blocked, that is over.
        await cancel_timer(tx, IDENTITY_TIMER, row.identity_id)
    await add_event(tx, row.id, EventPayload(event="not_spam", actor=caller.name), values, row=row)
    await record(tx, caller, "conversation.unspam", "conversation", row.id)
