"""Events: written in the transaction of their cause, read by cursored handlers, handed to live listeners."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from time import perf_counter
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import msgspec
from sqlalchemy import text

from kezhan.kit.beat import every
from kezhan.kit.db import Database, Tx
from kezhan.kit.figures import Observe
from kezhan.kit.log import log

BATCH = 200
BATCH_BYTES = 50_000
"""As the database stores them, packed."""
ATTEMPTS = 5
_LOOK_SECONDS = 1.0
"""How often one statement asks for all handlers whether something waits for them that nobody woke them for:
what another process was busy with or has left, and what could not be carried out."""
_LONGEST_REST_SECONDS = 2.0
"""Replies to platforms leave by a handler: a step that was held up once is not to hold them up for long."""
_SHARE = 8
"""What is meant for later leaves the database and the loop to what is meant for now: a handler that has much
to do rests seven parts in eight of its time."""


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
    `pause` seconds, since many cost little more than one."""

    name: str
    events: tuple[type[Event], ...]
    run: Callable[[Tx, Sequence[Event]], Awaitable[None]]
    pause: float = 0.1


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


class _Row(NamedTuple):
    xid: str
    id: int
    workspace_id: UUID
    body: str
    """Of an event that the handler does not listen to, None."""
    kind: str
    size: int
    """Of the bodies up to here, in bytes."""


