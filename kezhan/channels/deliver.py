"""From the outbox to the platform: a row for everything a customer elsewhere is to hear of, sent in order per
conversation, again and again with growing pauses, until the platform has it or has refused it."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.base import Channel, Outbound, OutboundFile, Retry, Turned, What
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.links import file_link
from kezhan.channels.registry import channels, find
from kezhan.conversations.desk import Desk
from kezhan.conversations.events import ConversationClosed, MessageAppended, MessageChanged
from kezhan.conversations.schemas import FilePayload, Kind
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.outbox import Event, Handler

BACKOFF = (30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""Seconds before each further attempt."""
_AT_ONCE = 20
_BEAT_SECONDS = 0.25
_SEND_SECONDS = 30
_LONGEST_PAUSE = 24 * 3600.0


def handlers() -> tuple[Handler, ...]:
    """The room's `later` listeners."""
    return (Handler("channels.deliveries", (MessageAppended, MessageChanged, ConversationClosed), queue),)


# From events to rows


async def queue(tx: Tx, events: Sequence[Event]) -> None:
    """A delivery for each reply, edit, recall and close whose customer is on a channel that sends."""
    able = {name: channel for name, channel in channels().items() if channel.send is not None}
    places = {
        (event.conversation_id, event.seq)
        for event in events
        if isinstance(event, MessageChanged)
        or (isinstance(event, MessageAppended) and event.author_kind == "agent" and event.kind != Kind.NOTE)
    }
    closes = {event.conversation_id for event in events if isinstance(event, ConversationClosed)}
    if not able or not (places or closes):
        return
    names = list(able)
    messages = {}
    if places:
        messages = {
            (row.conversation_id, row.seq): row
            for row in await store.agents_messages(tx, list(places), names)
        }
    closing = [name for name in names if able[name].capabilities.closing]
    ended = {}
    if closes and closing:
        ended = {row.id: row for row in await store.ended(tx, list(closes), closing)}
    rows = [_row(event, messages, ended, able) for event in events]
    await store.add_deliveries(tx, [row for row in rows if row is not None])


def _row(
    event: Event,
    messages: dict[tuple[UUID, int], Row[Any]],
    ended: dict[UUID, Row[Any]],
    able: dict[str, Channel],
) -> dict[str, Any] | None:
    if isinstance(event, ConversationClosed):
        row = ended.get(event.conversation_id)
        return _values(row.account_id, row.id, "closed", row.last_seq, row.rev) if row is not None else None
    if not isinstance(event, MessageAppended | MessageChanged):
        return None
    row = messages.get((event.conversation_id, event.seq))
    if row is None:
        return None
    if isinstance(event, MessageAppended):
        return _values(row.account_id, row.conversation_id, "message", event.seq, 0)
    can = able[row.channel].capabilities
    if not (can.recall if event.recalled else can.edit):
        return None
    what: What = "recalled" if event.recalled else "edited"
    return _values(row.account_id, row.conversation_id, what, event.seq, event.rev)


def _values(account_id: UUID, conversation_id: UUID, what: What, seq: int, rev: int) -> dict[str, Any]:
    return {
        "id": new_id(),
        "account_id": account_id,
        "conversation_id": conversation_id,
        "what": what,
        "seq": seq,
        "rev": rev,
    }


# From rows to the platform


