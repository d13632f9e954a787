"""A person is blocked: what she writes is kept, apart from everything, and she is told nothing."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct, convert, structs
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts.events import ContactsJoined, ContactsParted
from kezhan.contacts.merges.journal import add_moves, moves
from kezhan.contacts.values import visitor_number
from kezhan.conversations.assign import ended
from kezhan.conversations.events import ConversationClosed
from kezhan.conversations.number import add_event, hold
from kezhan.conversations.receive import Customer, begin
from kezhan.conversations.schemas import EventPayload, State
from kezhan.conversations.spam import store
from kezhan.conversations.spam.schemas import BlockIn, BlockView
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.workspaces.authenticate import Caller

BLOCK_TIMER = "conversations.block"
IDENTITY_TIMER = "conversations.block_identity"


class _Block(Struct, frozen=True, kw_only=True):
    """A customer's block, also as the journal of a merge keeps it."""

    until: datetime | None
    reason: str
    by_id: UUID
    created_at: datetime


_BLOCK = _Block.__struct_fields__


async def block(tx: Tx, caller: Caller, contact_id: UUID, form: BlockIn) -> None:
    """From now on; what she has open ends. The same again changes nothing but the time. Raises NotFound."""
    contact_id = (await contacts.get(tx, contact_id)).id
    before, at = await store.block_of(tx, contact_id), now()
    until, reason = _form(form, at)
    if before is not None and before.until is None and until is None and before.reason == reason:
        return
    values = {"until": until, "reason": reason, "by_id": caller.membership_id}
    await _put(tx, contact_id, {**values, "created_at": at if before is None else before.created_at})
    for conversation_id in await store.open_of(tx, contact_id, hidden=False):
        await _end(
            tx, conversation_id, EventPayload(event="blocked", actor=caller.name), caller.membership_id
        )
    await record(tx, caller, "contact.block", "contact", contact_id)


def _form(form: BlockIn, at: datetime) -> tuple[datetime | None, str]:
    """Until when, and why."""
    if "\0" in form.reason:
        raise Refused("kit.bad_text", 400, field="reason")
    return None if form.hours is None else at + timedelta(hours=form.hours), form.reason.strip()


async def block_identity(tx: Tx, caller: Caller, identity_id: UUID, form: BlockIn) -> None:
    """This one of a customer's identities alone; what it has open ends. The same again changes nothing but
    the time. Raises NotFound where it has never written, Refused 409 where the whole customer is blocked."""
    last, at = await store.newest_of(tx, identity_id), now()
    if last is None:
        raise NotFound("contacts.not_found")
    if await store.block_of(tx, last.contact_id) is not None:
        raise Refused("conversations.blocked_whole", 409)
    until, reason = _form(form, at)
    before = await store.alone_of(tx, identity_id)
    if before is not None and before.until is None and until is None and before.reason == reason:
        return
    if last.state != State.CLOSED:
        ending = EventPayload(event="unblocked" if before is not None else "blocked", actor=caller.name)
        await _end(tx, last.id, ending, caller.membership_id)
    who = Customer(
        workspace_id=tx.workspace,
        account_id=last.account_id,
        channel=last.channel,
        identity_id=identity_id,
        contact_id=last.contact_id,
    )
    event = EventPayload(event=store.ALONE, actor=caller.name, until=wire_or_none(until), reason=reason)
    if await begin(tx, who, None, event, apart=True) is None:
        # Somebody has opened one meanwhile: she herself, or who blocks her as well.
        await block_identity(tx, caller, identity_id, form)
        return
    if until is None:
        await cancel_timer(tx, IDENTITY_TIMER, identity_id)
    else:
        await set_timer(tx, IDENTITY_TIMER, identity_id, until)
    await record(tx, caller, "contact.block_identity", "contact", last.contact_id)


async def unblock_identity(tx: Tx, caller: Caller, identity_id: UUID) -> None:
    """Its next message is a customer's again. Not blocked: nothing changes."""
    row = await store.alone_of(tx, identity_id)
    if row is None:
        return
    await _end(tx, row.id, EventPayload(event="unblocked"), None)
    await cancel_timer(tx, IDENTITY_TIMER, identity_id)
    last = await store.newest_of(tx, identity_id)
    await record(tx, caller, "contact.unblock_identity", "contact", last.contact_id if last else None)


async def _on_identity_over(tx: Tx, identity_id: UUID) -> None:
    row = await store.alone_of(tx, identity_id)
    if row is not None and row.until is not None and row.until <= now():
        await _end(tx, row.id, EventPayload(event="unblocked"), None)


async def unblock(tx: Tx, caller: Caller, contact_id: UUID) -> None:
    """Her next message is a customer's again. Not blocked: nothing changes."""
    if await store.block_of(tx, contact_id) is None:
        return
    await _lift(tx, contact_id)
    await cancel_timer(tx, BLOCK_TIMER, contact_id)
    await record(tx, caller, "contact.unblock", "contact", contact_id)


async def on_joined(tx: Tx, event: ContactsJoined) -> None:
    """Wired `in_tx`: as one of the two she stays blocked, of two blocks by the longer one. What somebody has
    open with her is left to him. Both blocks are kept in the journal of the merge."""
    one = await store.block_of(tx, event.gone_id)
    if one is None:
        return
    other = await store.block_of(tx, event.kept_id)
    known = [(row.contact_id, {name: getattr(row, name) for name in _BLOCK}) for row in (one, other) if row]
    await add_moves(tx, event.merge_id, "block", known)
    await _free(tx, event.gone_id)
    if other is not None and (other.until is None or (one.until is not None and one.until <= other.until)):
        return
    await _put(tx, event.kept_id, known[0][1])


async def on_parted(tx: Tx, event: ContactsParted) -> None:
    """Wired `in_tx`: each is blocked as she was, unless the one they were has been set free meanwhile."""
    known = {row.ref: convert(row.detail, _Block) for row in await moves(tx, event.merge_id, "block")}
    standing = await store.block_of(tx, event.kept_id)
    if event.gone_id not in known or standing is None:
        return
    one, other = known[event.gone_id], known.get(event.kept_id)
    await _put(tx, event.gone_id, structs.asdict(one))
    if standing.created_at == one.created_at:
        if other is None:
            await _free(tx, event.kept_id)
        else:
            await _put(tx, event.kept_id, structs.asdict(other))


async def _put(tx: Tx, contact_id: UUID, values: dict[str, Any]) -> None:
    """The block of `_BLOCK`, and the timer that lifts it."""
    await store.put_block(tx, contact_id, values)
    if values["until"] is None:
        await cancel_timer(tx, BLOCK_TIMER, contact_id)
    else:
        await set_timer(tx, BLOCK_TIMER, contact_id, values["until"])


async def _free(tx: Tx, contact_id: UUID) -> None:
    await store.drop_block(tx, contact_id)
    await cancel_timer(tx, BLOCK_TIMER, contact_id)


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
    following = encode_cursor(last.created_at, last.key) if last is not None else None
    return Page(items=[_view(row) for row in rows[:size]], next=following)


def _view(row: Row[Any]) -> BlockView:
    return BlockView(
        contact_id=row.contact_id,
        contact_name=row.contact_name,
        contact_number=visitor_number(row.contact_id),
        reason=row.reason,
        since=wire(row.created_at),
        until=wire_or_none(row.until),
        by_name=row.by_name,
        identity_id=row.identity_id,
        channel=row.channel,
    )


TIMERS: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = {
    BLOCK_TIMER: _on_over,
    IDENTITY_TIMER: _on_identity_over,
}
