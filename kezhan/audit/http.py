"""Routes of the room."""

from litestar import get
from litestar.handlers import HTTPRouteHandler

from kezhan.audit import service
from kezhan.audit.schemas import EntryView
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import needs
from kezhan.workspaces.permissions import Permission


@get("/api/audit", guards=[needs(Permission.AUDIT_READ)], operation_id="audit_list_entries")
async def list_entries(tx: Tx, after: str | None = None, limit: int = 50) -> Page[EntryView]:
    return await service.list_entries(tx, after=after, limit=limit)


routes: list[HTTPRouteHandler] = [list_entries]
