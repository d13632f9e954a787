"""The room's living side in one object: seats follow the lines of their people, commits become frames, and a
net once a second finds what should not be there."""

import asyncio
from collections import defaultdict
from collections.abc import Coroutine
from time import monotonic
from typing import Any
from uuid import UUID

from kezhan.conversations.desk import Desk
from kezhan.conversations.events import TransferEnded, TransferOffered
from kezhan.kit.log import log
from kezhan.kit.outbox import Published
from kezhan.realtime.presence import Key
from kezhan.routing.events import (
    ConversationOffered,
    OfferEnded,
    PolicyChanged,
    QueueMoved,
    QueueUnsettled,
    ReceptionOpened,
    SeatChanged,
)
from kezhan.routing.places.live import Places
from kezhan.routing.places.outlook import Outlooks
from kezhan.routing.places.store import ON_LINES
from kezhan.routing.queue import store as queue
from kezhan.routing.queue.left import watch_leaving
from kezhan.routing.queue.settle import lock, settle
from kezhan.routing.queue.show import offer_of
from kezhan.routing.rules import begin
from kezhan.routing.schemas import OfferFrame, OfferOverFrame, SeatFrame
from kezhan.routing.seats import state
from kezhan.routing.seats import store as seats
from kezhan.routing.seats.views import seen_seat

TOPIC = "reception"
"""The live list of queues and seats."""
BEAT_SECONDS = 1.0
SETTLING_SECONDS = 15.0
"""After a start the others tell who is with them, and people come back, before anybody counts as gone."""
_AT_ONCE = 2
"""A whole shift may arrive in one second; the other connections are for those who wait for an answer."""
_GATHER_SECONDS = 0.2
"""Customers come and go in crowds, and few of them wait."""


