"""From the rows to the platform: in order per conversation, again and again with growing pauses, until the
platform has it or has refused it."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

import httpx2
from msgspec import structs
from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.base import (
    Capabilities,
    Channel,
    Outbound,
    OutboundFile,
    Receipt,
    Retry,
    Turned,
    detail,
    reason,
)
from kezhan.channels.customers import store as customers
from kezhan.channels.customers.names import EXTERNAL_ID, short
from kezhan.channels.customers.store import Named, close_window, name_messages, use_window
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.lines import Lines
from kezhan.channels.links import CUSTOMERS_LIFE, LIFE, file_link, survey_link
from kezhan.channels.pace import Pace
from kezhan.channels.parts import parts_of
from kezhan.channels.registry import find
from kezhan.channels.rich import with_card
from kezhan.channels.schemas import ReachFrame
from kezhan.channels.standing.store import REFUSED
from kezhan.channels.templates import use_of
from kezhan.channels.working import note_refused, note_sent
from kezhan.conversations.change import undelivered
from kezhan.conversations.copies import copies_of
from kezhan.conversations.desk import Desk
from kezhan.conversations.reactions.react import our_reaction
from kezhan.conversations.rich.card import file_in
from kezhan.conversations.rich.schemas import CardPayload
from kezhan.conversations.schemas import FilePayload, SurveyPayload
from kezhan.files.service import get
from kezhan.kit.beat import work
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.log import log

BACKOFF = (30.0, 120.0, 600.0, 3600.0, 6 * 3600.0, 24 * 3600.0)
"""Seconds before each further attempt."""
_AT_ONCE = 32
"""Under way in this process; of one account half of what the others leave, so 16 where it is alone."""
_BEAT_SECONDS = 1.0
"""How often is looked for what other processes have left."""
_SOON = timedelta(seconds=5)
"""What is due again before that is looked for just then."""
_UNDER_WAY_SECONDS = 180
_LONGEST_PAUSE = 24 * 3600.0


class Courier:
    """Sends what is due. Several processes share the rows by SKIP LOCKED; of one conversation only the first
    waiting row is ever under way."""

    def __init__(
        self,
        desk: Desk,
        lines: Lines,
        figures: ChannelFigures,
        *,
        backoff: Sequence[float] = BACKOFF,
        haste: float = 1.0,
    ) -> None:
        self._desk = desk
        self._figures = figures
        self._lines = lines
        self._backoff = tuple(backoff)
        self._pace = Pace(haste)
        self._tasks: dict[asyncio.Task[None], UUID] = {}
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Look now rather than at the next beat."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        await work(self.step, self._wake, _BEAT_SECONDS, "channels.deliveries_failed")

    async def step(self) -> bool:
        """Begin to send what is due, as far as there is room; whether anything was begun."""
        if len(self._tasks) >= _AT_ONCE:
            return False
        async with self._desk.db.system_tx() as tx:
            claimed = await store.claim_deliveries(tx, Counter(self._tasks.values()), _AT_ONCE)
        for row in claimed:
            task = asyncio.create_task(self._deliver(row))
            self._tasks[task] = row.account_id
            task.add_done_callback(self._done)
        return bool(claimed)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        self._wake.set()

    async def stop(self) -> None:
        """Give what is under way a moment; the rest goes out again after its lease."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)

    async def _deliver(self, row: Row[Any]) -> None:
        try:
            outcome = await self._attempt(row)
            async with self._desk.db.tx(row.workspace_id) as tx:
                await self._settle(tx, row, outcome)
            if outcome.wait is not None and outcome.wait < _SOON:
                asyncio.get_running_loop().call_later(outcome.wait.total_seconds(), self.wake)
            if outcome.over and row.what == "message":
                frame = ReachFrame(conversation_id=row.conversation_id)
                self._desk.across.say([f"conversation:{row.conversation_id}"], frame)
                if outcome.values["state"] == "sent":
                    await note_sent(self._desk.db, row.workspace_id, row.account_id)
        except Exception as fault:
            # The claim's lease ends, and the row comes up again.
            log.warning("channels.delivery_fault", delivery=str(row.id), fault=type(fault).__name__)

    async def _settle(self, tx: Tx, row: Row[Any], outcome: "_Outcome") -> None:
        if outcome.refused is not None and await self._has_changed(tx, outcome.refused):
            # Who changed it has had what failed before sent again, and has not seen this one among it.
            outcome = _Outcome({"attempts": row.attempts - 1, "begun": row.begun}, timedelta())
        elif outcome.unsure and await store.is_heard_of(tx, row):
            outcome = _Outcome({"attempts": row.attempts - 1}, timedelta())
        if not await store.settle_delivery(tx, row, outcome.values, outcome.wait):
            return
        if row.what == "message" and outcome.over:
            sent = outcome.values["state"] == "sent"
            fault = outcome.values.get("reason") or "permanent"
            await undelivered(tx, row.conversation_id, row.seq, None if sent else fault)
        if outcome.refused is not None:
            why = outcome.values["fault"]
            mark = self._lines.sealed_text(outcome.refused.id, REFUSED, why)
            await note_refused(tx, self._desk.db, outcome.refused, why, mark)
        if outcome.values.get("reason") == "window_closed":
            found = await store.place_of(tx, row.conversation_id)
            await close_window(tx, found.account_id, found.identity_id)

    async def _has_changed(self, tx: Tx, account: Account) -> bool:
        """Whether other credentials stand in the account by now. It is held, so that they stay."""
        await store.hold_account(tx, account.id)
        found = await opened_account(tx, self._desk.keyring, account.id)
        return (found.settings, found.secrets) != (account.settings, account.secrets)

    async def _attempt(self, row: Row[Any]) -> "_Outcome":
        """What to write after one attempt, and how long until the next."""
        try:
            async with self._desk.db.tx(row.workspace_id) as tx:
                account = await opened_account(tx, self._desk.keyring, row.account_id)
                told = await self._told(tx, account, row)
            if told is None:
                return _Outcome({"state": "dropped", "fault": None, "reason": ""})
            channel = find(account.adapter)
        except Exception as fault:
            # Whether an attempt before this one was broken off nobody has looked at yet.
            log.warning("channels.delivery_unready", delivery=str(row.id), fault=type(fault).__name__)
            return self._later(row, Retry(detail(fault), fault=reason(fault)), begun=row.begun)
        try:
            receipt = await self._send(channel, account, row, told)
        except _Paced as pause:
            return _Outcome({"attempts": row.attempts - 1}, timedelta(seconds=pause.seconds))
        except Turned as fault:
            return _given_up(row, fault, account)
        except Retry as fault:
            # What may have arrived stays begun: once the platform has forgotten it, it is not sent again.
            return self._later(row, fault, begun=None if _unsure(fault) else row.begun)
        self._figures.sent(account.adapter, row.created_at)
        values = {"state": "sent", "fault": None, "reason": "", "status": receipt.status}
        return _Outcome({**values, "external_id": receipt.external_id or None})

    async def _send(self, channel: Channel, account: Account, row: Row[Any], told: "_Told") -> Receipt:
        """Send the parts that the platform does not have yet, each noted as soon as it has it."""
        if channel.send is None or account.archived:
            why = "the channel has been removed" if account.archived else "the channel does not send"
            raise Turned(why, fault="not_allowed")
        able = channel.able(as_adapter(channel, account))
        if row.what == "closed" and not able.closing:
            return Receipt()  # the account's settings leave it at that
        receipt = Receipt(external_id=(row.parts[0] or "") if row.parts else "")
        outbound = told.outbound
        if outbound.file is not None and outbound.template is None:
            file = await self._lines.voiced(account, able, outbound.file)
            outbound = structs.replace(outbound, file=file)
        for number, part in enumerate(parts_of(able, outbound, told.link)):
            if number < len(row.parts) and row.parts[number] is not None:
                continue
            wait = self._pace.ask(account.id, part.external_id, able)
            if wait > 0:
                raise _Paced(wait)
            known = knows_again(able, row)
            if not (known and row.begun > number):
                await self._begin_part(account, row, number)
            got = await self._speak(channel, account, part, repeatable=known)
            name = short(got.external_id, EXTERNAL_ID) if got.external_id else ""
            receipt = structs.replace(got, external_id=name if number == 0 else receipt.external_id)
            async with self._desk.db.tx(account.workspace_id) as tx:
                await self._note_part(tx, account, row, told, number, name)
        return receipt

    async def _begin_part(self, account: Account, row: Row[Any], number: int) -> None:
        """Where a process has died over it nobody knows whether it arrived."""
        if row.begun > number:
            raise Turned("broken off while it was being sent", fault="unsure")
        async with self._desk.db.tx(account.workspace_id) as tx:
            if not await store.part_begun(tx, row, number):
                raise Turned("somebody else is sending it", fault="unsure")

    async def _speak(
        self, channel: Channel, account: Account, part: Outbound, *, repeatable: bool
    ) -> Receipt:
        """Raises Retry and Turned, whatever the adapter raises. What the platform may have already is not
        sent again where it would take that for another message: somebody has to look."""
        send = channel.send
        try:
            async with asyncio.timeout(channel.send_seconds):
                return await self._lines.speak(account, lambda _, line: send(line, part))  # type: ignore[misc]
        except Turned:
            raise
        except Retry as fault:
            if repeatable or not _unsure(fault):
                raise
            raise Turned(fault.why, status=fault.status, fault="unsure") from fault
        except Exception as fault:
            log.warning("channels.sending_failed", account=str(account.id), fault=type(fault).__name__)
            why = detail(fault)
            again = Retry(why, fault=reason(fault)) if repeatable else Turned(why, fault="unsure")
            raise again from fault

    async def _note_part(
        self, tx: Tx, account: Account, row: Row[Any], told: "_Told", number: int, name: str
    ) -> None:
        await store.part_sent(tx, row.id, number, name)
        if row.what != "message":
            return
        if name:
            await name_messages(tx, [Named(account.id, name, row.conversation_id, row.seq)])
        if told.outbound.template is None:  # those go whenever, and as often as one likes
            await use_window(tx, account.id, told.identity_id)

    def _later(self, row: Row[Any], fault: Retry, *, begun: int | None = None) -> "_Outcome":
        """`begun`: how many parts may have arrived; None: as it stands by now."""
        values: dict[str, Any] = {"fault": fault.why[:500], "status": fault.status, "reason": fault.fault}
        values |= {} if begun is None else {"begun": begun}
        if row.attempts > len(self._backoff):
            return _Outcome({"state": "failed", **values})
        seconds = min(max(self._backoff[row.attempts - 1], fault.after), _LONGEST_PAUSE)
        return _Outcome(values, timedelta(seconds=seconds))

    async def _told(self, tx: Tx, account: Account, row: Row[Any]) -> "_Told | None":
        """The row's content as it is now; None where there is nothing left to tell."""
        place = await store.place_of(tx, row.conversation_id)
        if row.what == "closed":
            return _Told(_outbound(row, place.external_id), place.identity_id)
        found = await store.told_of(tx, row.conversation_id, row.seq)
        if found is None:
            return None
        is_first = row.what == "message"
        gone = found.recalled_at is not None and row.what != "recalled"
        if gone or (row.what in {"edited", "recalled"} and not found.told):
            return None
        channel = find(account.adapter)
        life = CUSTOMERS_LIFE if channel.capabilities.by_link else LIFE
        outbound = _outbound(row, place.external_id, found, self._file(account, found, life))
        window = await customers.window(tx, account.id, place.identity_id)
        quoted = found.quote_seq and await customers.names_of(tx, row.conversation_id, found.quote_seq)
        outbound = structs.replace(
            outbound,
            message_ids=[] if is_first else await customers.names_of(tx, row.conversation_id, row.seq),
            quote_id=quoted[0] if quoted else "",
            ticket=self._lines.opened_text(account.id, "ticket", window["ticket"]) if window else "",
            ticket_at=window["ticket_at"] if window else None,
            last_message_id=window["last_message_id"] if window else "",
            text=self._text(account, found),
            copies=copies_of(found.payload),
        )
        if isinstance(found.payload, CardPayload):
            outbound = with_card(outbound, found.payload, await self._picture(tx, account, found.payload))
        if row.what == "reacted":
            if not outbound.message_ids:
                return None  # the platform knows no such message
            outbound = structs.replace(outbound, text=await our_reaction(tx, row.conversation_id, row.seq))
        return _Told(outbound, place.identity_id, self._link(account, found))

    def _text(self, account: Account, found: Row[Any]) -> str:
        """With the address of a survey, which is nobody's but the customer's: the thread does not show it."""
        payload, body = found.payload, str(found.body)
        if not isinstance(payload, SurveyPayload) or not payload.link:
            return body
        keyring, address = self._desk.keyring, self._desk.settings.address
        return f"{body}\n{survey_link(keyring, address, account.workspace_id, payload.invite_id)}"

    def _file(self, account: Account, found: Row[Any], life: timedelta) -> OutboundFile | None:
        payload = found.payload
        if not isinstance(payload, FilePayload):
            return None
        keyring, address = self._desk.keyring, self._desk.settings.address
        return OutboundFile(
            id=payload.file_id,
            url=file_link(keyring, address, account, payload.file_id, now(), life=life),
            name=payload.name,
            media_type=payload.media_type,
            size=payload.size,
        )

    async def _picture(self, tx: Tx, account: Account, payload: CardPayload) -> OutboundFile | None:
        """The uploaded one of the message's card, while it is there."""
        image = file_in(payload)
        if image is None:
            return None
        try:
            file = await get(tx, image)
        except NotFound:
            return None
        url = self._link_of(account, image)
        return OutboundFile(id=image, url=url, name=file.name, media_type=file.media_type, size=file.size)

    def _link_of(self, account: Account, file_id: UUID) -> str:
        keyring, address = self._desk.keyring, self._desk.settings.address
        return file_link(keyring, address, account, file_id, now(), life=CUSTOMERS_LIFE)

    def _link(self, account: Account, found: Row[Any]) -> str:
        """For the customer herself, who may look at it days later."""
        payload = found.payload
        return self._link_of(account, payload.file_id) if isinstance(payload, FilePayload) else ""


