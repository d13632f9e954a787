"""The append lane: every message and every mark of this process, many at a time, one commit each flush.

While one flush commits, arrivals gather; the next takes them all. No timer, so a lone message is not
delayed. What an item needs has been checked and bounded before it enters. Nothing is acknowledged before
its commit; a connection lost in mid-commit is retried, and `client_id` makes the retry harmless.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import takewhile
from time import perf_counter
from typing import Any, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from kezhan.conversations.figures import LaneFigures
from kezhan.conversations.items import Append, Appended, Flushed, Found, MarkItem, MovedMark, Numbered, Said
from kezhan.conversations.store import APPEND, LANE_SETTINGS, MARK, REPLICATED, SIGN
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Database
from kezhan.kit.log import log, tell_end

FLUSH = 1000
QUEUE = 50_000
_BUSY_SECONDS = 0.005
_RECONNECT_SECONDS = 0.2


class _Batch(NamedTuple):
    """What the database says of a flush: of each item its place (from one), seq (None where it was not added)
    and rev; of each place the rev before, the customer and where it stands; the items stored before."""

    placed: list[int]
    seqs: list[int | None]
    revs: list[int]
    from_revs: list[int]
    identities: list[UUID]
    standing: list[str]
    known: dict[int, tuple[int, UUID]]
    at: datetime

    @property
    def open(self) -> bool:
        """Nothing of it goes back to the queue, or into another conversation."""
        return self.standing.count("open") == len(self.standing)

    @property
    def busy(self) -> bool:
        """Nothing but what is locked elsewhere."""
        return not self.known and all(standing == "busy" for standing in self.standing)


_Key = tuple[UUID, UUID, str]


def _by_id(place: tuple[UUID, UUID]) -> int:
    return place[0].int


class Lane:
    """One per process, on a connection of its own as kz_lane."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: deque[Append] = deque()
        self._marks: dict[tuple[UUID, str, UUID], MarkItem] = {}
        self._pending: dict[_Key, list[Append]] = {}
        self._wake = asyncio.Event()
        self._since = 0.0
        self._conn: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self.on_flush: Callable[[Flushed], None] = lambda flushed: None
        self.screen: Callable[[Append], Appended | None] = lambda item: None
        self.figures = LaneFigures()

    @property
    def queued(self) -> int:
        """Messages that wait for the next flush."""
        return len(self._waiting)

    @property
    def running(self) -> bool:
        """Between `start` and `stop`."""
        return self._task is not None and not self._task.done()

    @property
    def connected(self) -> bool:
        return self.running and self._conn is not None and not self._conn.is_closed()

    @property
    def stalled(self) -> float:
        """For how many seconds the flush under way has not ended; 0 where none is."""
        return perf_counter() - self._since if self._since else 0.0

    def put(self, item: Append) -> None:
        """Take `item` in. A repeat of one still under way shares its answer."""
        key = (item.workspace_id, item.sender_id, item.client_id)
        same = self._pending.get(key)
        if same is not None:
            same.append(item)
            self.figures.repeated += 1
            return
        if (barred := self.screen(item)) is not None:
            item.done(item, barred)
            return
        if len(self._waiting) >= QUEUE:
            self.figures.full += 1
            item.done(item, Appended("full", item.conversation_id))
            return
        self._pending[key] = [item]
        self._waiting.append(item)
        self._wake.set()

    def mark(self, item: MarkItem) -> None:
        """Take a mark in; of one party's marks under way the furthest counts."""
        key = (item.conversation_id, item.party_kind, item.party_id)
        same = self._marks.get(key)
        if same is not None:
            same.delivered_seq = max(same.delivered_seq, item.delivered_seq)
            same.read_seq = max(same.read_seq, item.read_seq)
            return
        self._marks[key] = item
        self._wake.set()

    def withdraw(self, conversation_id: UUID, sender_id: UUID) -> list[Append]:
        """Take back what still waits for a conversation that turned out closed, in order."""
        place = conversation_id, sender_id
        mine = [item for item in self._waiting if (item.conversation_id, item.sender_id) == place]
        withdrawn: list[Append] = []
        for item in mine:
            self._waiting.remove(item)
            withdrawn += self._pending.pop((item.workspace_id, item.sender_id, item.client_id))
        return withdrawn

    async def append(self, item: Append) -> Appended:
        """Append and wait for the commit."""
        return await settled(item, self.put)

    async def start(self) -> None:
        self._conn = await self._connect()
        self._task = asyncio.create_task(self._run(), name="append-lane")
        self._task.add_done_callback(tell_end)

    async def stop(self) -> None:
        """Finish what has been taken in, then end."""
        if self._task is None:
            return
        try:
            async with asyncio.timeout(5):
                while self._waiting or self._marks or self._pending or self._since:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            log.warning("lane.stopped_with_items", waiting=len(self._waiting))
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._conn is not None:
            await self._conn.close(timeout=2)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._conn is None or self._conn.is_closed():
                await self._reconnect(asyncpg.InterfaceError("the lane has no connection"))
            while self._waiting or self._marks:
                items = [self._waiting.popleft() for _ in range(min(FLUSH, len(self._waiting)))]
                marks, self._marks = list(self._marks.values()), {}
                self._since = perf_counter()
                await self._flush(items, marks)
                self._since = 0.0

    async def _flush(self, items: list[Append], marks: list[MarkItem]) -> None:
        """Until these are settled or back in the queue; a lost database is waited for."""
        raced = lost = False
        while True:
            begun = perf_counter()
            try:
                batch, moved = await self._write(items, marks)
            except (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError) as fault:
                lost = True
                await self._reconnect(fault)
            except Exception as fault:
                if isinstance(fault, _PASSING) or self._conn is None or self._conn.is_closed():
                    lost = True
                    await self._reconnect(fault)
                elif isinstance(fault, asyncpg.UniqueViolationError) and not raced:
                    raced = True  # the same message came in by another process; now its key is seen
                else:
                    await self._bisect(items, marks, fault)
                    return
            else:
                seconds = perf_counter() - begun
                self.figures.commit_seconds.observe(seconds)
                self.figures.sizes.observe(len(items))
                if self.figures.observe is not None:
                    self.figures.observe("lane.flush", seconds, True, {"kezhan.batch_size": len(items)})
                if batch.open and (self._waiting or self._marks):
                    # The next flush is on its way while these are told.
                    asyncio.get_running_loop().call_soon(self._settle, items, marks, batch, moved, lost)
                    return
                self._settle(items, marks, batch, moved, lost)
                if batch.busy and all(row["outcome"] == "busy" for row in moved):
                    await asyncio.sleep(_BUSY_SECONDS)
                return

    async def _write(
        self, items: list[Append], marks: list[MarkItem]
    ) -> tuple[_Batch, Sequence[asyncpg.Record]]:
        conn = self._connection()
        at = now()
        named = any(_is_signed(item) for item in items)
        if items and (marks or named):
            async with conn.transaction():
                batch = await self._append(conn, items, at)
                if named:
                    await _sign(conn, items, batch.seqs)
                return batch, await _mark(conn, marks) if marks else ()
        if marks:
            return _Batch([], [], [], [], [], [], {}, at), await _mark(conn, marks)
        return await self._append(conn, items, at), ()

    def _connection(self) -> asyncpg.Connection:
        if self._conn is None or self._conn.is_closed():
            raise asyncpg.InterfaceError("the lane has no connection")
        return self._conn

    async def _append(self, conn: asyncpg.Connection, items: list[Append], at: datetime) -> _Batch:
        wheres = [(item.conversation_id, item.workspace_id) for item in items]
        places = sorted(set(wheres), key=_by_id)
        numbers = {where: number for number, where in enumerate(places, 1)}
        placed = [numbers[where] for where in wheres]
        (row,) = await conn.fetch(
            APPEND,
            [workspace_id for _, workspace_id in places],
            [conversation_id for conversation_id, _ in places],
            placed,
            [item.sender_id for item in items],
            [item.client_id for item in items],
            [item.author_kind for item in items],
            [item.kind for item in items],
            [item.body for item in items],
            _unless_all_none(
                [msgspec.json.encode(item.payload).decode() if item.payload else None for item in items]
            ),
            _unless_all_none([item.quote_seq for item in items]),
            at,
        )
        known = zip(row["known"] or (), row["known_seqs"] or (), row["known_in"] or (), strict=True)
        return _Batch(
            placed, row["seqs"], row["revs"], row["from_revs"], row["identities"], row["standing"],
            {number - 1: (seq, conversation_id) for number, seq, conversation_id in known}, at,
        )  # fmt: skip

    def _settle(
        self,
        items: list[Append],
        marks: list[MarkItem],
        batch: _Batch,
        moved: Sequence[asyncpg.Record],
        lost: bool,
    ) -> None:
        flushed = Flushed([], [], [])
        said: dict[int, Said] = {}
        busy: list[Append] = []
        told: list[tuple[Append, Appended]] = []
        at = wire(batch.at)
        for n, (item, nth, seq, rev) in enumerate(
            zip(items, batch.placed, batch.seqs, batch.revs, strict=True)
        ):
            place = nth - 1
            if seq is not None:
                if (one := said.get(place)) is None:
                    one = said[place] = Said(
                        item.workspace_id, item.conversation_id, batch.identities[place],
                        batch.from_revs[place], at, [],
                    )  # fmt: skip
                one.messages.append(Numbered(item, seq, rev))
                told.append((item, Appended("new", item.conversation_id, seq, rev, at)))
            elif n in batch.known:
                stored, conversation_id = batch.known[n]
                if lost:
                    flushed.found.append(Found(item.workspace_id, conversation_id, stored))
                told.append((item, Appended("known", conversation_id, stored)))
            elif batch.standing[place] == "busy":
                busy.append(item)
            else:
                told.append((item, Appended(batch.standing[place], item.conversation_id)))
        flushed.said.extend(said.values())
        for row in moved:
            mark = marks[row["n"]]
            if row["outcome"] == "busy":
                self.mark(mark)
            elif row["outcome"] == "moved":
                flushed.moved.append(
                    MovedMark(
                        mark,
                        row["identity_id"],
                        row["from_rev"],
                        row["rev"],
                        row["delivered_seq"],
                        row["read_seq"],
                        row["read_inbound"],
                    )
                )
        self._waiting.extendleft(reversed(busy))
        self.figures.busy += len(busy)
        for item, answer in told:
            self._tell(item, answer)
        try:
            self.on_flush(flushed)
        except Exception:
            # What is stored is stored, and screens find a gap by themselves; the lane goes on.
            log.exception("lane.listener_failed")

    def _tell(self, item: Append, answer: Appended) -> None:
        if answer.outcome == "new":
            self.figures.appended += 1
        else:
            self.figures.others[answer.outcome] += 1
        for nth, each in enumerate(self._pending.pop((item.workspace_id, item.sender_id, item.client_id))):
            repeated = nth and answer.outcome == "new"
            try:
                each.done(each, msgspec.structs.replace(answer, outcome="known") if repeated else answer)
            except Exception:
                log.exception("lane.answer_failed")  # who cannot be told ends nobody else's answer

    async def _bisect(self, items: list[Append], marks: list[MarkItem], fault: Exception) -> None:
        """Find the one the database refuses; the rest are stored."""
        if len(items) + len(marks) > 1:
            half, half_marks = len(items) // 2, len(marks) // 2
            if not items or not marks:
                await self._flush(items[:half], marks[:half_marks])
                if (rest := self._behind(items[:half], items[half:])) or marks:
                    await self._flush(rest, marks[half_marks:])
            else:
                await self._flush(items, [])
                await self._flush([], marks)
            return
        log.warning("lane.refused", fault=type(fault).__name__)
        for item in items:
            self._tell(item, Appended("refused", item.conversation_id))

    def _behind(self, before: list[Append], rest: list[Append]) -> list[Append]:
        """What of `rest` is to be written now; what would pass one of `before` that went back to the queue
        goes behind it."""
        ids = {id(item) for item in before}
        waiting = list(takewhile(lambda item: id(item) in ids, self._waiting))
        stuck = {item.conversation_id for item in waiting}
        self._waiting.rotate(-len(waiting))
        self._waiting.extendleft(item for item in reversed(rest) if item.conversation_id in stuck)
        self._waiting.rotate(len(waiting))
        return [item for item in rest if item.conversation_id not in stuck]

    async def _connect(self) -> asyncpg.Connection:
        """A connection whose loss wakes the lane: one that lies idle comes back before it is needed.

        A primary that was killed shows, once it is back, also what its standby had not got yet. So nothing is
        answered as stored before by way of this connection until the standby has all that came before it.
        """
        conn = await self._db.connect("kz_lane", LANE_SETTINGS)
        try:
            await conn.execute(REPLICATED)
        except BaseException:
            conn.terminate()
            raise
        conn.add_termination_listener(lambda _: self._wake.set())
        return conn

    async def _reconnect(self, fault: Exception) -> None:
        log.warning("lane.reconnecting", fault=type(fault).__name__)
        self.figures.reconnects += 1
        if self._conn is not None and not self._conn.is_closed():
            self._conn.terminate()
        while True:
            await asyncio.sleep(_RECONNECT_SECONDS)
            try:
                self._conn = await self._connect()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                continue
            except asyncpg.InternalClientError:  # it died in the middle of the greeting
                continue
            return


