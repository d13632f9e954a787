"""The outbox's newest rows as one process remembers them: read and decoded once, for all who hear of them."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import msgspec

from kezhan.kit.db import Database
from kezhan.kit.reading import ReadRow

if TYPE_CHECKING:
    from kezhan.kit.outbox import Event

READ_ROWS = 500
READ_BYTES = 200_000
"""Of one read, as the database stores the bodies, packed."""
KEPT_ROWS = 2000
KEPT_EVENTS = 50_000
"""Some 300 bytes each."""
_BREATH = 200
"""Events decoded at once: the process has no time for others meanwhile."""


class Place(NamedTuple):
    """Of a row, or of a cursor: all up to here is passed."""

    xid: int
    id: int


class Row(NamedTuple):
    place: Place
    workspace_id: UUID
    kind: str
    events: Sequence["Event"]
    body: str = ""
    """Of a row that cannot be read; what can be is not kept twice."""


class Stretch(NamedTuple):
    """What lies behind a place. Of kinds that nobody hears there are no rows, `end` is behind them too."""

    rows: Sequence[Row]
    end: Place
    server: datetime | None
    """When the server that was read from has started, which tells it from one that took its place."""
    more: bool = False


class Tape:
    """Rows without a gap between two places, the later of which goes on as the outbox does. Below
    `pg_snapshot_xmin` every writer has ended, so that none can appear between them afterwards. Whoever is
    behind the tape's beginning reads for itself."""

    def __init__(self, db: Database, kinds: Mapping[str, type["Event"]]) -> None:
        self._db = db
        self._kinds = kinds
        self._one = {tag: msgspec.json.Decoder(kind) for tag, kind in kinds.items()}
        self._many = {tag: msgspec.json.Decoder(_columns(kind)) for tag, kind in kinds.items()}
        self._turn = asyncio.Lock()
        self._begun = self._good = 0
        """The number of the read that was begun last, and of the last one that went well."""
        self.clear()

    def clear(self) -> None:
        """Remember nothing."""
        self._rows: deque[Row] = deque()
        self._events = 0
        self._start: Place | None = None
        self._end = Place(0, 0)
        self._server: datetime | None = None

    def forget(self, place: Place) -> None:
        """What everybody has passed."""
        while self._rows and self._rows[0].place <= place:
            self._drop()

    async def behind(self, place: Place, kinds: Sequence[str]) -> Stretch:
        """What is behind `place`, some of it if it is much; of rows the tape has passed only those of `kinds`
        are read. Raises the database's faults."""
        asked = self._begun
        if self._has(place):
            return self._remembered(place)
        if self._is_past(place):
            return await self._read(place, kinds)
        async with self._turn:
            if self._has(place):
                return self._remembered(place)
            if place == self._end and self._good > asked:
                return Stretch((), place, self._server)  # somebody has looked since
            self._begun = number = self._begun + 1
            stretch = await self._read(place, list(self._kinds))
            if place != self._end or stretch.server != self._server or self._start is None:
                self.clear()
                self._start, self._server = place, stretch.server
            self._keep(stretch)
            self._good = number
            return stretch

    def decode(self, kind: str, body: str) -> list["Event"]:
        """The events of a row. Raises what msgspec raises where it is none."""
        if not is_many(body):
            return [self._one[kind].decode(body)]
        event, each = self._kinds[kind], self._many[kind].decode(body).each
        names = each.__struct_fields__
        columns = (getattr(each, name) for name in names)
        return [event(**dict(zip(names, values, strict=True))) for values in zip(*columns, strict=True)]

    def bodies(self, row: Row) -> list[Any]:
        """The events of the row, each as it would stand alone; one that is no event at all stands for
        itself."""
        if not row.body:
            return [msgspec.to_builtins(event) for event in row.events]
        body = msgspec.json.decode(row.body)
        columns: Any = body["each"] if is_many(row.body) else None
        try:
            each = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
        except (AttributeError, TypeError, ValueError):
            return [body]
        return [{"event": row.kind, **facts} for facts in each]

    def _has(self, place: Place) -> bool:
        return self._start is not None and self._start <= place < self._end

    def _is_past(self, place: Place) -> bool:
        return self._start is not None and place < self._start

    def _remembered(self, place: Place) -> Stretch:
        found: list[Row] = []
        for row in reversed(self._rows):
            if row.place <= place:
                break
            found.append(row)
        return Stretch(found[::-1], self._end, self._server)

    def _keep(self, stretch: Stretch) -> None:
        self._end = stretch.end
        for row in stretch.rows:
            self._rows.append(row)
            self._events += len(row.events)
        while len(self._rows) > KEPT_ROWS or (self._events > KEPT_EVENTS and len(self._rows) > 1):
            self._drop()

    def _drop(self) -> None:
        row = self._rows.popleft()
        self._events -= len(row.events)
        self._start = row.place

    async def _read(self, place: Place, kinds: Sequence[str]) -> Stretch:
        async with self._db.system_tx() as tx:
            found = await tx.fetch(_READ, str(place.xid), place.id, list(kinds), READ_ROWS, READ_BYTES)
        if not found:
            return Stretch((), place, self._server)
        rows, decoded = [], 0
        for one in found:
            if one["body"] is None:
                continue
            rows.append(row := self._row(one))
            decoded += len(row.events)
            if decoded > _BREATH:
                await asyncio.sleep(0)
                decoded = 0
        last = found[-1]
        more = len(found) == READ_ROWS or last["size"] > READ_BYTES // 2
        return Stretch(rows, Place(int(last["xid"]), last["id"]), last["server"], more)

    def _row(self, one: ReadRow) -> Row:
        place = Place(int(one["xid"]), one["id"])
        try:
            return Row(place, one["workspace_id"], one["kind"], self.decode(one["kind"], one["body"]))
        except (msgspec.MsgspecError, ValueError):
            return Row(place, one["workspace_id"], one["kind"], (), one["body"])


def is_many(body: str) -> bool:
    """A row carries one event, or the columns of many: what one flush of the append lane has told."""
    return body.startswith('{"each":')


def _columns(kind: type["Event"]) -> Any:
    fields = [(field.name, list[field.type]) for field in msgspec.structs.fields(kind)]  # type: ignore[name-defined]
    return msgspec.defstruct("Many", [("each", msgspec.defstruct("Each", fields))])


# Below pg_snapshot_xmin every writer has ended, so no row can still appear in front of the last one read. A
# row may tell of a thousand messages: a read ends by the size as stored, so that only bodies that are handed
# over are unpacked.
_READ = """
    select b.xid::text as xid, b.id, b.workspace_id, b.kind, case when b.heard then b.body::text end as body,
           b.size, pg_postmaster_start_time() as server
    from (
        select a.*, sum(case when a.heard then pg_column_size(a.body) else 0 end)
                    over (order by a.place rows unbounded preceding) as size from (
            select o.xid, o.id, o.workspace_id, o.body, o.kind, o.kind = any($3::text[]) as heard,
                   row_number() over (order by o.xid, o.id) as place
            from outbox o
            where (o.xid, o.id) > ($1::text::xid8, $2::bigint)
              and o.xid < pg_snapshot_xmin(pg_current_snapshot())
            order by o.xid, o.id limit $4::int
        ) a
    ) b
    where b.place = 1 or b.size <= $5::bigint
    order by b.place
"""
