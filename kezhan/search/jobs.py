"""Off the request's path: the hits of an export, page by page."""

from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.files.exports.write import exporter as written
from kezhan.files.exports.write import sheet, told
from kezhan.files.objects import Store
from kezhan.files.schemas import Incoming
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.jobs import Job
from kezhan.kit.masking import masked
from kezhan.kit.paging import MAX_PAGE, Page
from kezhan.kit.words import say
from kezhan.search.everyone import EVERYONE, own_columns
from kezhan.search.export import OURS
from kezhan.search.find import one_kind
from kezhan.search.kinds import EXPORTED, kind_named
from kezhan.search.schemas import MAX_EXPORTED
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.members import member_caller

EXPORT = OURS.name
MAX_CELL = 10_000
"""Characters of a text in a list: as long as a message may be."""


def exporter(db: Database, files: Store) -> Job:
    """The job `search.export`."""
    return written(OURS, db, files, partial(_make, db))


async def _make(db: Database, workspace_id: UUID, row: Row[Any]) -> Incoming:
    """Raises Refused where she may not take hits out any more."""
    caller = await _as_member(db, workspace_id, row)
    name = f"{say(row.language, f'search.kind.{row.kind}')} {row.created_at:%Y-%m-%d %H%M}.csv"
    return Incoming(name, "text/csv", sheet(_pages(db, caller, row)))


async def _pages(db: Database, caller: Caller, row: Row[Any]) -> AsyncIterator[Sequence[Sequence[str]]]:
    """The heading, then what is found, as cells."""
    kind, reader = kind_named(row.kind, EXPORTED), db.reader(caller.workspace_id)

    async def read(after: str | None) -> Page[Any]:
        page = await one_kind(
            reader, caller, row.kind, row.question, after, MAX_PAGE, length=MAX_CELL, kinds=EXPORTED
        )
        return Page(items=[hit for hit in page.items if kind.outward(hit)], next=page.next)

    # messages: search.column.*
    heading = [say(row.language, f"search.column.{name}") for name in kind.columns]
    if row.kind == EVERYONE:
        heading += await own_columns(reader, caller)
    yield [heading]
    async for hits in told(OURS, db, caller.workspace_id, row.id, read, MAX_EXPORTED):
        yield [kind.cells(hit if caller.cover is None else masked(hit, caller.cover)) for hit in hits]


async def _as_member(db: Database, workspace_id: UUID, row: Row[Any]) -> Caller:
    """Who has asked, with the rights she has by now. Raises Refused where she may not take hits out."""
    async with db.tx(workspace_id) as tx:
        caller = await member_caller(tx, row.membership_id)
    if caller is None or not all(caller.may(one) for one in kind_named(row.kind, EXPORTED).exports):
        raise Refused("search.rights_gone", 403)
    return caller
