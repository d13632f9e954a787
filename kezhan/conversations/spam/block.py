"""A person is blocked: what she writes is kept, apart from everything, and she is told nothing."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts.events import ContactsJoined
from kezhan.contacts.values import visitor_number
from kezhan.conversations.assign import ended
from kezhan.conversations.events import ConversationClosed
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.spam import store
from kezhan.conversations.spam.schemas import BlockIn, BlockView
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.workspaces.authenticate import Caller

BLOCK_TIMER = "conversations.block"
_BLOCK = ("until", "reason", "by_id", "created_at")


async def block(tx: Tx, caller: Caller, contact_id: UUID, form: BlockIn) -> None:
    """From now on; what she has open ends. The same again changes nothing but the time. Raises NotFound."""
    if "\0" in form.reason:
        raise Refused("kit.bad_text", 400, field="reason")
    contact_id = (await contacts.get(tx, contact_id)).id
    before, at = await store.block_of(tx, contact_id), now()
    until = None if form.hours is None else at + timedelta(hours=form.hours)
    reason = form.reason.strip()
    if before is not None and before.until is None and until is None and before.reason == reason:
        return
    values = {"until": until, "reason": reason, "by_id": caller.membership_id}
    kept = {**values, "created_at": at if before is None else before.created_at}
    await store.put_block(tx, contact_id, kept)
    if until is None:
        await cancel_timer(tx, BLOCK_TIMER, contact_id)
    else:
        await set_timer(tx, BLOCK_TIMER, contact_id, until)
    for conversation_id in await store.open_of(tx, contact_id, hidden=False):
        await _end(
            tx, conversation_id, EventPayload(event="blocked", actor=caller.name), caller.membership_id
        )
    await record(tx, caller, "contact.block", "contact", contact_id)


async def unblock(tx: Tx, caller: Caller, contact_id: UUID) -> None:
    """Her next message is a customer's again. Not blocked: nothing changes."""
    if await store.block_of(tx, contact_id) is None:
        return
    await _lift(tx, contact_id)
    await cancel_timer(tx, BLOCK_TIMER, contact_id)
    await record(tx, caller, "contact.unblock", "contact", contact_id)


async def on_joined(tx: Tx, event: ContactsJoined) -> None:
    """Wired `in_tx`: as one of the two she stays blocked, of two blocks by the longer one. What somebody has
    open with her is left to him."""
    one = await store.block_of(tx, event.gone_id)
    if one is None:
        return
    other = await store.block_of(tx, event.kept_id)
    await store.drop_block(tx, event.gone_id)
    await cancel_timer(tx, BLOCK_TIMER, event.gone_id)
    if other is not None and (other.until is None or (one.until is not None and one.until <= other.until)):
        return
    await store.put_block(tx, event.kept_id, {name: getattr(one, name) for name in _BLOCK})
    if one.until is None:
        await cancel_timer(tx, BLOCK_TIMER, event.kept_id)
    else:
        await set_timer(tx, BLOCK_TIMER, event.kept_id, one.until)


async def _on_over(tx: Tx, contact_id: UUID) -> None:
    row = await store.block_of(tx, contact_id)
    if row is not None and row.until is not None and row.until <= now():
        await _lift(tx, contact_id)


async def _lift(tx: Tx, contact_id: UUID) -> None:
    await store.drop_block(tx, contact_id)
    for conversation_id in await store.open_of(tx, contact_id, hidden=True):
        await _end(tx, conversation_id, EventPayload(event="unblocked"), None)


async def _end(tx: Tx, conversation_id: UUID, event: EventPayload, by: UUID | None) -> None:
    row = await hold(tx, conversation_id)
    if row.state == State.CLOSED:
        return
    await add_event(tx, row.id, event, await ended(tx, row), row=row)
    if row.spam_at is None:
        await emit(tx, ConversationClosed(conversation_id=row.id, by=by))


async def list_blocks(tx: Tx, after: str | None, limit: int) -> Page[BlockView]:
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.blocks(tx, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    following = encode_cursor(last.created_at, last.contact_id) if last is not None else None
    return Page(items=[_view(row) for row in rows[:size]], next=following)


def _view(row: Row[Any]) -> BlockView:
    return BlockView(
        contact_id=row.contact_id,
        contact_name=row.contact_name or "",
        contact_number=visitor_number(row.contact_id),
        reason=row.reason,
        since=wire(row.created_at),
        until=wire_or_none(row.until),
        by_name=row.by_name,
    )


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {BLOCK_TIMER: _on_over}