def knows_again(able: Capabilities, row: Row[Any]) -> bool:
    """Whether the platform would know a second attempt for the first, however long ago that was."""
    if not able.idempotent or able.repeat_seconds is None:
        return able.idempotent
    # It counts from the first attempt, which is no earlier than the row; what is being sent takes a while.
    until: datetime = row.created_at + timedelta(seconds=able.repeat_seconds - _UNDER_WAY_SECONDS)
    return now() < until


def _unsure(fault: Retry) -> bool:
    """Whether the platform may have done what was asked of it."""
    if fault.sure:
        return False
    if fault.status is not None:
        return fault.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return isinstance(fault.__cause__, httpx2.TransportError | TimeoutError)


class _Outcome(NamedTuple):
    """What is written after an attempt, and how long until the next, if there is to be one. `refused`: whose
    credentials the platform has not taken."""

    values: dict[str, Any]
    wait: timedelta | None = None
    refused: Account | None = None

    @property
    def over(self) -> bool:
        """Whether the platform has it, or will not have it."""
        return self.values.get("state") in {"sent", "failed"}

    @property
    def unsure(self) -> bool:
        """Whether it was given up because nobody knows if the platform has it."""
        return self.values.get("state") == "failed" and self.values["reason"] == "unsure"


def _given_up(row: Row[Any], fault: Turned, account: Account) -> _Outcome:
    values = {"state": "failed", "fault": fault.why[:500], "status": fault.status, "reason": fault.fault}
    if fault.fault != "token_expired":
        return _Outcome(values)
    return _Outcome({**values, "begun": row.begun}, refused=account)  # nothing was taken by this attempt


class _Told(NamedTuple):
    """What is to be sent, to whom, and where her file can be fetched."""

    outbound: Outbound
    identity_id: UUID
    link: str = ""


class _Paced(Exception):
    """The channel may not be sent to so fast; nothing has failed."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


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
        template=use_of(found.payload) if found is not None else None,
    )