# Nobody's guilt: a server that goes down or has no room, a deadlock, a lock held too long.
_PASSING = (
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,  # no connection, no memory, no room on the disk
    asyncpg.InternalClientError,  # the server died in mid-statement
)


async def settled(item: Append, put: Callable[[Append], None]) -> Appended:
    """Hand `item` over by `put` and wait for its answer; its own `done` hears of it too."""
    answer: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
    told = item.done

    def settle(item: Append, appended: Appended) -> None:
        told(item, appended)
        if not answer.done():
            answer.set_result(appended)

    item.done = settle
    put(item)
    return await answer


def _unless_all_none(values: list[Any]) -> list[Any] | None:
    """Mostly no message of a flush has such a thing, and of an array each element is looked at."""
    return values if any(value is not None for value in values) else None


def _is_signed(item: Append) -> bool:
    return item.elsewhere and bool(item.author_name)


async def _sign(conn: asyncpg.Connection, items: list[Append], seqs: Sequence[int | None]) -> None:
    """In the transaction that has numbered them."""
    new = [(item, seq) for item, seq in zip(items, seqs, strict=True) if seq is not None and _is_signed(item)]
    await conn.execute(
        SIGN,
        [item.workspace_id for item, _ in new],
        [item.conversation_id for item, _ in new],
        [seq for _, seq in new],
        [item.author_name for item, _ in new],
    )


async def _mark(conn: asyncpg.Connection, marks: list[MarkItem]) -> Sequence[asyncpg.Record]:
    found: Sequence[asyncpg.Record] = await conn.fetch(
        MARK,
        range(len(marks)),
        [mark.workspace_id for mark in marks],
        [mark.conversation_id for mark in marks],
        [mark.party_kind for mark in marks],
        [mark.party_id for mark in marks],
        [mark.delivered_seq for mark in marks],
        [mark.read_seq for mark in marks],
    )
    return found
