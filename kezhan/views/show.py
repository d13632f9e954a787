"""What is in a view: its pages, how many, and what a condition can name."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import structs

from kezhan.conversations.read import list_row
from kezhan.conversations.schemas import ListRow
from kezhan.forms.schemas import Purpose
from kezhan.forms.service import list_forms
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader
from kezhan.segments.filters.check import check
from kezhan.segments.filters.schemas import Filter, FilterWords
from kezhan.segments.filters.words import MOST, answer_field
from kezhan.segments.service import named_in, offered_words
from kezhan.views import store
from kezhan.views.filters import store as filters
from kezhan.views.schemas import Counted, ViewCounts, ViewSort
from kezhan.views.service import filter_of
from kezhan.workspaces.authenticate import Caller

MAX_COUNTED = 50


async def list_view(
    reader: Reader, caller: Caller, view_id: UUID, sort: ViewSort | None, after: str | None, limit: int
) -> Page[ListRow]:
    """One page; in the view's own order where no other is asked for. Raises NotFound, and Refused 409 for a
    view that a later version has made."""
    wanted, own = await seen(reader, caller, view_id)
    sort, size = sort or own, page_size(limit)
    key: tuple[int, UUID] | tuple[datetime, UUID] | None = None
    if after:
        if sort is ViewSort.PRIORITY:
            key = decode_cursor(after, tuple[int, UUID])
        else:
            key = decode_cursor(after, tuple[datetime, UUID])
    segments = await named_in(reader, [wanted])
    rows = await filters.page(reader, caller, segments, wanted, sort, size + 1, key)
    last = rows[size - 1] if len(rows) > size else None
    return Page(
        items=[list_row(row) for row in rows[:size]],
        next=encode_cursor(last["place"], last["id"]) if last is not None else None,
    )


async def seen(reader: Reader, caller: Caller, view_id: UUID) -> tuple[Filter, ViewSort]:
    """The filter and order of a view that the caller has at hand. Raises NotFound, Refused."""
    rows = await store.these(reader, list(caller.team_ids), caller.membership_id, [view_id])
    if not rows:
        raise NotFound("views.not_found")
    wanted = filter_of(rows[0])
    if wanted is None:
        raise Refused("views.of_later_version", 409)
    return wanted, ViewSort(rows[0]["sort"])


async def count_views(reader: Reader, caller: Caller, ids: Sequence[UUID]) -> ViewCounts:
    """Of each of these that the caller has at hand how many are in it."""
    if len(ids) > MAX_COUNTED:
        raise Refused("views.many_counted", field="ids", limit=MAX_COUNTED)
    rows = await store.these(reader, list(caller.team_ids), caller.membership_id, ids)
    wanted = {row["id"]: filter_of(row) for row in rows}
    known = {view_id: one for view_id, one in wanted.items() if one is not None}
    segments = await named_in(reader, known.values())
    found = await filters.counts(reader, caller, segments, list(known.values())) if known else []
    counted = dict(zip(known, found, strict=True))
    return ViewCounts(
        items=[Counted(id=view_id, count=counted.get(view_id)) for view_id in wanted], at=wire(now())
    )


async def count_filter(tx: Tx, reader: Reader, caller: Caller, wanted: Filter) -> int:
    """How many a filter would hold that is not kept yet. Raises Refused as keeping it would."""
    await check(tx, caller, wanted)
    (found,) = await filters.counts(reader, caller, await named_in(reader, [wanted]), [wanted])
    return found


async def words(tx: Tx, caller: Caller) -> FilterWords:
    forms = (await list_forms(tx, Purpose.WRAP_UP)).items
    answers = {field.id: field for form in forms for field in form.fields}
    return structs.replace(
        await offered_words(tx, caller),
        sources=await filters.sources(tx, MOST),
        answers=[answer_field(one) for one in answers.values()],
    )
