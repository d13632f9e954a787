"""Routes: segments, who is in one, what conditions can name."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State
from litestar.params import Parameter

from kezhan.audit.lookups import Lookups
from kezhan.contacts.schemas import ContactOut
from kezhan.kit.db import Tx
from kezhan.kit.http import while_there
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.segments import schemas as s
from kezhan.segments import service, show
from kezhan.segments.filters.schemas import Filter, FilterWords
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONTACT_READ)
_MANAGE = needs(Permission.SEGMENT_MANAGE)
_ROOT = "/api/segments"
_ONE = f"{_ROOT}/{{segment_id:uuid}}"
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get(_ROOT, guards=[_READ], operation_id="segments_list")
async def get_segments(tx: Tx, caller: Caller) -> s.SegmentList:
    return await service.list_segments(tx, caller)


@post(_ROOT, guards=[_MANAGE], operation_id="segments_create")
async def post_segment(tx: Tx, caller: Caller, data: s.SegmentForm) -> s.Segment:
    caller.require(Permission.CONTACT_READ)
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_MANAGE], operation_id="segments_change")
async def put_segment(tx: Tx, caller: Caller, segment_id: UUID, data: s.SegmentEdit) -> s.Segment:
    caller.require(Permission.CONTACT_READ)
    return await service.change(tx, caller, segment_id, data)


@put(f"{_ONE}/archival", guards=[_MANAGE], operation_id="segments_archive")
async def put_archival(tx: Tx, caller: Caller, segment_id: UUID) -> s.Segment:
    return await service.archive(tx, caller, segment_id, archived=True)


@delete(f"{_ONE}/archival", guards=[_MANAGE], operation_id="segments_restore", status_code=200)
async def delete_archival(tx: Tx, caller: Caller, segment_id: UUID) -> s.Segment:
    return await service.archive(tx, caller, segment_id, archived=False)


@get(f"{_ONE}/contacts", guards=[_READ], operation_id="segments_contacts")
async def list_contacts(
    state: State,
    reader: Reader,
    caller: Caller,
    lookups: Lookups,
    segment_id: UUID,
    q: str = "",
    after: str = "",
    limit: Limit = 50,
) -> Page[ContactOut]:
    """Those in it, in pinyin order; `q` as of the list of all customers."""
    lookups.for_contacts(caller)
    return await show.customers(state.db, reader, caller, segment_id, q[:200], after, limit)


@get("/api/segment-counts", guards=[_READ], operation_id="segments_count")
async def get_counts(reader: Reader, caller: Caller, ids: list[UUID]) -> s.SegmentCounts:
    return await show.count_segments(reader, caller, ids)


@get("/api/segment-words", guards=[_READ], operation_id="segments_words")
async def get_words(tx: Tx, caller: Caller) -> FilterWords:
    """What conditions on customers can name."""
    return await service.offered_words(tx, caller)


@post("/api/segment-preview", guards=[_MANAGE], operation_id="segments_preview", status_code=200)
async def post_preview(
    request: Request[Any, Any, Any],
    state: State,
    reader: Reader,
    caller: Caller,
    lookups: Lookups,
    data: Filter,
    after: str = "",
    limit: Limit = 20,
) -> s.SegmentPreview:
    """Whom a filter would hold that is not kept yet, and exactly how many."""
    caller.require(Permission.CONTACT_READ)
    lookups.for_contacts(caller)
    return await while_there(request, show.preview(state.db, reader, caller, data, after, limit))


routes: list[Any] = [
    get_segments,
    post_segment,
    put_segment,
    put_archival,
    delete_archival,
    list_contacts,
    get_counts,
    get_words,
    post_preview,
]
