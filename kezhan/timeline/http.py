"""The route."""

from typing import Annotated, Any
from uuid import UUID

from litestar import get
from litestar.params import Parameter

from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.timeline.schemas import ContactFigures, TimelineItem, TimelineKind
from kezhan.timeline.show import figures, timeline
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

Limit = Annotated[int, Parameter(ge=1, le=100)]
Kinds = Annotated[list[TimelineKind] | None, Parameter(max_items=len(TimelineKind))]


@get(
    "/api/contacts/{contact_id:uuid}/timeline",
    guards=[needs(Permission.CONTACT_READ)],
    operation_id="timeline_get",
)
async def get_timeline(
    tx: Tx,
    reader: Reader,
    caller: Caller,
    contact_id: UUID,
    kinds: Kinds = None,
    after: str = "",
    limit: Limit = 30,
) -> Page[TimelineItem]:
    """All that has happened with a customer, the newest first."""
    return await timeline(tx, reader, caller, contact_id, kinds or (), after, limit)


@get(
    "/api/contacts/{contact_id:uuid}/figures",
    guards=[needs(Permission.CONTACT_READ)],
    operation_id="timeline_figures",
)
async def get_figures(reader: Reader, caller: Caller, contact_id: UUID) -> ContactFigures:
    """How often and by what way a customer comes, and what about."""
    return await figures(reader, caller, contact_id)


routes: list[Any] = [get_timeline, get_figures]
