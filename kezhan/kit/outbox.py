"""Events: written in the transaction of their cause, read by cursored handlers, handed to live listeners."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from functools import partial
from itertools import groupby
from time import perf_counter
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text

from kezhan.kit.beat import every
from kezhan.kit.db import Database, Tx
from kezhan.kit.figures import Observe
from kezhan.kit.log import log
from kezhan.kit.tape import Place, Row, Stretch, Tape

BATCH = 200
"""Rows handed over in one transaction."""
BATCH_EVENTS = 4000
ATTEMPTS = 5
_LOOK_SECONDS = 1.0
"""How often one statement asks for all handlers whether something waits for them that nobody woke them for:
what another process was busy with or has left, and what could not be carried out."""
_LONGEST_REST_SECONDS = 2.0
"""Replies to platforms leave by a handler: a step that was held up once is not to hold them up for long."""
_SHARE = 8
"""What is meant for later leaves the database and the loop to what is meant for now: a handler that has much
to do rests seven parts in eight of its time."""
_HANDS = 2
"""Handlers at work at once: the other connections are for those who wait for an answer."""
_TRIES = 5
"""To begin a step anew because another process was quicker; then it is left to that one until a look."""
_PASS_SECONDS = 0.2
"""For so long what handlers want nothing of gathers; then one statement moves all their cursors."""
_NOBODY = UUID(int=0)
"""A cursor belongs to no workspace, and a transaction to one."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """Something that happened: ids and small facts, never content. Each subclass has its own tag."""


class Aside:
    """What an event tells those alone who hear it in its own transaction: it is written nowhere."""

    __slots__ = ("told",)

    def __init__(self, told: Any) -> None:
        self.told = told


class Published(NamedTuple):
    """An event of a committed transaction, with the live topics that hear of it."""

    event: Event
    topics: tuple[str, ...]


InTx = Callable[[Tx, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Handler:
    """A `later` listener. `run` gets events of one workspace in commit order inside one transaction,
    in which its own position is saved too: its effect happens once. After a batch it lets events gather for
    `pause` seconds, since many cost little more than one. What it does not want (`wants` looks at the event
    alone) it never gets, and where it wants nothing no transaction is opened. `most` events are handed over
    at once, or those of one row."""

    name: str
    events: tuple[type[Event], ...]
    run: Callable[[Tx, Sequence[Event]], Awaitable[None]]
    pause: float = 0.1
    wants: Callable[[Any], bool] | None = None
    most: int = BATCH_EVENTS


@dataclass(frozen=True, slots=True)
class Wiring:
    """Who listens to what. Built in one place, `kezhan/wiring.py`."""

    in_tx: Mapping[type[Event], tuple[InTx, ...]] = field(default_factory=dict)
    later: tuple[Handler, ...] = ()
    timers: Mapping[str, Callable[[Tx, UUID], Awaitable[None]]] = field(default_factory=dict)


async def emit(tx: Tx, event: Event, topics: Sequence[str] = ()) -> None:
    """Record `event` in this transaction, run its `in_tx` handlers, tell `topics` after the commit."""
    tx.published.append(Published(event, tuple(topics)))
    tx.before_commit = partial(_write, tx.workspace)
    for handler in tx.wiring.in_tx.get(type(event), ()):
        await handler(tx, event)


async def _write(workspace_id: UUID, tx: Tx) -> None:
    """All of a transaction's events at once: they are asked for by nobody before its end."""
    events = [one.event for one in tx.published]
    kinds = [type(event).__struct_config__.tag for event in events]
    await tx.fetch(_INSERT, workspace_id, kinds, [_encode(event).decode() for event in events])


def _unwritten(value: Any) -> None:
    if not isinstance(value, Aside):
        raise NotImplementedError(type(value).__name__)


_encode = msgspec.json.Encoder(enc_hook=_unwritten).encode
_INSERT = """
    insert into outbox (workspace_id, kind, body)
    select $1, e.kind, e.body::jsonb
    from unnest($2::text[], $3::text[]) with ordinality as e(kind, body, place) order by e.place
"""


class Took(IntEnum):
    """What a step has found to do; after a full batch there is more."""

    NOTHING = 0
    SOME = 1
    FULL = 2


class _Part(NamedTuple):
    """What a handler wants of a row."""

    row: Row
    events: Sequence[Event]


class _Run(NamedTuple):
    """Parts of one workspace; carried out, they take the cursor from `start` to `end`."""

    parts: Sequence[_Part]
    start: Place
    end: Place
    server: datetime | None
    """That it was read from."""


class _Elsewhere(Exception):
    """The cursor is not where this process believes it is: another one has moved it."""


class _Busy(Exception):
    """Another process is at work for this handler."""