class Reception:
    """One per process. `found`: how often the net has found work, which is a fault each time."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.places = Places(desk)
        self.outlooks = Outlooks(desk.db)
        self.found = 0
        self._over = False
        self._begun = monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._seen: defaultdict[UUID, dict[UUID, bool]] = defaultdict(dict)
        desk.on_presence.append(self._on_presence)

    # Who is connected

    def _on_presence(self, workspace_id: UUID, key: Key, online: bool) -> None:
        party, who = key
        if party == "visitor":
            seen = self._seen[workspace_id]
            if not seen:
                asyncio.get_running_loop().call_later(_GATHER_SECONDS, self._note_visitors, workspace_id)
            seen[who] = online
            if not online:
                self.places.forget(workspace_id, who)
        elif online and key in self.desk.presence.own():
            self._start(self._arrive(workspace_id, who))
        elif not online:
            self._start(self._lose(workspace_id, who))

    def _note_visitors(self, workspace_id: UUID) -> None:
        self._start(self._visitors(workspace_id, self._seen.pop(workspace_id)))

    async def _visitors(self, workspace_id: UUID, seen: dict[UUID, bool]) -> None:
        if await watch_leaving(self.desk.db, workspace_id, seen):
            self.places.look(workspace_id)

    async def _arrive(self, workspace_id: UUID, who: UUID) -> None:
        async with self._turns, self.desk.db.tx(workspace_id) as tx:
            await state.arrive(tx, who)

    async def _lose(self, workspace_id: UUID, who: UUID) -> None:
        async with self._turns, self.desk.db.tx(workspace_id) as tx:
            await state.lose(tx, [who], still=self._gone)

    def _gone(self, who: UUID) -> bool:
        return not self.desk.presence.online(("agent", who))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        if self._over:
            work.close()
            return
        task = asyncio.create_task(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carefully(self, work: Coroutine[Any, Any, None]) -> None:
        """What fails here is made good by the net: it compares the seats with who is connected."""
        try:
            await work
        except Exception as fault:
            log.warning("routing.presence_not_noted", fault=repr(fault))

    # What has been committed

    def on_commit(self, workspace_id: UUID, published: list[Published]) -> None:
        moved = False
        for event, _ in published:
            if isinstance(event, SeatChanged):
                self._start(self._show_seat(workspace_id, event.membership_id))
                moved = True
            elif isinstance(event, ConversationOffered):
                self._start(self._show_offer(workspace_id, event.conversation_id, event.membership_id))
            elif isinstance(event, TransferOffered):
                self._start(self._show_offer(workspace_id, event.conversation_id, event.to))
            elif isinstance(event, TransferEnded):
                over = OfferOverFrame(conversation_id=event.conversation_id, outcome=event.outcome)
                self.desk.across.say([f"member:{event.to}"], over)
            elif isinstance(event, OfferEnded):
                over = OfferOverFrame(conversation_id=event.conversation_id, outcome=event.outcome)
                self.desk.across.say([f"member:{event.membership_id}"], over)
            elif isinstance(event, ReceptionOpened):
                for who in self.desk.presence.present(workspace_id, "agent"):
                    self._start(self._arrive(workspace_id, who))
            elif isinstance(event, QueueMoved | PolicyChanged | QueueUnsettled):
                moved = True
        if moved:
            self.places.moved(workspace_id)
            self.desk.pulse.touch(TOPIC, workspace_id)

    async def _show_seat(self, workspace_id: UUID, membership_id: UUID) -> None:
        seat = await seen_seat(self.desk.db.reader(workspace_id), membership_id)
        self.desk.across.say([f"member:{membership_id}"], SeatFrame(seat=seat))

    async def _show_offer(self, workspace_id: UUID, conversation_id: UUID, asked: UUID) -> None:
        async with self._turns, self.desk.db.tx(workspace_id) as tx:
            offer = await offer_of(tx, conversation_id)
        if offer is not None:
            self.desk.across.say([f"member:{asked}"], OfferFrame(offer=offer))

    # The net

    async def run(self) -> None:
        """Look once a second, until cancelled."""
        looked = False
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await self.sweep()
                if monotonic() - self._begun > SETTLING_SECONDS:
                    await self.compare()
                    if not looked:
                        await self.find_leavers()
                    looked = True
            except Exception as fault:
                log.warning("routing.net_failed", fault=repr(fault))

    async def sweep(self) -> int:
        """Give what waits beside a free seat; how many. It should never be more than none."""
        given = 0
        async with self.desk.db.system_tx() as claim:
            if not (await claim.fetch(queue.ALONE))[0][0]:
                return 0
            for row in await claim.fetch(queue.UNSETTLED):
                given += await self._settle_all(row["workspace_id"])
        if given:
            self.found += given
            log.error("routing.net_found_work", conversations=given)
        return given

    async def _settle_all(self, workspace_id: UUID) -> int:
        async with self.desk.db.tx(workspace_id) as tx:
            rules = await begin(tx)
            if rules is None:
                return 0
            return await settle(tx, rules, await lock(tx, await queue.all_queues(tx)), net=True)

    async def compare(self) -> None:
        """Seats that are open though nobody is connected to them: their line is gone since now. Seats that
        count as lost though their people are here: they are back."""
        async with self.desk.db.system_tx() as tx:
            rows = await tx.fetch(seats.OPEN_OR_LOST)
        gone: defaultdict[UUID, list[UUID]] = defaultdict(list)
        here = self.desk.presence.own()
        for row in rows:
            who = row["membership_id"]
            if row["lost"] and ("agent", who) in here:
                await self._arrive(row["workspace_id"], who)
            elif not row["lost"] and self._gone(who):
                gone[row["workspace_id"]].append(who)
        for workspace_id, members in gone.items():
            async with self.desk.db.tx(workspace_id) as tx:
                await state.lose(tx, members, still=self._gone)

    async def find_leavers(self) -> None:
        """Customers who waited while no process was there to see them go, and have not come back."""
        async with self.desk.db.system_tx() as tx:
            rows = await tx.fetch(ON_LINES)
        gone: defaultdict[UUID, dict[UUID, bool]] = defaultdict(dict)
        for row in rows:
            if not self.desk.presence.online(("visitor", row["identity_id"])):
                gone[row["workspace_id"]][row["identity_id"]] = False
        for workspace_id, seen in gone.items():
            await watch_leaving(self.desk.db, workspace_id, seen)

    async def stop(self) -> None:
        self._over = True
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.places.stop()
