"""Off the request's path: an export is written, page by page."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import Row

from kezhan.audit import store
from kezhan.audit.exports.ask import KEPT, TIMER, fail
from kezhan.audit.exports.say import cells, heading
from kezhan.audit.read import list_entries
from kezhan.audit.schemas import MAX_EXPORTED, AuditExportState
from kezhan.files.objects import Store
from kezhan.files.receive import receive
from kezhan.files.schemas import LIMITS, Incoming, Owner
from kezhan.files.service import attach
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.kit.log import log
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.sheets import MARK, lines_of
from kezhan.kit.timers import set_timer
from kezhan.kit.words import say
from kezhan.kit.workbook import MEDIA_TYPE, workbook
from kezhan.workspaces.permissions import Permission, permissions_of

EXPORT = "audit.export"
_TOLD = 10
"""Pages after which the progress is told."""
_LIMITS = structs.replace(LIMITS, file_bytes=512 * 1024 * 1024)
_Pages = AsyncIterator[list[list[str]]]


class _Over(Exception):
    """It has been cancelled or removed."""


def exporter(db: Database, files: Store) -> Job:
    """The job `audit.export`. A fault of the machine's leaves the export at work: the job comes back."""

    async def export(workspace_id: UUID, export_id: UUID) -> None:
        begun = {"state": AuditExportState.RUNNING, "found": 0, "cut": False}
        async with db.tx(workspace_id) as tx:
            row = await store.change_export(tx, export_id, begun)
        if row is None:
            return
        try:
            await _write(db, files, workspace_id, row)
        except _Over:
            log.info("audit.export_over", export=str(export_id))
        except Refused as fault:
            async with db.tx(workspace_id) as tx:
                await fail(tx, export_id, fault.code)

    return export


async def _write(db: Database, files: Store, workspace_id: UUID, row: Row[Any]) -> None:
    """Raises Refused, and _Over where nobody waits for it any more."""
    async with db.tx(workspace_id) as tx:
        role = await store.role_of(tx, row.membership_id)
    if role is None or Permission.AUDIT_EXPORT not in permissions_of(role):
        raise Refused("search.rights_gone", 403)
    owner = Owner("member", row.membership_id)
    name = f"{say(row.language, 'audit.export.name')} {row.created_at:%Y-%m-%d %H%M}.{row.form}"
    pages = _pages(db, workspace_id, row)
    incoming = (
        Incoming(name, MEDIA_TYPE, workbook(pages))
        if row.form == "xlsx"
        else Incoming(name, "text/csv", _sheet(pages))
    )
    file = await receive(db, files, workspace_id, owner=owner, incoming=incoming, limits=_LIMITS)
    ends = now() + KEPT
    async with db.tx(workspace_id) as tx:
        values = {"state": AuditExportState.DONE, "file_id": file.id, "expires_at": ends}
        if await store.change_export(tx, row.id, values) is None:
            raise _Over  # the file goes as one that nothing has used
        await attach(tx, file.id, owner, f"{EXPORT}:{row.id}")
        await set_timer(tx, TIMER, row.id, ends)


async def _sheet(pages: _Pages) -> AsyncIterator[bytes]:
    yield MARK.encode()
    async for rows in pages:
        yield lines_of(rows).encode("utf-8", "replace")


async def _pages(db: Database, workspace_id: UUID, row: Row[Any]) -> _Pages:
    """The heading, then what is found, as cells."""
    yield [heading(row.language)]
    found, pages, after = 0, 0, None
    while True:
        async with db.tx(workspace_id) as tx:
            page = await list_entries(tx, row.question, after=after, limit=MAX_PAGE)
        items = page.items[: MAX_EXPORTED - found]
        found, pages, after = found + len(items), pages + 1, page.next
        yield [cells(entry, row.language) for entry in items]
        over = after is None or found == MAX_EXPORTED
        if over or pages % _TOLD == 0:
            cut = over and (after is not None or len(items) < len(page.items))
            await _tell(db, workspace_id, row.id, found, cut=cut)
        if over:
            return


async def _tell(db: Database, workspace_id: UUID, export_id: UUID, found: int, *, cut: bool) -> None:
    async with db.tx(workspace_id) as tx:
        if await store.change_export(tx, export_id, {"found": found, "cut": cut}) is None:
            raise _Over
