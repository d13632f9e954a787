"""Parked: hers still, and out of the way until its time comes, she takes it up, or the customer speaks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations.events import ConversationParked, MessageAppended
from kezhan.conversations.number import add_event, bump, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.see import require_hand
from kezhan.conversations.store import lock, parked_behind, parked_of
from kezhan.kit.clock import now, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import Event, Handler, emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

WAKE_TIMER = "conversations.wake"
LONGEST = timedelta(days=366)


async def park(tx: Tx, caller: Caller, conversation_id: UUID, until: datetime | None) -> None:
    """Put one's own conversation aside until then (None: until the customer speaks). Parked already: the time
    changes; with the same time nothing does. Raises Refused 409 for one that nobody serves and for a time
    that is past or too far, Forbidden for a colleague's without the right to assign."""
    row = await hold(tx, conversation_id)
    _require(caller, row)
    if row.state != State.ASSIGNED:
        raise Refused("conversations.not_served", 409)
    _check(until)
    if row.parked_at is not None and row.wake_at == until:
        return
    if row.parked_at is not None:
        await bump(tx, row, {"wake_at": until, "head_rev": row.rev + 1})
    else:
        event = EventPayload(event="parked", actor=caller.name, until=wire_or_none(until))
        values = {"parked_at": now(), "wake_at": until, "woken_seq": 0}
        await add_event(tx, conversation_id, event, values, row=row)
        told = ConversationParked(conversation_id=conversation_id, by=caller.membership_id, parked=True)
        await emit(tx, told)
    if until is None:
        await cancel_timer(tx, WAKE_TIMER, conversation_id)
    else:
        await set_timer(tx, WAKE_TIMER, conversation_id, until)


def _check(until: datetime | None) -> None:
    if until is None:
        return
    if until.tzinfo is None:
        raise Refused("conversations.no_moment", field="until")
    if until <= now():
        raise Refused("conversations.wake_past", 409, field="until")
    if until > now() + LONGEST:
        raise Refused("conversations.wake_far", 409, field="until", days=LONGEST.days)


def _require(caller: Caller, row: Row[Any]) -> None:
    mine = row.assignee_id == caller.membership_id
    require_hand(caller, row, Permission.CONVERSATION_REPLY if mine else Permission.CONVERSATION_ASSIGN)


async def wake(tx: Tx, caller: Caller, conversation_id: UUID) -> None:
    """Take it up again. Not parked: nothing changes."""
    row = await hold(tx, conversation_id)
    _require(caller, row)
    await _wake(tx, row, EventPayload(event="woken", actor=caller.name), by=caller.membership_id)


async def _wake(tx: Tx, row: Row[Any], event: EventPayload, *, by: UUID | None, due: bool = False) -> None:
    """`due`: its time has come, so it stands among the newest again, marked until somebody says something."""
    if row.state != State.ASSIGNED or row.parked_at is None:
        return
    values: dict[str, Any] = {"parked_at": None, "wake_at": None}
    if due:
        values |= {"woken_seq": row.last_seq + 1, "active_at": now()}
    await add_event(tx, row.id, event, values, row=row)
    await cancel_timer(tx, WAKE_TIMER, row.id)
    await emit(tx, ConversationParked(conversation_id=row.id, by=by, parked=False))


async def _on_due(tx: Tx, conversation_id: UUID) -> None:
    row = await lock(tx, conversation_id)
    if row is not None and row.wake_at is not None and row.wake_at <= now():
        await _wake(tx, row, EventPayload(event="due"), by=None, due=True)


async def _on_messages(tx: Tx, events: Sequence[Event]) -> None:
    """A customer who speaks wakes what was parked; what she had said before does not, though it is told only
    now."""
    spoken = dict[UUID, int]()
    for event in events:
        if isinstance(event, MessageAppended):
            spoken[event.conversation_id] = max(event.seq, spoken.get(event.conversation_id, 0))
    for conversation_id in await parked_of(tx, sorted(spoken)):
        row = await hold(tx, conversation_id)
        if not await parked_behind(tx, conversation_id, spoken[conversation_id]):
            await _wake(tx, row, EventPayload(event="woken"), by=None)


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {WAKE_TIMER: _on_due}


def handlers() -> tuple[Handler, ...]:
    return (Handler("conversations.wake", (MessageAppended,), _on_messages, wants=_is_hers),)


def _is_hers(event: MessageAppended) -> bool:
    return event.author_kind == "visitor"
