"""What customers send: into their open conversation, or into a new one."""

import asyncio
from collections import OrderedDict
from datetime import timedelta
from itertools import count
from operator import attrgetter
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.again import resume
from kezhan.conversations.append import Lane, settled
from kezhan.conversations.events import ConversationOpened
from kezhan.conversations.items import Append, Appended
from kezhan.conversations.number import add_event
from kezhan.conversations.schemas import EventPayload, State
from kezhan.kit.clock import now
from kezhan.kit.db import Database, Tx
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.outbox import emit
from kezhan.shield.live import Flooded, Shield, Source
from kezhan.shield.schemas import Counted

_REMEMBERED = 20_000
_RETRY_SECONDS = 0.5
_NOWHERE = UUID(int=0)


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who is speaking, through which door: from the visitor's session or the channel's inbox. `address`: of a
    visitor of a site, whom we may keep waiting."""

    workspace_id: UUID
    account_id: UUID
    channel: str
    identity_id: UUID
    contact_id: UUID
    address: str = ""


class Door:
    """Finds the open conversation of an identity, opening one where there is none; keeps each identity's
    messages in order while it does."""

    def __init__(self, db: Database, lane: Lane, shield: Shield | None = None) -> None:
        self._db = db
        self._lane = lane
        self._shield = shield
        self._open: OrderedDict[UUID, UUID] = OrderedDict()
        self._held: dict[UUID, list[Append]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._count = count()

    def receive(self, customer: Customer, item: Append) -> None:
        """Take in a customer's message, whose conversation is found here; `item.done` hears of the commit."""
        if (
            "\0" in item.client_id
        ):  # no text column holds it, so not even the look for a repeat would end well
            item.done(item, Appended("refused", item.conversation_id))
            return
        told = item.done
        item.order = next(self._count)

        def settle(item: Append, answer: Appended) -> None:
            if answer.outcome in {"closed", "gone"}:
                item.done = settle
                self._again(customer, item)
            else:
                told(item, answer)

        item.done = settle
        held = self._held.get(customer.identity_id)
        if held is not None:
            held.append(item)
        elif (found := self._open.get(customer.identity_id)) is not None:
            item.conversation_id = found
            self._lane.put(item)
        else:
            self._hold(customer, [item])

    def know(self, identity_id: UUID, conversation_id: UUID) -> None:
        """Somebody has just read which conversation of hers is open, so her next message need not look.
        Should it be closed by then, the lane says so."""
        if identity_id not in self._held:
            self._remember(identity_id, conversation_id)

    def _remember(self, identity_id: UUID, conversation_id: UUID) -> None:
        self._open[identity_id] = conversation_id
        if len(self._open) > _REMEMBERED:
            self._open.popitem(last=False)

    async def take(self, customer: Customer, item: Append) -> Appended:
        """Receive and wait for the commit."""
        return await settled(item, lambda item: self.receive(customer, item))

    def _again(self, customer: Customer, item: Append) -> None:
        """Its conversation has ended meanwhile: this and what follows it go into the next one."""
        self._open.pop(customer.identity_id, None)
        rest = self._lane.withdraw(item.conversation_id, item.sender_id)
        held = self._held.get(customer.identity_id)
        if held is None:
            self._hold(customer, [item, *rest])
        else:
            held.extend([item, *rest])
            # Of one flush several come back, one by one, and the first has brought along all that waited.
            held.sort(key=attrgetter("order"))

    def _hold(self, customer: Customer, items: list[Append]) -> None:
        self._held[customer.identity_id] = items
        task = asyncio.create_task(self._find(customer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _find(self, customer: Customer) -> None:
        while True:
            try:
                async with self._db.tx(customer.workspace_id) as tx:
                    held = self._held[customer.identity_id]
                    found = await self._place(tx, customer, held)
            except Flooded as flooded:
                wait = flooded.params["retry_after"]
                for item in self._held.pop(customer.identity_id):
                    item.done(item, Appended("flooded", item.conversation_id, wait=wait))
                return
            except Exception as fault:
                log.warning("receive.open_failed", identity=str(customer.identity_id), fault=repr(fault))
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            break
        self._remember(customer.identity_id, found)
        for item in self._held.pop(customer.identity_id):
            item.conversation_id = found
            self._lane.put(item)

    async def _place(self, tx: Tx, customer: Customer, held: list[Append]) -> UUID:
        """The conversation for these messages. Repeats of stored ones alone open nothing. Raises Flooded."""
        known = await store.known_keys(tx, held[0].sender_id, [item.client_id for item in held])
        if len({row.client_id for row in known}) == len({item.client_id for item in held}):
            conversation_id: UUID = known[0].conversation_id
            return conversation_id
        return await open_conversation(tx, customer, self._shield)


async def open_conversation(tx: Tx, customer: Customer, shield: Shield | None = None) -> UUID:
    """The identity's open conversation, or the one that ended so lately that it goes on; else a new one,
    which starts in the queue with the event `opened` and knows the one before. Of a blocked customer it is
    apart from all lists. With `shield` a new one is counted, and raises Flooded where there were too many."""
    row = await store.latest(tx, customer.account_id, customer.identity_id)
    if row.id is not None and (row.state != State.CLOSED or await _goes_on(tx, row)):
        existing: UUID = row.id
        return existing
    previous = None if row.spam_at is not None else row.id
    if shield is not None:
        _count(shield, customer)
    # Who she is by now: two customers may have become one since she came in.
    customer = msgspec.structs.replace(customer, contact_id=row.contact_id)
    conversation_id = await begin(tx, customer, previous, EventPayload(event="opened"), apart=row.blocked)
    if conversation_id is None:
        return await open_conversation(tx, customer)
    if row.blocked:  # nobody is told: what she writes is kept, and that is all
        return conversation_id
    await emit(
        tx,
        ConversationOpened(
            conversation_id=conversation_id, account_id=customer.account_id, contact_id=customer.contact_id
        ),
    )
    return conversation_id


def _count(shield: Shield, customer: Customer) -> None:
    """A platform's customer is not kept waiting: her message has been taken over."""
    source = Source(customer.workspace_id, str(customer.identity_id), customer.address)
    if customer.address:
        shield.take(source, Counted.CONVERSATIONS)
    else:
        shield.note(source, Counted.CONVERSATIONS)


async def begin(
    tx: Tx, customer: Customer, previous: UUID | None, event: EventPayload, *, apart: bool
) -> UUID | None:
    """A new conversation with its first event, `apart` from all lists; None where one is open already."""
    conversation_id, at = new_id(), now()
    made = await store.add(
        tx,
        {
            "id": conversation_id,
            "account_id": customer.account_id,
            "identity_id": customer.identity_id,
            "contact_id": customer.contact_id,
            "channel": customer.channel,
            "state": State.QUEUED,
            "opened_at": at,
            "active_at": at,
            "previous_id": previous,
            "spam_at": at if apart else None,
        },
    )
    if made:
        await add_event(tx, conversation_id, event)
    return conversation_id if made else None


async def _goes_on(tx: Tx, row: Row[Any]) -> bool:
    """The customer comes back within the time that her channel gives her: the conversation is open again."""
    late = now() - row.closed_at >= timedelta(hours=row.reopen_hours)
    if late or row.blocked or row.spam_at is not None or row.merged_into is not None:
        return False
    await resume(tx, row.id)
    return True