class Runner:
    """Carries out the `later` column of this process. Several processes may run it: an advisory lock per
    handler keeps each handler single; its cursor is moved from the place that was expected, or not at all."""

    _LOCK_SPACE: ClassVar[int] = 0x6B7A

    def __init__(self, db: Database) -> None:
        self._db = db
        self.failures: Counter[str] = Counter()
        """Failed attempts of this process, by handler."""
        self.observe: Observe | None = None
        self.after: dict[str, Callable[[], None]] = {}
        """By handler: called when a run of events has had its effect, for whoever waits for that."""
        self._wakes = {handler.name: asyncio.Event() for handler in db.wiring.later}
        self._wakes_of: dict[type[Event], list[asyncio.Event]] = {}
        for handler in db.wiring.later:
            for heard in handler.events:
                self._wakes_of.setdefault(heard, []).append(self._wakes[handler.name])
        self._types = {_tag(kind): kind for handler in db.wiring.later for kind in handler.events}
        self._tape = Tape(db, self._types)
        self._at: dict[str, Place] = {}
        """By handler: its cursor, as far as this process knows."""
        self._seen: dict[str, Place] = {}
        """By handler: up to here there is nothing that it wants."""
        self._server: datetime | None = None
        self._passed = asyncio.Event()
        self._hands = asyncio.Semaphore(_HANDS)

    def wake(self, committed: Iterable[type[Event]]) -> None:
        """Who listens to one of these looks now; what others commit is found by the next look."""
        for kind in committed:
            for wake in self._wakes_of.get(kind, ()):
                wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as handlers:
            for handler in self._db.wiring.later:
                handlers.create_task(self._keep_running(handler), name=handler.name)
            handlers.create_task(self._keep_passing(), name="outbox.pass")
            handlers.create_task(every(_LOOK_SECONDS, self._look, "outbox.look_failed"), name="outbox")

    async def _look(self) -> None:
        async with self._db.system_tx() as tx:
            found = {row["handler"]: row for row in await tx.fetch(_CURSORS)}
        if any(self._is_of_another_server(row["server"]) for row in found.values()):
            self._forget()
        for name, wake in self._wakes.items():
            row = found.get(name)
            if row is not None and name in self._at:
                self._at[name] = max(self._at[name], _place(row))
                self._seen[name] = max(self._seen[name], self._at[name])
            if row is None or row["behind"] or name not in self._at:
                wake.set()
        if self._seen:
            self._tape.forget(min(self._seen.values()))
        if self._moves():
            self._passed.set()

    async def _keep_running(self, handler: Handler) -> None:
        wake = self._wakes[handler.name]
        while True:
            wake.clear()
            begun, took = perf_counter(), Took.NOTHING
            try:
                took = await self.step(handler)
            except Exception as fault:
                log.warning("outbox.handler_failed", handler=handler.name, fault=repr(fault))
            if took is Took.NOTHING:
                await wake.wait()
            else:
                pause = handler.pause if took is Took.SOME else 0.0
                rest = min((_SHARE - 1) * (perf_counter() - begun), _LONGEST_REST_SECONDS)
                await asyncio.sleep(max(pause, rest))

    async def _keep_passing(self) -> None:
        while True:
            await self._passed.wait()
            await asyncio.sleep(_PASS_SECONDS)
            self._passed.clear()
            try:
                await self.move_on()
            except Exception as fault:  # the next look wakes whoever is behind
                log.warning("outbox.pass_failed", fault=repr(fault))

    async def move_on(self) -> None:
        """Move the cursors of handlers that want nothing of what came last, all at once. One that has been
        moved meanwhile is left alone."""
        moves = self._moves()
        if not moves:
            return
        columns = zip(*((name, str(a.xid), a.id, str(b.xid), b.id) for name, a, b in moves), strict=True)
        async with self._db.tx(_NOBODY) as tx:
            found = await tx.fetch(_MOVE_ON, self._server, *(list(column) for column in columns))
        moved = {row["handler"] for row in found}
        for name, start, end in moves:
            if name in moved and self._at.get(name) == start:
                self._at[name] = end

    def _moves(self) -> list[tuple[str, Place, Place]]:
        return [(name, at, self._seen[name]) for name, at in self._at.items() if self._seen[name] > at]

    async def step(self, handler: Handler) -> Took:
        """Hand one batch to `handler`, if there is one. Raises what the handler raised, after the
        failure has been counted (the event goes to `dead_letters` at the last attempt)."""
        for _ in range(_TRIES):
            try:
                return await self._step(handler)
            except _Elsewhere:
                continue
            except _Busy:
                break
        return Took.NOTHING

    async def _step(self, handler: Handler) -> Took:
        if handler.name not in self._at:
            await self._begin()
        at, seen = self._at[handler.name], self._seen[handler.name]  # either may be another one after a wait
        stretch = await self._tape.behind(seen, [_tag(kind) for kind in handler.events])
        if self._is_of_another_server(stretch.server):
            self._forget()
            raise _Elsewhere
        parts, end = _batch(handler, stretch)
        for run in _runs(parts, at, end, stretch.server):
            await self._deliver(handler, run)
        if not parts and self._seen.get(handler.name) == seen != end:
            self._seen[handler.name] = end
            self._passed.set()
        if stretch.more or end < stretch.end:
            return Took.FULL
        heard = any(self._types[row.kind] in handler.events for row in stretch.rows)
        return Took.SOME if heard else Took.NOTHING

    async def _begin(self) -> None:
        """The cursors, committed before anything else: the transactions that move them are others."""
        async with self._db.system_tx() as tx:
            await tx.fetch(_START_CURSORS, list(self._wakes))
            found = await tx.fetch(_CURSORS)
        for row in found:
            if row["handler"] in self._wakes:
                self._seen.setdefault(row["handler"], _place(row))
                self._at.setdefault(row["handler"], _place(row))

    def _is_of_another_server(self, server: datetime | None) -> bool:
        known, self._server = self._server, server or self._server
        return known is not None and known != self._server

    def _forget(self) -> None:
        """Another server has taken the place of ours: what was not copied to it has never happened."""
        self._tape.clear()
        self._server = None
        self._at.clear()
        self._seen.clear()

    @asynccontextmanager
    async def _moved(self, handler: Handler, run: _Run) -> AsyncIterator[Tx]:
        """A transaction in which the cursor is moved to the end of the run. Raises _Elsewhere and _Busy."""
        async with self._hands, self._db.tx(run.parts[0].row.workspace_id) as tx:
            values = (str(run.start.xid), run.start.id, str(run.end.xid), run.end.id, run.server)
            found = await tx.fetch(_MOVE, handler.name, self._LOCK_SPACE, *values)
            if not found:
                raise _Busy
            if not found[0]["moved"]:
                self._found(handler.name, run.start, _place(found[0]))
                raise _Elsewhere
            yield tx
        self._at[handler.name] = self._seen[handler.name] = run.end

    def _found(self, name: str, expected: Place, place: Place) -> None:
        if place == expected:
            self._forget()
        else:
            self._at[name] = self._seen[name] = place

    async def _deliver(self, handler: Handler, run: _Run) -> None:
        begun = perf_counter()
        try:
            events = [event for part in run.parts for event in self._events(part)]
            async with self._moved(handler, run) as tx:
                await handler.run(tx, events)
            self._observed(handler, begun, run, well=True)
            if (told := self.after.get(handler.name)) is not None:
                told()
        except (_Elsewhere, _Busy):
            raise
        except Exception as fault:
            self._observed(handler, begun, run, well=False)
            if len(run.parts) > 1:
                for single in _singles(run):
                    await self._deliver(handler, single)
                return
            if await self._count_failure(handler, run.parts[0].row) < ATTEMPTS:
                raise
            await self._bury(handler, run, repr(fault))

    def _observed(self, handler: Handler, begun: float, run: _Run, *, well: bool) -> None:
        if self.observe is not None:
            about: dict[str, str | int] = {"kezhan.workspace": str(run.parts[0].row.workspace_id)}
            about["kezhan.events"] = len(run.parts)
            self.observe(f"outbox {handler.name}", perf_counter() - begun, well, about)

    def _events(self, part: _Part) -> Sequence[Event]:
        return self._tape.decode(part.row.kind, part.row.body) if part.row.body else part.events

    async def _count_failure(self, handler: Handler, row: Row) -> int:
        self.failures[handler.name] += 1
        async with self._db.tx(row.workspace_id) as tx:
            return int(await tx.value(_COUNT_FAILURE, {"name": handler.name}))

    async def _bury(self, handler: Handler, run: _Run, fault: str) -> None:
        """Pass the row. Of several events in it each has one more try of its own, so that only the guilty one
        goes to `dead_letters`."""
        row = run.parts[0].row
        bodies = self._tape.bodies(row)
        async with self._moved(handler, run) as tx:
            for body in bodies:
                reason = fault if len(bodies) == 1 else await self._alone(tx, handler, row.kind, body)
                if reason:
                    log.error(
                        "outbox.dead_letter",
                        handler=handler.name,
                        kind=row.kind,
                        id=row.place.id,
                        fault=reason,
                    )
                    values = {"ws": row.workspace_id, "handler": handler.name, "kind": row.kind}
                    letter = {"body": msgspec.json.encode(body).decode(), "fault": reason[:2000]}
                    await tx.run(_BURY, {**values, **letter})

    async def _alone(self, tx: Tx, handler: Handler, kind: str, body: Any) -> str:
        """Why the event fails, empty where it does not."""
        told = len(tx.published)
        try:
            async with tx.conn.begin_nested():
                event = msgspec.convert(body, self._types[kind])
                if handler.wants is None or handler.wants(event):
                    await handler.run(tx, [event])
        except Exception as fault:
            del tx.published[told:]
            return repr(fault)
        return ""


