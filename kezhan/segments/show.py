"""Who is in a segment, for the eyes of its reader: counted exactly, and page by page."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.contacts.schemas import ContactOut
from kezhan.contacts.service import those
from kezhan.contacts.values import search_range
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader
from kezhan.segments import store
from kezhan.segments.filters.check import check_people
from kezhan.segments.filters.schemas import Filter
from kezhan.segments.schemas import MAX_COUNTED, SegmentCount, SegmentCounts, SegmentPreview
from kezhan.segments.service import filter_for, known
from kezhan.workspaces.authenticate import Caller


async def count_segments(reader: Reader, caller: Caller, ids: Sequence[UUID]) -> SegmentCounts:
    """Of each of these that there is, one after the other; of those that a later version has made, and of
    those that cannot be counted in time, nothing."""
    if len(ids) > MAX_COUNTED:
        raise Refused("segments.many_counted", field="ids", limit=MAX_COUNTED)
    items: list[SegmentCount] = []
    for segment_id, wanted in (await known(reader, ids)).items():
        try:
            count = await store.held(reader, caller, wanted)
        except Refused as fault:
            if fault.code != "kit.too_slow":
                raise
            continue
        items.append(SegmentCount(id=segment_id, count=count))
    return SegmentCounts(items=items, at=wire(now()))


# Looking takes as long as it takes: no transaction waits for it.


async def customers(
    db: Database, reader: Reader, caller: Caller, segment_id: UUID, query: str, after: str, limit: int
) -> Page[ContactOut]:
    """Those in it by name, or those of them of whom what `contacts.service.page` looks at begins with
    `query`. Raises NotFound, Refused."""
    async with db.tx(caller.workspace_id) as tx:
        wanted = await filter_for(tx, segment_id)
    begins = search_range(query) if query.strip() else ("sort_key", "")
    return await _page(db, reader, caller, wanted, after, limit, begins)


async def preview(
    db: Database, reader: Reader, caller: Caller, wanted: Filter, after: str, limit: int
) -> SegmentPreview:
    """Whom a filter would hold that is not kept yet. Raises Refused as keeping it would, 503 where looking
    takes too long."""
    async with db.tx(caller.workspace_id) as tx:
        await check_people(tx, caller, wanted)
    try:
        count = None if after else await store.held(reader, caller, wanted)
        page = await _page(db, reader, caller, wanted, after, limit, ("sort_key", ""))
    except Refused as fault:
        if fault.code != "kit.too_slow":
            raise
        raise Refused("segments.too_slow", 503, retry_after=1) from fault
    return SegmentPreview(count=count, items=page.items, next=page.next)


async def _page(
    db: Database,
    reader: Reader,
    caller: Caller,
    wanted: Filter,
    after: str,
    limit: int,
    begins: tuple[str, str],
) -> Page[ContactOut]:
    size, cursor = page_size(limit), decode_cursor(after, tuple[str, UUID]) if after else None
    rows = await store.page(reader, caller, wanted, size + 1, cursor, begins)
    last = rows[size - 1] if len(rows) > size else None
    async with db.tx(caller.workspace_id) as tx:
        items = await those(tx, caller, [row["id"] for row in rows[:size]])
    return Page(items=items, next=encode_cursor(last["key"], last["id"]) if last is not None else None)
