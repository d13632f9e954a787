"""Off the request's path: the lines of an export, page by page."""

from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.exports.ask import OURS
from kezhan.audit.exports.say import cells, heading
from kezhan.audit.read import list_entries
from kezhan.audit.schemas import MAX_EXPORTED, EntryView
from kezhan.files.exports.write import exporter as written
from kezhan.files.exports.write import sheet, told
from kezhan.files.objects import Store
from kezhan.files.schemas import Incoming
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.kit.masking import Cover, masked
from kezhan.kit.paging import MAX_PAGE, Page
from kezhan.kit.words import say
from kezhan.kit.workbook import MEDIA_TYPE, workbook
from kezhan.workspaces.members import member_caller
from kezhan.workspaces.permissions import Permission

EXPORT = OURS.name


def exporter(db: Database, files: Store) -> Job:
    """The job `audit.export`."""
    return written(OURS, db, files, partial(_make, db))


async def _make(db: Database, workspace_id: UUID, row: Row[Any]) -> Incoming:
    """Raises Refused where she may not take the log out any more."""
    async with db.tx(workspace_id) as tx:
        caller = await member_caller(tx, row.membership_id)
    if caller is None or not caller.may(Permission.AUDIT_EXPORT):
        raise Refused("search.rights_gone", 403)
    name = f"{say(row.language, 'audit.export.name')} {row.created_at:%Y-%m-%d %H%M}.{row.form}"
    pages = _pages(db, workspace_id, row, caller.cover)
    if row.form == "xlsx":
        return Incoming(name, MEDIA_TYPE, workbook(pages))
    return Incoming(name, "text/csv", sheet(pages))


async def _pages(
    db: Database, workspace_id: UUID, row: Row[Any], cover: Cover | None
) -> AsyncIterator[list[list[str]]]:
    """The heading, then what is found, as cells."""

    async def read(after: str | None) -> Page[EntryView]:
        async with db.tx(workspace_id) as tx:
            return await list_entries(tx, row.question, after=after, limit=MAX_PAGE)

    yield [heading(row.language)]
    async for entries in told(OURS, db, workspace_id, row.id, read, MAX_EXPORTED):
        yield [cells(entry if cover is None else masked(entry, cover), row.language) for entry in entries]