def _tag(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def _place(row: Any) -> Place:
    return Place(int(row["xid"]), row["id"])


def _batch(handler: Handler, stretch: Stretch) -> tuple[list[_Part], Place]:
    """What is handed over next, and the place that is reached with it."""
    parts: list[_Part] = []
    count, kinds = 0, {_tag(kind) for kind in handler.events}
    for row in stretch.rows:
        if row.kind not in kinds:
            continue
        events = row.events if handler.wants is None else [one for one in row.events if handler.wants(one)]
        if not events and not row.body:
            continue
        if parts and (len(parts) == BATCH or count + len(events) > handler.most):
            return parts, parts[-1].row.place
        parts.append(_Part(row, events))
        count += len(events)
    return parts, stretch.end


def _runs(parts: Sequence[_Part], start: Place, end: Place, server: datetime | None) -> list[_Run]:
    """Neighbours of one workspace together; the last run goes on to the `end` of what was looked at."""
    runs: list[_Run] = []
    for _, neighbours in groupby(parts, key=lambda part: part.row.workspace_id):
        own = list(neighbours)
        runs.append(_Run(own, start, own[-1].row.place, server))
        start = runs[-1].end
    return [*runs[:-1], runs[-1]._replace(end=end)] if runs else []


def _singles(run: _Run) -> list[_Run]:
    """Each part alone."""
    ends = [*(part.row.place for part in run.parts[:-1]), run.end]
    starts = [run.start, *ends[:-1]]
    return [
        _Run([part], start, end, run.server) for part, start, end in zip(run.parts, starts, ends, strict=True)
    ]


async def tidy(db: Database) -> int:
    """Make the coming days' partitions, drop those every cursor has passed; how many. Meant to run daily."""
    async with db.system_tx() as tx:
        return int(await tx.value(_TIDY))


_TIDY = text("select outbox_tidy()")
# Those that are there are not met: a conflict waits for whoever is moving the row.
_START_CURSORS = """
    insert into outbox_cursors (handler)
    select name from unnest($1::text[]) name
    where not exists (select from outbox_cursors where handler = name) on conflict do nothing
"""
# Behind is told by the last row alone: whoever is woken for a row that may not be read yet finds nothing and
# rests again.
_CURSORS = """
    select c.handler, c.xid::text as xid, c.id, coalesce((c.xid, c.id) < (
               select o.xid, o.id from outbox o order by o.xid desc, o.id desc limit 1), false) as behind,
           pg_postmaster_start_time() as server
    from outbox_cursors c
"""
# No row: another process is at work for this handler. The lock comes before the row's newest version, and
# that before the move, which is made from the place that was expected alone; xid8 comes and goes as text.
_MOVE = """
    with held as materialized (
        select xid, id from outbox_cursors
        where handler = $1::text and pg_try_advisory_xact_lock($2::int, hashtext($1::text)) for update
    ), moved as (
        update outbox_cursors set xid = $5::text::xid8, id = $6::bigint, failures = 0, moved_at = now()
        where handler = $1::text and xid = $3::text::xid8 and id = $4::bigint
          and pg_postmaster_start_time() = $7::timestamptz and exists (select from held)
        returning handler
    )
    select xid::text as xid, id, exists (select from moved) as moved from held
"""
# A cursor that is being moved is left alone, so that nobody waits here.
_MOVE_ON = """
    with free as (
        select c.handler, p.to_xid, p.to_id
        from unnest($2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[])
                 as p(handler, xid, id, to_xid, to_id)
        join outbox_cursors c on c.handler = p.handler and c.xid = p.xid::xid8 and c.id = p.id
        where pg_postmaster_start_time() = $1::timestamptz
        for update of c skip locked
    )
    update outbox_cursors c set xid = f.to_xid::xid8, id = f.to_id, failures = 0, moved_at = now()
    from free f where c.handler = f.handler returning c.handler
"""
_COUNT_FAILURE = text(
    "update outbox_cursors set failures = failures + 1 where handler = :name returning failures"
)
_BURY = text(
    "insert into dead_letters (workspace_id, handler, kind, body, fault)"
    " values (:ws, :handler, :kind, cast(:body as jsonb), :fault)"
)
