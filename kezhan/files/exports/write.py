"""Off the request's path: an export is written, page by page."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Row

from kezhan.files.exports import store
from kezhan.files.exports.ask import KEPT, Exports, fail
from kezhan.files.exports.schemas import ExportState
from kezhan.files.objects import Store
from kezhan.files.receive import receive
from kezhan.files.schemas import Incoming, Owner
from kezhan.files.service import attach
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.kit.log import log
from kezhan.kit.paging import Page
from kezhan.kit.sheets import MARK, lines_of
from kezhan.kit.timers import set_timer

T = TypeVar("T")
_TOLD = 10
"""Pages after which the progress is told."""
Rows = AsyncIterator[Sequence[Sequence[str]]]
Make = Callable[[UUID, Row[Any]], Awaitable[Incoming]]
"""What is written for an export of a workspace. Raises Refused where it may not be any more."""


class _Over(Exception):
    """It has been cancelled or removed."""


def exporter(of: Exports, db: Database, files: Store, make: Make) -> Job:
    """The room's job. A fault of the machine's leaves the export at work: the job comes back."""

    async def export(workspace_id: UUID, export_id: UUID) -> None:
        begun = {"state": ExportState.RUNNING, "found": 0, "cut": False}
        async with db.tx(workspace_id) as tx:
            row = await store.change(tx, of.table, export_id, begun)
        if row is None:
            return
        try:
            incoming = await make(workspace_id, row)
            await _write(of, db, files, workspace_id, row, incoming)
        except _Over:
            log.info(f"{of.name}_over", export=str(export_id))
        except Refused as fault:
            async with db.tx(workspace_id) as tx:
                await fail(tx, of, export_id, fault.code)

    return export


async def _write(
    of: Exports, db: Database, files: Store, workspace_id: UUID, row: Row[Any], incoming: Incoming
) -> None:
    """Raises Refused, and _Over where nobody waits for it any more."""
    owner = Owner("system", row.id)
    file = await receive(db, files, workspace_id, owner=owner, incoming=incoming, limits=of.limits)
    ends = now() + KEPT
    async with db.tx(workspace_id) as tx:
        values = {"state": ExportState.DONE, "file_id": file.id, "expires_at": ends}
        if await store.change(tx, of.table, row.id, values) is None:
            raise _Over  # the file goes as one that nothing has used
        await attach(tx, file.id, owner, f"{of.name}:{row.id}")
        await set_timer(tx, of.name, row.id, ends)


async def sheet(pages: Rows) -> AsyncIterator[bytes]:
    """Comma-separated, as a spreadsheet opens it."""
    yield MARK.encode()
    async for rows in pages:
        yield lines_of(rows).encode("utf-8", "replace")


async def told(
    of: Exports,
    db: Database,
    workspace_id: UUID,
    export_id: UUID,
    read: Callable[[str | None], Awaitable[Page[T]]],
    most: int,
) -> AsyncIterator[list[T]]:
    """What `read` finds, page by page and at most so many; how far it is is told now and then."""
    found, pages, after = 0, 0, None
    while True:
        page = await read(after)
        items = page.items[: most - found]
        found, pages, after = found + len(items), pages + 1, page.next
        yield items
        over = after is None or found == most
        if over or pages % _TOLD == 0:
            cut = over and (after is not None or len(items) < len(page.items))
            await tell(of, db, workspace_id, export_id, found, cut)
        if over:
            return


async def tell(
    of: Exports, db: Database, workspace_id: UUID, export_id: UUID, found: int, cut: bool = False
) -> None:
    """How far it is. Raises _Over where nobody waits for it any more."""
    async with db.tx(workspace_id) as tx:
        if await store.change(tx, of.table, export_id, {"found": found, "cut": cut}) is None:
            raise _Over
