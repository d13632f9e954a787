"""What came in and what went out, for those who manage channels: read, and done again by hand."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.channels import store
from kezhan.channels.accounts import get_account
from kezhan.channels.live import Channels
from kezhan.channels.schemas import DeliveryView, InboxView
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller

_No = Annotated[int, Meta(ge=0, le=2**63 - 1)]


async def list_inbox(tx: Tx, account_id: UUID, after: str | None, limit: int) -> Page[InboxView]:
    """Newest first, without content. Raises NotFound."""
    await get_account(tx, account_id)
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.inbox_log(tx, account_id, key, size + 1)
    more = encode_cursor(rows[size - 1].received_at, rows[size - 1].id) if len(rows) > size else None
    return Page(items=[_inbox_view(row) for row in rows[:size]], next=more)


async def list_deliveries(tx: Tx, account_id: UUID, after: str | None, limit: int) -> Page[DeliveryView]:
    """Newest first, without content. Raises NotFound."""
    await get_account(tx, account_id)
    size = page_size(limit)
    before = decode_cursor(after, tuple[_No])[0] if after else None
    rows = await store.delivery_log(tx, account_id, before, size + 1)
    more = encode_cursor(rows[size - 1].no) if len(rows) > size else None
    return Page(items=[_delivery_view(row) for row in rows[:size]], next=more)


async def replay_inbox(channels: Channels, caller: Caller, account_id: UUID, row_id: UUID) -> InboxView:
    """Take a kept call again, now. What is stored already stays as it is. Raises NotFound."""
    db = channels.desk.db
    async with db.tx(caller.workspace_id) as tx:
        row = await _inbox_row(tx, account_id, row_id)
        await record(tx, caller, "channel.replay_inbox", "channel", account_id)
    await channels.taker.again(row)
    async with db.tx(caller.workspace_id) as tx:
        return _inbox_view(await _inbox_row(tx, account_id, row_id))


async def _inbox_row(tx: Tx, account_id: UUID, row_id: UUID) -> Row[Any]:
    row = await store.inbox_row(tx, row_id)
    if row is None or row.account_id != account_id:
        raise NotFound("channels.no_such_event")
    return row


async def replay_delivery(tx: Tx, caller: Caller, account_id: UUID, delivery_id: UUID) -> DeliveryView:
    """Have it sent again, from the first attempt, under the same event id. Raises NotFound; Refused 409 where
    there is nothing to send."""
    row = await store.delivery(tx, delivery_id)
    if row is None or row.account_id != account_id:
        raise NotFound("channels.no_such_event")
    if not await store.revive_delivery(tx, delivery_id):
        raise Refused("channels.nothing_to_send", 409)
    await record(tx, caller, "channel.replay_delivery", "channel", account_id)
    return _delivery_view(await store.delivery(tx, delivery_id) or row)


def _inbox_view(row: Row[Any]) -> InboxView:
    waiting = "parked" if row.due_at is None else "waiting"
    return InboxView(
        id=row.id,
        dedup_key=row.dedup_key,
        state="taken" if row.taken_at is not None else waiting,  # type: ignore[arg-type]
        attempts=row.attempts,
        fault=row.fault,
        delay_ms=row.delay_ms,
        received_at=wire(row.received_at),
        taken_at=wire_or_none(row.taken_at),
    )


def _delivery_view(row: Row[Any]) -> DeliveryView:
    return DeliveryView(
        id=row.id,
        conversation_id=row.conversation_id,
        what=row.what,
        seq=row.seq,
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        fault=row.fault,
        external_id=row.external_id,
        created_at=wire(row.created_at),
        due_at=wire(row.due_at) if row.state == "waiting" else None,
        sent_at=wire_or_none(row.sent_at),
    )
