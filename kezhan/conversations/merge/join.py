"""Two conversations of one customer go on as one.

What was said stays where it was said, under its own numbers: the one that goes ends and names the one that
remains, and the customer's history shows both in their order. What is still to be done moves.
"""

from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.conversations.assign import ended, hands
from kezhan.conversations.events import ConversationAssigned, ConversationClosed, ConversationParked
from kezhan.conversations.merge import store
from kezhan.conversations.number import add_event
from kezhan.conversations.park import WAKE_TIMER
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.conversations.wrapup.fill import leave_out
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.kit.timers import cancel_timer
from kezhan.tags.schemas import Thing
from kezhan.tags.service import join as join_tags
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

BEFORE_HER_EYES = "webchat"
"""The channel whose customer has the conversation itself on her screen, and goes on writing into it."""


class MergedInto(Struct, frozen=True, kw_only=True):
    """For the audit log."""

    into: UUID
    v: int = 1


async def merge(tx: Tx, caller: Caller, conversation_id: UUID, into: UUID) -> None:
    """`conversation_id` ends and goes on in `into`; done already: nothing changes. Raises NotFound, Forbidden
    for a colleague's without the right to assign, Refused 409 where the two are not one open exchange each of
    one customer."""
    rows = {row.id: row for row in await store.lock_both(tx, [conversation_id, into])}
    if conversation_id not in rows or into not in rows:
        raise NotFound("conversations.not_found")
    gone, kept = rows[conversation_id], rows[into]
    require_hand(caller, gone, Permission.CONVERSATION_CLOSE)
    require_hand(caller, kept, Permission.CONVERSATION_REPLY)
    if gone.merged_into == kept.id:
        return
    _check(gone, kept)
    for row in rows.values():
        if row.state == State.ASSIGNED and row.assignee_id != caller.membership_id:
            caller.require(Permission.CONVERSATION_ASSIGN)
    await _go_on(tx, caller, gone, kept)
    await store.move_drafts(tx, gone.id, kept.id)
    await join_tags(tx, Thing.CONVERSATION, gone.id, kept.id)
    await _end(tx, caller, gone, kept)
    await record(tx, caller, "conversation.merge", "conversation", gone.id, detail=MergedInto(into=kept.id))


def _check(gone: Row[Any], kept: Row[Any]) -> None:
    if gone.id == kept.id:
        raise Refused("conversations.merge_itself", 409, field="into")
    if gone.contact_id != kept.contact_id:
        raise Refused("conversations.merge_strangers", 409, field="into")
    if gone.spam_at is not None or kept.spam_at is not None:
        raise Refused("conversations.is_spam", 409)
    if gone.merged_into is not None or kept.merged_into is not None:
        raise Refused("conversations.merged", 409)
    if State.CLOSED in (gone.state, kept.state):
        raise Refused("conversations.merge_ended", 409)
    if gone.channel == BEFORE_HER_EYES != kept.channel:
        raise Refused("conversations.merge_site", 409)


async def _go_on(tx: Tx, caller: Caller, gone: Row[Any], kept: Row[Any]) -> None:
    """The one that remains takes over what is to be done: who serves, who helps, what is not read, since when
    she waits; put aside it is no longer, unless both are."""
    served_by = kept.assignee_id or gone.assignee_id
    taken = kept.assignee_id is None and gone.assignee_id is not None
    values: dict[str, Any] = hands(kept, gone.assignee_id) if taken else {}
    woken = kept.parked_at is not None and gone.parked_at is None
    if woken:
        values |= {"parked_at": None, "wake_at": None}
    unread = await store.unread_of(tx, gone.id, served_by or caller.membership_id)
    waiting = [at for at in (gone.waiting_since, kept.waiting_since) if at is not None]
    values |= {
        "guests": [one for one in dict.fromkeys([*kept.guests, *gone.guests]) if one != served_by],
        "team_id": kept.team_id or gone.team_id,
        "inbound_count": kept.inbound_count + unread,
        "waiting_since": min(waiting, default=None),
    }
    await add_event(tx, kept.id, EventPayload(event="merged_in", actor=caller.name), values, row=kept)
    if woken:
        await cancel_timer(tx, WAKE_TIMER, kept.id)
        told = ConversationParked(conversation_id=kept.id, by=caller.membership_id, parked=False)
        await emit(tx, told)
    if taken:
        given = ConversationAssigned(
            conversation_id=kept.id, assignee_id=gone.assignee_id, by=caller.membership_id, instead_of=gone.id
        )
        await emit(tx, given)


async def _end(tx: Tx, caller: Caller, gone: Row[Any], kept: Row[Any]) -> None:
    await leave_out(tx, gone)
    values = {**await ended(tx, gone), "merged_into": kept.id}
    await add_event(tx, gone.id, EventPayload(event="merged", actor=caller.name), values, row=gone)
    await cancel_timer(tx, WAKE_TIMER, gone.id)
    await emit(tx, ConversationClosed(conversation_id=gone.id, by=caller.membership_id, into=kept.id))
