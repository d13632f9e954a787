"""What a platform has brought, one thing at a time: a message into its conversation, a window that opens,
word of what was said before."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID
from weakref import WeakValueDictionary

import httpx2
from msgspec import structs

from kezhan.channels.accounts import Account, as_adapter
from kezhan.channels.base import (
    Came,
    Due,
    Happened,
    Inbound,
    InboundFile,
    Opening,
    Person,
    Progress,
    Reacted,
    Retry,
    Turned,
)
from kezhan.channels.customers import store
from kezhan.channels.customers.amend import WORD_ATTEMPTS, TooSoon, change, progress, reacted
from kezhan.channels.customers.entrance import begun, entered
from kezhan.channels.customers.names import EXTERNAL_ID, external, short
from kezhan.channels.customers.speakers import Speakers
from kezhan.channels.customers.words import plain, spoken
from kezhan.channels.events import CustomerSpoke
from kezhan.channels.lines import Lines
from kezhan.channels.registry import find
from kezhan.channels.rich import tapped
from kezhan.contacts.schemas import Identity, Known, Profile
from kezhan.contacts.service import resolve_all
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import Append, Appended
from kezhan.conversations.number import add_event
from kezhan.conversations.receive import Customer
from kezhan.conversations.reply import file_payload
from kezhan.conversations.schemas import MAX_TEXT, EventPayload, Kind, UnsupportedPayload
from kezhan.files.objects import Store
from kezhan.files.receive import receive
from kezhan.files.scan import Unchecked
from kezhan.files.schemas import Incoming, Owner
from kezhan.files.service import erase
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.fetch import FetchFailed, fetching
from kezhan.kit.log import log
from kezhan.kit.outbox import emit
from kezhan.kit.rounds import Rounds
from kezhan.kit.sound import as_mp3
from kezhan.shield.live import Source
from kezhan.shield.schemas import Counted
from kezhan.workspaces.names import email_key

APPENDING = 16
RESOLVED = 20
"""Of one round; a newcomer costs several statements, and a transaction is to be short."""
FETCH_ATTEMPTS = 3
PERSON_SECONDS = 5.0
ASKED_AGAIN_SECONDS = 24 * 3600
"""Each process asks once a day for one customer, at her next word."""
MEDIA_SECONDS = 60.0
DUE = "due"

_CLIENT_ID = 100
_NAME = 200
_SUMMARY = 200
_TICKET = 4000
_REMEMBERED = 20_000
_FIRST = 2
"""Of a conversation's messages the first that a customer may have written: before it stands that it began."""
_LATELY = timedelta(hours=1)


Overhear = Callable[[Database, UUID, UUID, UUID, str], Awaitable[bool]]
"""Whether what a customer (workspace, account, identity) has written answers what she was asked, and belongs
to no conversation."""


async def deaf(db: Database, workspace_id: UUID, account_id: UUID, identity_id: UUID, text: str) -> bool:
    """Where nobody asks anything all of it belongs to a conversation."""
    return False


class Parked(Exception):
    """Trying again by itself would change nothing."""


