"""From a kept call to the conversation: parsed, its customer resolved, its files stored, then appended.

A call that cannot be taken now waits and is tried again; one that cannot be read is parked with its fault
until somebody has it taken again. Messages of one customer stay in the order their calls were kept.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import Row

from kezhan.channels import store
from kezhan.channels.accounts import Account, as_adapter, opened_account
from kezhan.channels.base import (
    PULLED,
    Came,
    Due,
    Edited,
    Inbound,
    Progress,
    Reacted,
    Recalled,
    Request,
    Unreadable,
)
from kezhan.channels.customers import store as customers
from kezhan.channels.customers.amend import TooSoon
from kezhan.channels.customers.bring import Bringer, Parked
from kezhan.channels.customers.share import HasRoom, is_staged, parted
from kezhan.channels.figures import ChannelFigures
from kezhan.channels.registry import find
from kezhan.channels.sealed import unseal
from kezhan.conversations.desk import Desk
from kezhan.kit.clock import now
from kezhan.kit.log import log
from kezhan.kit.rounds import Rounds

KEPT = timedelta(days=7)
ATTEMPTS = 6
UNDER_WAY = 1000
_FIRST_WAIT = timedelta(seconds=30)
_LARGE = 512 * 1024
_SOON = timedelta(seconds=2)
_BEAT_SECONDS = 5.0
_BATCH = 50


class Taker:
    """Takes kept calls in, one customer's messages one after the other."""

    def __init__(
        self,
        desk: Desk,
        bringer: Bringer,
        figures: ChannelFigures,
        has_room: HasRoom,
    ) -> None:
        self._desk = desk
        self._bringer = bringer
        self._figures = figures
        self._has_room = has_room
        self.on_due: Callable[[Account], None] = lambda account: None
        self.on_passing: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[bool]] = set()
        self._sweeping: dict[UUID, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(UNDER_WAY)
        self._kept: Rounds[UUID, store.Kept, bool] = Rounds(self._keep)
        self._ticked: Rounds[UUID, store.Taken, None] = Rounds(self._tick)

    async def keep(self, account: Account, call: store.Kept, request: Request) -> None:
        """Keep a call and, where it is no repeat, take it in afterwards. While too many are under way, of a
        platform that is slow with its files say, it is left to the sweep: no other platform is to wait so
        long for our answer that it gives up."""
        fresh = await self._kept.ask(account.workspace_id, call)
        if fresh and not self._room.locked():
            await self._room.acquire()
            self.begin(account, call.id, request)

    async def begin_when_there_is_room(self, account: Account, row_id: UUID, request: Request) -> None:
        await self._room.acquire()
        self.begin(account, row_id, request)

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
                more = await self._claim(all_waiting=first) == _BATCH
                first = first and more
            except Exception as fault:
                more = False
                log.warning("channels.sweep_failed", fault=repr(fault))
            if not more:
                await asyncio.sleep(_BEAT_SECONDS)

    async def stop(self) -> None:
        """Give what is under way a moment; the rest is taken by the next process."""
        tasks = self._tasks | set(self._sweeping.values())
        if tasks:
            await asyncio.wait(tasks, timeout=3)

    async def sweep(self, *, all_waiting: bool = False) -> int:
        """Take in what waits and is due (or all of it that waits); how many calls that were."""
        count = await self._claim(all_waiting=all_waiting)
        await asyncio.gather(*self._sweeping.values())
        return count

    async def _claim(self, *, all_waiting: bool) -> int:
        """Begin with what is due. Of each account one after the other; none waits for another's platform."""
        async with self._desk.db.system_tx() as tx:
            rows = await store.claim_inbox(tx, [*self._sweeping], all_waiting=all_waiting, limit=_BATCH)
        for account_id in dict.fromkeys(row.account_id for row in rows):
            mine = [row for row in rows if row.account_id == account_id]
            task = self._sweeping[account_id] = asyncio.create_task(self._one_by_one(mine))
            task.add_done_callback(partial(self._swept, account_id))
        return len(rows)

    async def _one_by_one(self, rows: Sequence[Row[Any]]) -> None:
        for row in rows:
            await self.again(row)

    def _swept(self, account_id: UUID, task: asyncio.Task[None]) -> None:
        if self._sweeping.get(account_id) is task:
            del self._sweeping[account_id]

    async def again(self, row: Row[Any]) -> bool:
        """Take a kept row of the inbox, also for a second time: what is stored already stays as it is."""
        try:
            async with self._desk.db.tx(row.workspace_id) as tx:
                account = await opened_account(tx, self._desk.keyring, row.account_id)
            request = unseal(self._desk.keyring, row.id, row.sealed)
        except Exception as fault:
            await self._fail(
                row.workspace_id, row.id, row.attempts, repr(fault), _FIRST_WAIT * 4**row.attempts
            )
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
            found, others = await self._ours(account, row_id, request)
            echoed = await self._bring_all(account, _named(found, row_id), received_at, attempts)
            if any(isinstance(came, Due) for came in found):
                self.on_due(account)
            delay = _delay(found, received_at)
            await self._ticked.ask(account.workspace_id, store.Taken(row_id, delay, echoed and not others))
            self._figures.taken(account.adapter, received_at)
        except Exception as fault:
            why = str(fault) if isinstance(fault, Parked | TooSoon) else repr(fault)
            first = _SOON if isinstance(fault, TooSoon) else _FIRST_WAIT
            wait = None if isinstance(fault, Parked) else first * 4**attempts
            await self._fail(account.workspace_id, row_id, attempts, why, wait)
            return False
        return True

    async def _bring_all(
        self, account: Account, found: Sequence[Came], received_at: datetime, attempts: int
    ) -> bool:
        """What cannot be brought keeps back what follows of the same customer, and nobody else's; word of an
        earlier message keeps back nothing. Whether it told of what went out from here: that stands in the
        conversation, where it can be taken back. Raises the fault that may pass, where there is one."""
        echoed = False
        faults: list[Exception] = []
        behind: set[str] = set()
        for number, came in enumerate(found):
            if not isinstance(came, Due) and came.external_id in behind:
                continue
            try:
                # Of one call what stands later is newer.
                at = received_at + timedelta(microseconds=number)
                echoed |= await self._bringer.bring(account, came, at, attempts)
            except Exception as fault:
                faults.append(fault)
                if not isinstance(came, Due | Progress | Edited | Reacted | Recalled):
                    behind.add(came.external_id)
        if faults:
            raise min(faults, key=lambda fault: isinstance(fault, TooSoon) + 2 * isinstance(fault, Parked))
        return echoed

    async def _ours(self, account: Account, row_id: UUID, request: Request) -> tuple[Sequence[Came], bool]:
        """What the call has brought, without what belongs to customers who are still served elsewhere, and
        whether there was some of that: the desk of before is told of it, and nobody waits until it is."""
        found = await _parsed(account, request)
        if not is_staged(account) or request.method == PULLED:
            return found, False
        async with self._desk.db.tx(account.workspace_id) as tx:
            ours, others = await parted(tx, account, found, self._has_room)
            if others:
                await customers.let_on(tx, row_id)
        if others:
            self.on_passing()
        return ours, others

    async def _fail(
        self, workspace_id: UUID, row_id: UUID, attempts: int, why: str, wait: timedelta | None
    ) -> None:
        """`wait` until the next attempt; None: it is parked, as after the last one."""
        wait = wait if attempts + 1 < ATTEMPTS else None
        parked = wait is None
        log.warning("channels.not_taken", row=str(row_id), parked=parked, fault=why.partition("(")[0][:100])
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

    async def _tick(self, workspace_id: UUID, calls: Sequence[store.Taken]) -> list[None]:
        async with self._desk.db.tx(workspace_id) as tx:
            await store.taken(tx, calls)
        return [None] * len(calls)


async def _parsed(account: Account, request: Request) -> Sequence[Came]:
    channel = find(account.adapter)
    parse = channel.parse
    if parse is None:
        raise Parked("nothing comes in by a call on this channel")
    try:
        known = as_adapter(channel, account)
        # A mail with its files takes a third of a second: the others are not to wait for it.
        large = len(request.body) > _LARGE
        found = await asyncio.to_thread(parse, request, known) if large else parse(request, known)
    except Exception as fault:
        raise Parked(f"the adapter failed: {type(fault).__name__}") from fault
    if isinstance(found, Unreadable):
        raise Parked(found.why)
    return found


def _named(found: Sequence[Came], row_id: UUID) -> Sequence[Came]:
    """A message without a name of its own goes by its place: by an empty one all would be one."""
    return [
        structs.replace(came, dedup_key=f"{row_id}.{number}")
        if isinstance(came, Inbound) and not came.dedup_key
        else came
        for number, came in enumerate(found)
    ]


def _delay(found: Sequence[Came], received_at: datetime) -> int | None:
    """How long the platform took with the oldest message, in milliseconds, as far as clocks agree."""
    sent = [one.sent_at for one in found if isinstance(one, Inbound) and one.sent_at is not None]
    if not sent:
        return None
    behind = (received_at - min(sent)).total_seconds() * 1000
    return max(0, min(int(behind), 2**31 - 1))