class Runner:
    """Carries out the `later` column of this process. Several processes may run it: an advisory lock
    per handler keeps each handler single."""

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
        self._begun: set[str] = set()
        self._types = {
            str(kind.__struct_config__.tag): kind for handler in db.wiring.later for kind in handler.events
        }
        self._one = {tag: msgspec.json.Decoder(kind) for tag, kind in self._types.items()}
        self._many = {tag: msgspec.json.Decoder(_columns(kind)) for tag, kind in self._types.items()}

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
            handlers.create_task(every(_LOOK_SECONDS, self._look, "outbox.look_failed"), name="outbox")

    async def _look(self) -> None:
        async with self._db.system_tx() as tx:
            behind = {row.handler for row in await tx.rows(_BEHIND)}
        for name, wake in self._wakes.items():
            if name in behind or name not in self._begun:
                wake.set()

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

    async def step(self, handler: Handler) -> Took:
        """Hand one batch to `handler`, if there is one. Raises what the handler raised, after the
        failure has been counted (the event goes to `dead_letters` at the last attempt)."""
        await self._begin(handler)
        async with self._db.system_tx() as claim:
            mine = await claim.value(_CLAIM, {"space": self._LOCK_SPACE, "name": handler.name})
            if not mine:
                return Took.NOTHING
            kinds = [str(kind.__struct_config__.tag) for kind in handler.events]
            found = [
                _Row._make(row)
                for row in await claim.rows(
                    _BATCH, {"name": handler.name, "kinds": kinds, "limit": BATCH, "bytes": BATCH_BYTES}
                )
            ]
            if not found:
                return Took.NOTHING
            wanted = [row for row in found if row.kind in kinds]
            await self._deliver(handler, wanted, found[-1])
        if len(found) == BATCH or found[-1].size > BATCH_BYTES // 2:
            return Took.FULL
        return Took.SOME if wanted else Took.NOTHING

    async def _begin(self, handler: Handler) -> None:
        """The handler's cursor, committed before anything else: the transactions that move it are others."""
        if handler.name not in self._begun:
            async with self._db.system_tx() as tx:
                await tx.run(_START_CURSOR, {"name": handler.name})
            self._begun.add(handler.name)

    async def _deliver(self, handler: Handler, wanted: list[_Row], last: _Row) -> None:
        start = 0
        while start < len(wanted):
            end = start
            while end < len(wanted) and wanted[end].workspace_id == wanted[start].workspace_id:
                end += 1
            await self._deliver_run(handler, wanted[start:end])
            start = end
        if not wanted or wanted[-1] is not last:
            await self._pass(handler, last)

    async def _deliver_run(self, handler: Handler, run: list[_Row]) -> None:
        begun = perf_counter()
        try:
            events = [event for row in run for event in self._events(row)]
            async with self._db.tx(run[0].workspace_id) as tx:
                await handler.run(tx, events)
                await _move(tx, handler.name, run[-1])
            self._observed(handler, begun, run, well=True)
            if (told := self.after.get(handler.name)) is not None:
                told()
        except Exception as fault:
            self._observed(handler, begun, run, well=False)
            if len(run) > 1:
                for row in run:
                    await self._deliver_run(handler, [row])
                return
            if await self._count_failure(handler, run[0], repr(fault)) < ATTEMPTS:
                raise
            await self._bury(handler, run[0], repr(fault))

    def _observed(self, handler: Handler, begun: float, run: list[_Row], *, well: bool) -> None:
        if self.observe is not None:
            about: dict[str, str | int] = {"kezhan.workspace": str(run[0].workspace_id)}
            about["kezhan.events"] = len(run)
            self.observe(f"outbox {handler.name}", perf_counter() - begun, well, about)

    def _events(self, row: _Row) -> list[Event]:
        if not _is_many(row):
            return [self._one[row.kind].decode(row.body)]
        kind, each = self._types[row.kind], self._many[row.kind].decode(row.body).each
        names = each.__struct_fields__
        columns = (getattr(each, name) for name in names)
        return [kind(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]

    async def _count_failure(self, handler: Handler, row: _Row, fault: str) -> int:
        self.failures[handler.name] += 1
        async with self._db.tx(row.workspace_id) as tx:
            return int(await tx.value(_COUNT_FAILURE, {"name": handler.name}))

    async def _bury(self, handler: Handler, row: _Row, fault: str) -> None:
        """Pass the row. Of several events in it each has one more try of its own, so that only the guilty one
        goes to `dead_letters`."""
        bodies = _bodies(row)
        async with self._db.tx(row.workspace_id) as tx:
            for body in bodies:
                reason = fault if len(bodies) == 1 else await self._alone(tx, handler, row.kind, body)
                if reason:
                    log.error(
                        "outbox.dead_letter", handler=handler.name, kind=row.kind, id=row.id, fault=reason
                    )
                    values = {"ws": row.workspace_id, "handler": handler.name, "kind": row.kind}
                    letter = {"body": msgspec.json.encode(body).decode(), "fault": reason[:2000]}
                    await tx.run(_BURY, {**values, **letter})
            await _move(tx, handler.name, row)

    async def _alone(self, tx: Tx, handler: Handler, kind: str, body: Any) -> str:
        """Why the event fails, empty where it does not."""
        told = len(tx.published)
        try:
            async with tx.conn.begin_nested():
                await handler.run(tx, [msgspec.convert(body, self._types[kind])])
        except Exception as fault:
            del tx.published[told:]
            return repr(fault)
        return ""

    async def _pass(self, handler: Handler, last: _Row) -> None:
        async with self._db.tx(last.workspace_id) as tx:
            await _move(tx, handler.name, last)


def _is_many(row: _Row) -> bool:
    """A row carries one event, or the columns of many: what one flush of the append lane has told."""
    return row.body.startswith('{"each":')


def _columns(kind: type[Event]) -> Any:
    fields = [(field.name, list[field.type]) for field in msgspec.structs.fields(kind)]  # type: ignore[name-defined]
    return msgspec.defstruct("Many", [("each", msgspec.defstruct("Each", fields))])


def _bodies(row: _Row) -> list[Any]:
    """The events of the row, each as it would stand alone; one that is no event at all stands for itself."""
    body = msgspec.json.decode(row.body)
    columns: Any = body["each"] if _is_many(row) else None
    try:
        each = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    except (AttributeError, TypeError, ValueError):
        return [body]
    return [{"event": row.kind, **facts} for facts in each]


async def tidy(db: Database) -> int:
    """Make the coming days' partitions, drop those every cursor has passed; how many. Meant to run daily."""
    async with db.system_tx() as tx:
        return int(await tx.value(_TIDY))


async def _move(tx: Tx, name: str, row: _Row) -> None:
    await tx.run(_MOVE, {"name": name, "xid": row.xid, "id": row.id})


_TIDY = text("select outbox_tidy()")
_CLAIM = text("select pg_try_advisory_xact_lock(:space, hashtext(:name))")
_START_CURSOR = text("insert into outbox_cursors (handler) values (:name) on conflict do nothing")
# Below pg_snapshot_xmin every writer has ended, so no row can still appear in front of the cursor. A row may
# tell of a thousand messages: a batch ends where it has grown too large to be carried out in one breath, by
# the size as stored, so that only bodies that are handed over are unpacked. The cursor is read apart: joined,
# all that the handler has passed that day would be looked at again.
_BATCH = text(
    """
    select cast(b.xid as text) as xid, b.id, b.workspace_id,
           case when b.wanted then cast(b.body as text) end as body, b.kind, b.size from (
        select a.*, sum(case when a.wanted then pg_column_size(a.body) else 0 end)
                    over (order by a.place rows unbounded preceding) as size from (
            select o.xid, o.id, o.workspace_id, o.body, o.kind, o.kind = any(:kinds) as wanted,
                   row_number() over (order by o.xid, o.id) as place
            from outbox o
            where (o.xid, o.id) > ((select xid from outbox_cursors where handler = :name),
                                   (select id from outbox_cursors where handler = :name))
              and o.xid < pg_snapshot_xmin(pg_current_snapshot())
            order by o.xid, o.id limit :limit
        ) a
    ) b
    where b.place = 1 or b.size <= :bytes
    order by b.place
    """
)
# By the last row alone: whoever is woken for a row that may not be read yet finds nothing and rests again.
_BEHIND = text(
    """
    select c.handler from outbox_cursors c
    where (c.xid, c.id) < (select o.xid, o.id from outbox o order by o.xid desc, o.id desc limit 1)
    """
)
_MOVE = text(
    "update outbox_cursors set xid = cast(cast(:xid as text) as xid8), id = :id, failures = 0,"
    " moved_at = now() where handler = :name"
)
_COUNT_FAILURE = text(
    "update outbox_cursors set failures = failures + 1 where handler = :name returning failures"
)
_BURY = text(
    "insert into dead_letters (workspace_id, handler, kind, body, fault)"
    " values (:ws, :handler, :kind, cast(:body as jsonb), :fault)"
)