class Bringer:
    """One per process. Messages of one customer come in one after the other."""

    def __init__(
        self, desk: Desk, files: Store, http: httpx2.AsyncClient, lines: Lines, overhear: Overhear = deaf
    ) -> None:
        self._desk = desk
        self._overhear = overhear
        self._files = files
        self._http = http
        self._lines = lines
        self._speakers = Speakers(lines)
        self._turns: WeakValueDictionary[tuple[UUID, str], asyncio.Lock] = WeakValueDictionary()
        # A newcomer's conversation is opened in a transaction of its own: a crowd of them would take every
        # connection of the pool from those who wait at a screen.
        self._appending = asyncio.Semaphore(APPENDING)
        self._entered: set[UUID] = set()
        self._met: OrderedDict[tuple[UUID, str], float] = OrderedDict()
        self._known: Rounds[UUID, Known, Identity] = Rounds(self._resolve, RESOLVED)
        self._opened: Rounds[UUID, store.Opened, None] = Rounds(self._open)
        self._named: Rounds[UUID, store.Named, None] = Rounds(self._name)
        self._spoken: Rounds[UUID, CustomerSpoke, None] = Rounds(self._speak)

    async def bring(self, account: Account, came: Came, received_at: datetime, attempts: int) -> bool:
        """Returns once it is stored: whether it had been before, as the echo of what went out from here.
        Raises Parked, TooSoon, and whatever else hinders it just now."""
        if isinstance(came, Due):
            if came.ticket:
                await self._lines.keep(account, DUE, came.ticket[:_TICKET])
            return False
        turn = self._turns.setdefault((account.id, external(came.external_id)), asyncio.Lock())
        async with turn:
            if isinstance(came, Inbound):
                return await self._message(account, came, received_at, attempts)
            if isinstance(came, Happened):
                identity = await self._identity(account, came.external_id, came.person)
                await self._open_window(account, identity, came, received_at)
                if await entered(self._desk.db, self._lines, account, identity.id, came):
                    if len(self._entered) >= _REMEMBERED:
                        self._entered.clear()
                    self._entered.add(identity.id)
            elif isinstance(came, Progress):
                await progress(self._desk, account, came, attempts)
            elif isinstance(came, Reacted):
                await reacted(self._desk, account, came, attempts)
            else:
                await change(self._desk, self._speakers, account, came, received_at, attempts)
        return False

    # A message

    async def _message(
        self, account: Account, inbound: Inbound, received_at: datetime, attempts: int
    ) -> bool:
        """Whether it is the echo of one of ours, and nothing is to be done."""
        identity = await self._identity(account, inbound.external_id, inbound.person)
        if inbound.ours and await self._sent_by_us(account, identity, inbound, attempts):
            return True
        if not inbound.ours:
            await self._open_window(account, identity, inbound, received_at)
        if _plain_word(inbound, received_at) and await self._overhear(
            self._desk.db, account.workspace_id, account.id, identity.id, inbound.text
        ):
            return False
        customer = Customer(
            workspace_id=account.workspace_id,
            account_id=account.id,
            channel=account.adapter,
            identity_id=identity.id,
            contact_id=identity.contact_id,
        )
        speaker = await self._speakers.name(account, inbound)
        item = _item(customer, inbound, speaker, await self._quoted(account, identity, inbound))
        if inbound.tap:
            async with self._desk.db.tx(account.workspace_id) as tx:
                await tapped(tx, item, identity.id, inbound.tap)
        file_id = await self._with_file(account, item, inbound, attempts)
        answer = await self._append(customer, item)
        if answer.outcome == "new" and not inbound.ours:
            await self._count(customer, answer)
        if answer.outcome == "known" and file_id is not None:
            # The message is stored already, with the file of its first attempt.
            async with self._desk.db.tx(account.workspace_id) as tx:
                await erase(tx, file_id)
        if answer.outcome == "refused":
            raise Parked("the database refused the message")
        if answer.outcome not in {"new", "known"}:
            raise RuntimeError(f"not appended: {answer.outcome}")
        if not inbound.ours and (answer.seq == _FIRST or identity.id in self._entered):
            await begun(self._desk.db, self._lines, account, identity.id, answer.conversation_id)
            self._entered.discard(identity.id)
        if inbound.message_id:
            name = short(inbound.message_id, EXTERNAL_ID)
            called = store.Named(account.id, name, answer.conversation_id, answer.seq)
            await self._named.ask(account.workspace_id, called)
        if account.auto_replies and _wants_answer(inbound, received_at):
            spoke = CustomerSpoke(conversation_id=answer.conversation_id, seq=answer.seq)
            await self._spoken.ask(account.workspace_id, spoke)
        return False

    async def _count(self, customer: Customer, answer: Appended) -> None:
        """What a platform brings is never refused. Where it becomes too much the staff is told, once a
        minute at most."""
        source = Source(customer.workspace_id, str(customer.identity_id))
        if self._desk.shield.note(source, Counted.MESSAGES):
            async with self._desk.db.tx(customer.workspace_id) as tx:
                await add_event(tx, answer.conversation_id, EventPayload(event="flooding"))

    async def _sent_by_us(
        self, account: Account, identity: Identity, inbound: Inbound, attempts: int
    ) -> bool:
        """Whether this is the echo of what went out from here. While the platform's answer to a message of
        ours is not in, nobody can say."""
        name = short(inbound.message_id or inbound.dedup_key, EXTERNAL_ID)
        async with self._desk.db.tx(account.workspace_id) as tx:
            if await store.named(tx, account.id, name) is not None:
                return True
            if attempts < WORD_ATTEMPTS and await store.under_way(tx, account.id, identity.id):
                raise TooSoon("a message of ours is under way")
        return False

    async def _quoted(self, account: Account, identity: Identity, inbound: Inbound) -> int | None:
        if not inbound.quote_id:
            return inbound.quote_seq
        async with self._desk.db.tx(account.workspace_id) as tx:
            found = await store.named(tx, account.id, short(inbound.quote_id, EXTERNAL_ID))
            here = found is not None and found["conversation_id"] == await store.open_talk(
                tx, account.id, identity.id
            )
        return found["seq"] if found is not None and here else None

    async def _append(self, customer: Customer, item: Append) -> Appended:
        async with self._appending:
            return await self._desk.door.take(customer, item)

    # Her file

    async def _with_file(
        self, account: Account, item: Append, inbound: Inbound, attempts: int
    ) -> UUID | None:
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
            stored = await self._store(account, owner, file)
        except (FetchFailed, Retry) as fault:
            if not getattr(fault, "final", False) and attempts + 1 < FETCH_ATTEMPTS:
                raise
            _without_file(item, inbound, file)
            return None
        except Unchecked:
            raise  # her message waits with it: nothing of it is lost
        except (Refused, Turned):
            _without_file(item, inbound, file)
            return None
        async with self._desk.db.tx(item.workspace_id) as tx:
            await file_payload(tx, item, stored, owner)
        return stored

    async def _store(self, account: Account, owner: Owner, file: InboundFile) -> UUID:
        if file.ref:
            file = await self._from_platform(account, file)
        db, files = self._desk.db, self._files
        if (data := file.data) is not None:
            name, media_type = plain(file.name), file.media_type
            # Voice messages come as no browser plays them.
            if (sound := await asyncio.to_thread(as_mp3, data)) is not None:
                name, media_type, data = f"{name.removesuffix('.amr') or 'voice'}.mp3", "audio/mpeg", sound
            incoming = Incoming(name, media_type, _once(data))
            return (await receive(db, files, account.workspace_id, owner=owner, incoming=incoming)).id
        async with fetching(self._http, file.url, seconds=MEDIA_SECONDS) as fetched:
            name = plain(file.name) or file.url.partition("?")[0].rsplit("/", 1)[-1]
            incoming = Incoming(name, file.media_type or fetched.media_type, fetched.chunks)
            return (await receive(db, files, account.workspace_id, owner=owner, incoming=incoming)).id

    async def _from_platform(self, account: Account, file: InboundFile) -> InboundFile:
        media = find(account.adapter).media
        if media is None:
            raise Turned("the channel has no files", fault="media_error")
        try:
            async with asyncio.timeout(MEDIA_SECONDS):
                got = await self._lines.speak(account, lambda _, line: media(line, file.ref))
        except TimeoutError as fault:
            raise Retry("the file did not come to its end") from fault
        return structs.replace(
            file,
            name=file.name or got.name,
            media_type=file.media_type or got.media_type,
            data=None if got.url else got.data,
            url=got.url,
        )

    # Who she is, and how long she may be written to

    async def _identity(self, account: Account, external_id: str, person: Person | None) -> Identity:
        name = external(external_id)
        asked = self._met.get((account.id, name))
        if asked is None or monotonic() - asked > ASKED_AGAIN_SECONDS:
            person = await self._asked(account, external_id, name, person)
            asked = monotonic()
        found = await self._known.ask(account.workspace_id, _known(account, name, person))
        self._met[account.id, name] = asked
        if len(self._met) > _REMEMBERED:
            self._met.popitem(last=False)
        return found

    async def _asked(
        self, account: Account, external_id: str, name: str, person: Person | None
    ) -> Person | None:
        """With what the platform says of her, where it can be asked and has more to tell than is known: she
        comes for the first time, it did not answer then, or her account's owner has not brought the accounts
        together until now. It is not waited for long: her message is worth more than her name."""
        channel = find(account.adapter)
        ask = channel.person
        if ask is None:
            return person
        async with self._desk.db.tx(account.workspace_id) as tx:
            if await store.known(tx, account.id, name, unites=channel.unites):
                return person
        try:
            async with asyncio.timeout(PERSON_SECONDS):
                found = await self._lines.speak(account, lambda _, line: ask(line, external_id))
        except Exception as fault:
            log.info("channels.person_unknown", account=str(account.id), fault=type(fault).__name__)
            return person
        if person is None:
            return found
        given = {name: value for name, value in structs.asdict(person).items() if value and name != "vouched"}
        return structs.replace(found, **given, vouched=person.vouched and found.vouched)

    async def _open_window(
        self, account: Account, identity: Identity, came: Inbound | Happened, received_at: datetime
    ) -> None:
        channel = find(account.adapter)
        able = channel.able(as_adapter(channel, account))
        opening = came.opening
        message_id = ""
        if isinstance(came, Inbound):
            message_id = short(came.message_id or came.dedup_key, EXTERNAL_ID)
            if opening is None and able.window is not None:
                opening = Opening(seconds=able.window.seconds, messages=able.window.messages)
        if opening is None and not came.ticket:
            return
        sent_at = getattr(came, "sent_at", None) or received_at
        ends_at = min(sent_at, received_at) + timedelta(seconds=opening.seconds) if opening else None
        ticket = came.ticket[:_TICKET]
        opened = store.Opened(
            account.id,
            identity.id,
            received_at,
            ends_at,
            opening.messages if opening is not None else None,
            isinstance(came, Inbound) and came.opening is None,
            message_id,
            self._lines.sealed_text(account.id, "ticket", ticket) if ticket else None,
        )
        await self._opened.ask(account.workspace_id, opened)

    # Many at a time

    async def _resolve(self, workspace_id: UUID, known: Sequence[Known]) -> list[Identity]:
        async with self._desk.db.tx(workspace_id) as tx:
            return await resolve_all(tx, known)

    async def _open(self, workspace_id: UUID, opened: Sequence[store.Opened]) -> list[None]:
        async with self._desk.db.tx(workspace_id) as tx:
            await store.open_windows(tx, opened)
        return [None] * len(opened)

    async def _name(self, workspace_id: UUID, named: Sequence[store.Named]) -> list[None]:
        async with self._desk.db.tx(workspace_id) as tx:
            await store.name_messages(tx, named)
        return [None] * len(named)

    async def _speak(self, workspace_id: UUID, spoken: Sequence[CustomerSpoke]) -> list[None]:
        async with self._desk.db.tx(workspace_id) as tx:
            for spoke in spoken:
                await emit(tx, spoke)
        return [None] * len(spoken)