class Courier:
    """Sends what is due. Several processes share the rows by SKIP LOCKED; of one conversation only the first
    waiting row is ever under way."""

    def __init__(
        self,
        desk: Desk,
        http: httpx2.AsyncClient,
        figures: ChannelFigures,
        *,
        backoff: Sequence[float] = BACKOFF,
    ) -> None:
        self._desk = desk
        self._figures = figures
        self._http = http
        self._backoff = tuple(backoff)
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now rather than at the next beat."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._wake.clear()
            try:
                busy = await self.step()
            except Exception as fault:
                busy = False
                log.warning("channels.deliveries_failed", fault=repr(fault))
            if not busy:
                await self._rest()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(_BEAT_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def step(self) -> bool:
        """Begin to send what is due, as far as there is room; whether anything was begun."""
        room = _AT_ONCE - len(self._tasks)
        if room <= 0:
            return False
        async with self._desk.db.system_tx() as tx:
            claimed = await store.claim_deliveries(tx, room)
        for row in claimed:
            task = asyncio.create_task(self._deliver(row))
            self._tasks.add(task)
            task.add_done_callback(self._done)
        return bool(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._wake.set()

    async def stop(self) -> None:
        """Give what is under way a moment; the rest goes out again after its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)

    async def _deliver(self, row: Row[Any]) -> None:
        try:
            values, wait = await self._attempt(row)
            async with self._desk.db.tx(row.workspace_id) as tx:
                await store.settle_delivery(tx, row.id, values, wait)
        except Exception as fault:
            # The claim's lease ends, and the row comes up again.
            log.warning("channels.delivery_fault", delivery=str(row.id), fault=type(fault).__name__)

    async def _attempt(self, row: Row[Any]) -> tuple[dict[str, Any], timedelta | None]:
        """What to write after one attempt, and how long until the next."""
        try:
            async with self._desk.db.tx(row.workspace_id) as tx:
                account = await opened_account(tx, self._desk.keyring, row.account_id)
                outbound = await self._outbound(tx, account, row)
            if outbound is None:
                return {"state": "dropped", "fault": None}, None
            channel = find(account.adapter)
            if channel.send is None or account.archived:
                raise Turned(
                    "the channel has been removed" if account.archived else "the channel does not send"
                )
            async with asyncio.timeout(_SEND_SECONDS):
                receipt = await channel.send(self._http, as_adapter(channel, account), outbound)
        except Turned as fault:
            return {"state": "failed", "fault": fault.why[:500], "status": fault.status}, None
        except Retry as fault:
            return self._later(row, fault.why, fault.status, fault.after)
        except Exception as fault:
            return self._later(row, type(fault).__name__, None, 0)
        self._figures.sent(account.adapter, row.created_at)
        external_id = receipt.external_id[:200] or None
        return {"state": "sent", "fault": None, "status": receipt.status, "external_id": external_id}, None

    def _later(
        self, row: Row[Any], why: str, status: int | None, after: float
    ) -> tuple[dict[str, Any], timedelta | None]:
        values = {"fault": why[:500], "status": status}
        if row.attempts > len(self._backoff):
            return {"state": "failed", **values}, None
        seconds = min(max(self._backoff[row.attempts - 1], after), _LONGEST_PAUSE)
        return values, timedelta(seconds=seconds)

    async def _outbound(self, tx: Tx, account: Account, row: Row[Any]) -> Outbound | None:
        """The row's content as it is now; None where there is nothing left to tell."""
        if row.what == "closed":
            external_id = await store.customer_of(tx, row.conversation_id)
            return _outbound(row, external_id) if external_id is not None else None
        found = await store.told_of(tx, row.conversation_id, row.seq)
        if found is None:
            return None
        is_first = row.what == "message"
        gone = found.recalled_at is not None and row.what != "recalled"
        if gone or (not is_first and not found.told):
            return None
        return _outbound(row, found.external_id, found, self._file(account, found))

    def _file(self, account: Account, found: Row[Any]) -> OutboundFile | None:
        payload = found.payload
        if not isinstance(payload, FilePayload):
            return None
        url = file_link(self._desk.keyring, self._desk.settings.address, account, payload.file_id, now())
        return OutboundFile(url=url, name=payload.name, media_type=payload.media_type, size=payload.size)


def _outbound(
    row: Row[Any], external_id: str, found: Row[Any] | None = None, file: OutboundFile | None = None
) -> Outbound:
    return Outbound(
        event_id=str(row.id),
        what=row.what,
        at=found.created_at if found is not None else row.created_at,
        conversation_id=row.conversation_id,
        external_id=external_id,
        seq=row.seq,
        client_id=(found.client_id or "") if found is not None else "",
        kind="file" if file is not None else "text",
        text=found.body if found is not None else "",
        file=file,
        quote_seq=found.quote_seq if found is not None else None,
        agent_name=found.agent_name if found is not None else "",
    )
