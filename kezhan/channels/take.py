"""From a kept call to the conversation: parsed, its customer resolved, its files stored, then appended.

A call that cannot be taken now waits and is tried again; one that cannot be read is parked with its fault
until somebody has it taken again. Messages of one customer stay in the order their calls were kept.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from weakref import WeakValueDictionary

import httpx2
from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.base import Inbound, InboundFile, Person, Request, Unreadable
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.registry import find
from kezhan.channels.sealed import unseal
from kezhan.contacts.schemas import Identity, Known, Profile
from kezhan.contacts.service import resolve_all
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Append, Appended
from kezhan.conversations.receive import Customer
from kezhan.conversations.reply import file_payload
from kezhan.conversations.schemas import MAX_TEXT, Kind, UnsupportedPayload
from kezhan.files.objects import Store
from kezhan.files.receive import receive
from kezhan.files.schemas import Incoming, Owner
from kezhan.files.service import erase
from kezhan.kit.clock import now
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import FetchFailed, fetching
from kezhan.kit.log import log
from kezhan.kit.rounds import Rounds

KEPT = timedelta(days=7)
ATTEMPTS = 6
UNDER_WAY = 1000
APPENDING = 16
RESOLVED = 20
"""Of one round; a newcomer costs several statements, and a transaction is to be short."""
FETCH_ATTEMPTS = 3
_FIRST_WAIT = timedelta(seconds=30)
_BEAT_SECONDS = 5.0
_BATCH = 50

_EXTERNAL_ID = 200
_CLIENT_ID = 100
_SUMMARY = 200


class Parked(Exception):
    """Trying again by itself would change nothing."""


class Taker:
    """Takes kept calls in, one customer's messages one after the other."""

    def __init__(self, desk: Desk, files: Store, http: httpx2.AsyncClient, figures: ChannelFigures) -> None:
        self._desk = desk
        self._figures = figures
        self._files = files
        self._http = http
        self._turns: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[bool]] = set()
        self._room = asyncio.Semaphore(UNDER_WAY)
        # A newcomer's conversation is opened in a transaction of its own: a crowd of them would take every
        # connection of the pool from those who wait at a screen.
        self._appending = asyncio.Semaphore(APPENDING)
        self._kept: Rounds[UUID, store.Kept, bool] = Rounds(self._keep)
        self._known: Rounds[UUID, Known, Identity] = Rounds(self._resolve, RESOLVED)
        self._ticked: Rounds[UUID, store.Taken, None] = Rounds(self._tick)

    async def keep(self, account: Account, call: store.Kept, request: Request) -> None:
        """Keep a call and, where it is no repeat, take it in afterwards. While too many are under way the
        platform waits."""
        await self._room.acquire()
        try:
            fresh = await self._kept.ask(account.workspace_id, call)
        except BaseException:
            self._room.release()
            raise
        if fresh:
            self.begin(account, call.id, request)
        else:
            self._room.release()

    def begin(self, account: Account, row_id: UUID, request: Request) -> None:
        """Take a call that has just been kept; in this order for one customer."""
        task = asyncio.create_task(self.take(account, row_id, request))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[bool]") -> None:
        self._tasks.discard(task)
        self._room.release()

    async def run(self) -> None:
        """Take in what an earlier process has left, then what has come due, until cancelled."""
        first = True
        while True:
            try:
                more = await self.sweep(all_waiting=first) == _BATCH
                first = first and more
            except Exception as fault:
                more = False
                log.warning("channels.sweep_failed", fault=repr(fault))
            if not more:
                await asyncio.sleep(_BEAT_SECONDS)

    async def stop(self) -> None:
        """Give what is under way a moment; the rest is taken by the next process."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)

    async def sweep(self, *, all_waiting: bool = False) -> int:
        """Take in what waits and is due (or all of it that waits); how many calls that were."""
        async with self._desk.db.system_tx() as tx:
            rows = await store.claim_inbox(tx, all_waiting=all_waiting, limit=_BATCH)
        for row in rows:
            await self.again(row)
        return len(rows)

    async def again(self, row: Row[Any]) -> bool:
        """Take a kept row of the inbox, also for a second time: what is stored already stays as it is."""
        try:
            async with self._desk.db.tx(row.workspace_id) as tx:
                account = await opened_account(tx, self._desk.keyring, row.account_id)
            request = unseal(self._desk.keyring, row.id, row.sealed)
        except Exception as fault:
            await self._fail(row.workspace_id, row.id, row.attempts, repr(fault), parked=False)
            return False
        return await self.take(account, row.id, request, received_at=row.received_at, attempts=row.attempts)

    async def take(
        self,
        account: Account,
        row_id: UUID,
        request: Request,
        *,
        received_at: datetime | None = None,
        attempts: int = 0,
    ) -> bool:
        """Whether everything the call brought is stored. Never raises."""
        received_at = received_at or now()
        try:
            found = _parsed(account, request)
            for inbound in found:
                await self._receive(account, inbound, attempts)
            delay = _delay(found, received_at)
            await self._ticked.ask(account.workspace_id, store.Taken(row_id, delay))
            self._figures.taken(account.adapter, received_at)
        except Exception as fault:
            why = str(fault) if isinstance(fault, Parked) else repr(fault)
            await self._fail(account.workspace_id, row_id, attempts, why, parked=isinstance(fault, Parked))
            return False
        return True

    async def _fail(self, workspace_id: UUID, row_id: UUID, attempts: int, why: str, *, parked: bool) -> None:
        log.warning("channels.not_taken", row=str(row_id), parked=parked, fault=why.partition("(")[0][:100])
        wait = None if parked or attempts + 1 >= ATTEMPTS else _FIRST_WAIT * 4**attempts
        try:
            async with self._desk.db.tx(workspace_id) as tx:
                await store.not_taken(tx, row_id, why.replace("\0", "")[:500], wait)
        except Exception as fault:
            # The row keeps its due time and is found by the next sweep.
            log.warning("channels.fault_not_noted", row=str(row_id), fault=type(fault).__name__)

    async def _keep(self, workspace_id: UUID, calls: Sequence[store.Kept]) -> list[bool]:
        async with self._desk.db.tx(workspace_id) as tx:
            fresh = await store.keep(tx, calls)
        return [call.id in fresh for call in calls]

    async def _resolve(self, workspace_id: UUID, known: Sequence[Known]) -> list[Identity]:
        async with self._desk.db.tx(workspace_id) as tx:
            return await resolve_all(tx, known)

    async def _tick(self, workspace_id: UUID, calls: Sequence[store.Taken]) -> list[None]:
        async with self._desk.db.tx(workspace_id) as tx:
            await store.taken(tx, calls)
        return [None] * len(calls)

    async def _receive(self, account: Account, inbound: Inbound, attempts: int) -> None:
        external_id = _short(inbound.external_id, _EXTERNAL_ID)
        turn = self._turns.setdefault((account.id, external_id), asyncio.Lock())
        async with turn:
            known = Known(account.id, external_id, _profile(inbound.person))
            identity = await self._known.ask(account.workspace_id, known)
            customer = Customer(
                workspace_id=account.workspace_id,
                account_id=account.id,
                channel=account.adapter,
                identity_id=identity.id,
                contact_id=identity.contact_id,
            )
            item = _item(customer, inbound)
            file_id = await self._with_file(item, inbound, attempts)
            answer = await self._append(customer, item)
            if answer.outcome == "known" and file_id is not None:
                # The message is stored already, with the file of its first attempt.
                async with self._desk.db.tx(account.workspace_id) as tx:
                    await erase(tx, file_id)
        if answer.outcome == "refused":
            raise Parked("the database refused the message")
        if answer.outcome not in {"new", "known"}:
            raise RuntimeError(f"not appended: {answer.outcome}")

    async def _append(self, customer: Customer, item: Append) -> Appended:
        settled: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()

        def done(_: Append, answer: Appended) -> None:
            if not settled.done():
                settled.set_result(answer)

        item.done = done
        async with self._appending:
            self._desk.door.receive(customer, item)
            return await settled

    async def _with_file(self, item: Append, inbound: Inbound, attempts: int) -> UUID | None:
        """Store the message's file, if it has one, and put it into `item`. A file that cannot be had leaves
        an unsupported message in its place: the customer has said something, and it shows."""
        file = inbound.file
        if len(item.body) > MAX_TEXT:
            file = file or InboundFile(name="message.txt", media_type="text/plain", data=item.body.encode())
            item.body = item.body[:MAX_TEXT]
        if file is None:
            return None
        owner = Owner("visitor", item.sender_id)
        try:
            stored = await self._store(item.workspace_id, owner, file)
        except FetchFailed as fault:
            if not fault.final and attempts + 1 < FETCH_ATTEMPTS:
                raise
            _without_file(item, inbound, file)
            return None
        except Refused:
            _without_file(item, inbound, file)
            return None
        async with self._desk.db.tx(item.workspace_id) as tx:
            await file_payload(tx, item, stored, owner)
        return stored

    async def _store(self, workspace_id: UUID, owner: Owner, file: InboundFile) -> UUID:
        db, files = self._desk.db, self._files
        if file.data is not None:
            incoming = Incoming(_plain(file.name), file.media_type, _once(file.data))
            return (await receive(db, files, workspace_id, owner=owner, incoming=incoming)).id
        async with fetching(self._http, file.url) as fetched:
            name = _plain(file.name) or file.url.partition("?")[0].rsplit("/", 1)[-1]
            incoming = Incoming(name, file.media_type or fetched.media_type, fetched.chunks)
            return (await receive(db, files, workspace_id, owner=owner, incoming=incoming)).id


def _parsed(account: Account, request: Request) -> list[Inbound]:
    channel = find(account.adapter)
    if channel.parse is None:
        raise Parked("nothing comes in by a call on this channel")
    try:
        found = channel.parse(request, as_adapter(channel, account))
    except Exception as fault:
        raise Parked(f"the adapter failed: {type(fault).__name__}") from fault
    if isinstance(found, Unreadable):
        raise Parked(found.why)
    return found


def _item(customer: Customer, inbound: Inbound) -> Append:
    def unheard(_: Append, __: Appended) -> None:
        return None

    text = _plain(inbound.text)
    kind = Kind.UNSUPPORTED if inbound.kind == "unsupported" else Kind.TEXT
    item = Append(
        workspace_id=customer.workspace_id,
        conversation_id=UUID(int=0),
        sender_id=customer.identity_id,
        client_id=_short(inbound.dedup_key, _CLIENT_ID),
        author_kind="visitor",
        author_id=customer.identity_id,
        kind=kind,
        body=text,
        quote_seq=inbound.quote_seq,
        done=unheard,
    )
    if kind is Kind.UNSUPPORTED:
        item.payload = UnsupportedPayload(original_kind=_plain(inbound.original_kind)[:64])
    return item


def _without_file(item: Append, inbound: Inbound, file: InboundFile) -> None:
    item.kind = Kind.UNSUPPORTED
    summary = _plain(file.name or file.url.partition("?")[0])[:_SUMMARY]
    item.payload = UnsupportedPayload(original_kind=inbound.original_kind or "file", summary=summary)


def _profile(person: Person | None) -> Profile | None:
    if person is None:
        return None
    return Profile(
        name=_plain(person.name),
        email=_plain(person.email),
        phone=_plain(person.phone),
        language=_plain(person.language),
    )


def _plain(text: str) -> str:
    """The text as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")


def _short(key: str, limit: int) -> str:
    """The platform's name for something where we can hold it, else its digest."""
    if 0 < len(key) <= limit and key.isprintable():
        return key
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _delay(found: list[Inbound], received_at: datetime) -> int | None:
    """How long the platform took with the oldest message, in milliseconds, as far as clocks agree."""
    sent = [inbound.sent_at for inbound in found if inbound.sent_at is not None]
    if not sent:
        return None
    behind = (received_at - min(sent)).total_seconds() * 1000
    return max(0, min(int(behind), 2**31 - 1))


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