def _wants_answer(inbound: Inbound, received_at: datetime) -> bool:
    """Whether she has written it herself, and lately: not what is brought in from before, or taken again."""
    sent_at = min(inbound.sent_at or received_at, received_at)
    return not (inbound.ours or inbound.automatic) and now() - sent_at < _LATELY


def _plain_word(inbound: Inbound, received_at: datetime) -> bool:
    """Whether she has just written this herself, alone, and nothing but text."""
    bare = (
        inbound.kind == "text"
        and inbound.file is None
        and not inbound.tap
        and not (inbound.speaker or inbound.speaker_id)
    )
    return bare and _wants_answer(inbound, received_at)


def _item(customer: Customer, inbound: Inbound, speaker: str, quote_seq: int | None) -> Append:
    kind = Kind.UNSUPPORTED if inbound.kind == "unsupported" else Kind.TEXT
    # What our own people wrote elsewhere has no member of the workspace behind it: the account speaks.
    author_id = customer.account_id if inbound.ours else customer.identity_id
    item = Append(
        workspace_id=customer.workspace_id,
        conversation_id=UUID(int=0),
        sender_id=author_id,
        client_id=short(inbound.dedup_key, _CLIENT_ID),
        author_kind="agent" if inbound.ours else "visitor",
        author_id=author_id,
        author_name=plain(inbound.agent_name).strip()[:_NAME],
        elsewhere=inbound.ours,
        kind=kind,
        body=spoken(inbound.text, speaker),
        quote_seq=quote_seq,
        handed_over=True,
    )
    if kind is Kind.UNSUPPORTED:
        item.payload = UnsupportedPayload(original_kind=plain(inbound.original_kind)[:64])
    return item


def _without_file(item: Append, inbound: Inbound, file: InboundFile) -> None:
    item.kind = Kind.UNSUPPORTED
    summary = plain(file.name or file.url.partition("?")[0])[:_SUMMARY]
    item.payload = UnsupportedPayload(original_kind=inbound.original_kind or "file", summary=summary)


def _known(account: Account, name: str, person: Person | None) -> Known:
    return Known(account.id, name, _profile(name, person), person is None or person.vouched)


def _profile(name: str, person: Person | None) -> Profile | None:
    """Whom a platform calls by her address or number is reached there: it is proved to be hers."""
    if person is None:
        return None
    email, phone = plain(person.email), plain(person.phone)
    return Profile(
        name=plain(person.name),
        email=email,
        phone=phone,
        language=plain(person.language),
        union=plain(person.union),
        email_proven=bool(email) and email_key(name) == email_key(email),
        phone_proven=bool(phone) and name.rpartition(":")[2].lstrip("+") == phone.lstrip("+"),
    )


async def _once(data: bytes) -> AsyncIterator[bytes]:
    yield data
