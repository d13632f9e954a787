"""What came in and what went out, for those who manage channels: read, and done again by hand."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.channels import registry, store
from kezhan.channels.accounts import get_account
from kezhan.channels.deliver import knows_again
from kezhan.channels.live import Channels
from kezhan.channels.schemas import DeliveryView, InboxView, Replayed
from kezhan.conversations.change import undelivered
from kezhan.conversations.read import seen_head
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller

_No = Annotated[int, Meta(ge=0, le=2**63 - 1)]


async def list_inbox(
    tx: Tx, account_id: UUID, after: str | None, limit: int, *, unsettled: bool
) -> Page[InboxView]:
    """Newest first, without content; `unsettled`: those alone that wait for somebody. Raises NotFound."""
    await get_account(tx, account_id)
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.inbox_log(tx, account_id, key, size + 1, unsettled=unsettled)
    more = encode_cursor(rows[size - 1].received_at, rows[size - 1].id) if len(rows) > size else None
    return Page(items=[_inbox_view(row) for row in rows[:size]], next=more)


async def list_deliveries(tx: Tx, account_id: UUID, after: str | None, limit: int) -> Page[DeliveryView]:
    """Newest first, without content. Raises NotFound."""
    account = await get_account(tx, account_id)
    size = page_size(limit)
    before = decode_cursor(after, tuple[_No])[0] if after else None
    rows = await store.delivery_log(tx, account_id, before, size + 1)
    more = encode_cursor(rows[size - 1].no) if len(rows) > size else None
    return Page(items=[_delivery_view(row, account.adapter) for row in rows[:size]], next=more)


async def replay_inbox(channels: Channels, caller: Caller, account_id: UUID, row_id: UUID) -> InboxView:
    """Take a kept call again, now. What is stored already stays as it is. Raises NotFound."""
    db = channels.desk.db
    async with db.tx(caller.workspace_id) as tx:
        row = await _inbox_row(tx, account_id, row_id)
        await record(tx, caller, "channel.replay_inbox", "channel", account_id)
    await channels.taker.again(row)
    async with db.tx(caller.workspace_id) as tx:
        return _inbox_view(await _inbox_row(tx, account_id, row_id))


async def dismiss_inbox(tx: Tx, caller: Caller, account_id: UUID, row_id: UUID) -> InboxView:
    """Nobody need look at a call any more that could not be taken in or passed on. A second time changes
    nothing. Raises NotFound; Refused 409 where nobody had to look."""
    row = await _inbox_row(tx, account_id, row_id)
    if row.dismissed_at is None:
        if not await store.dismiss_inbox(tx, row_id):
            raise Refused("channels.nothing_to_dismiss", 409)
        await record(tx, caller, "channel.dismiss_inbox", "channel", account_id)
    return _inbox_view(await _inbox_row(tx, account_id, row_id))


async def _inbox_row(tx: Tx, account_id: UUID, row_id: UUID) -> Row[Any]:
    row = await store.inbox_row(tx, row_id)
    if row is None or row.account_id != account_id:
        raise NotFound("channels.no_such_event")
    return row


async def replay_delivery(tx: Tx, caller: Caller, account_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Have it sent again, from the first attempt, under the same event id. Raises NotFound; Refused 409 where
    there is nothing to send, or where the customer would get it twice."""
    row = await store.delivery(tx, delivery_id)
    if row is None or row.account_id != account_id:
        raise NotFound("channels.no_such_event")
    account = await get_account(tx, account_id)
    if not _may_go_again(row, account.adapter):
        raise Refused("channels.already_sent", 409)
    if not await store.revive_delivery(tx, delivery_id):
        raise Refused("channels.nothing_to_send", 409)
    await record(tx, caller, "channel.replay_delivery", "channel", account_id)
    return _delivery_view(await store.delivery(tx, delivery_id) or row, account.adapter)


def _may_go_again(row: Row[Any], adapter: str) -> bool:
    """What the platform has goes again only where that knows it for the same."""
    channel = registry.channels().get(adapter)
    return row.state != "sent" or (channel is not None and knows_again(channel.capabilities, row))


async def resend(tx: Tx, caller: Caller, conversation_id: UUID, seq: int) -> DeliveryView:
    """Have a message that has not reached its customer sent again; it counts as sent until that fails too.
    Raises NotFound; Refused 409 where it has not failed."""
    await seen_head(tx, caller, conversation_id)
    row = await store.delivery_of(tx, conversation_id, seq)
    if row is None:
        raise NotFound("channels.no_such_event")
    if row.state != "failed" or not await store.revive_delivery(tx, row.id):
        raise Refused("channels.nothing_to_send", 409)
    await undelivered(tx, conversation_id, seq, None)
    account = await get_account(tx, row.account_id)
    await record(tx, caller, "channel.replay_delivery", "channel", account.id)
    return _delivery_view(await store.delivery(tx, row.id) or row, account.adapter)


async def replay_failed(tx: Tx, caller: Caller, account_id: UUID) -> Replayed:
    """Have everything of the account sent again that has failed in the last week. Raises NotFound."""
    await get_account(tx, account_id)
    count = await store.revive_failed(tx, account_id)
    await record(tx, caller, "channel.replay_failed", "channel", account_id)
    return Replayed(count)


def _inbox_view(row: Row[Any]) -> InboxView:
    parked = row.taken_at is None and row.due_at is None
    failed = row.passed_at is None and row.pass_due_at is None and row.pass_fault is not None
    parked_so = "dismissed" if row.dismissed_at is not None else "parked"
    passing = "passed" if row.passed_at is not None else "waiting" if row.pass_due_at is not None else ""
    return InboxView(
        id=row.id,
        dedup_key=row.dedup_key,
        state="taken" if row.taken_at is not None else parked_so if parked else "waiting",  # type: ignore[arg-type]
        attempts=row.attempts,
        fault=row.fault,
        passing="failed" if failed else passing,  # type: ignore[arg-type]
        pass_fault=row.pass_fault,
        dismissible=(parked or failed) and row.dismissed_at is None,
        delay_ms=row.delay_ms,
        received_at=wire(row.received_at),
        taken_at=wire_or_none(row.taken_at),
    )


def _delivery_view(row: Row[Any], adapter: str) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        conversation_id=row.conversation_id,
        what=row.what,
        seq=row.seq,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        fault=row.fault,
        reason=row.reason,
        external_id=row.external_id,
        created_at=wire(row.created_at),
        due_at=wire(row.due_at) if row.state == "waiting" else None,
        sent_at=wire_or_none(row.sent_at),
        may_go_again=_may_go_again(row, adapter),
    )
