"""Off the request's path: an export is written, page by page."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from msgspec import structs
from sqlalchemy import Row

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
from kezhan.search import store
from kezhan.search.everyone import EVERYONE, own_columns
from kezhan.search.export import KEPT, TIMER, fail
from kezhan.search.find import one_kind
from kezhan.search.kinds import EXPORTED, kind_named
from kezhan.search.schemas import MAX_EXPORTED, ExportState
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission, permissions_of

EXPORT = "search.export"
MAX_CELL = 10_000
"""Characters of a text in a list: as long as a message may be."""
_TOLD = 10
"""Pages after which the progress is told."""
_LIMITS = structs.replace(LIMITS, file_bytes=512 * 1024 * 1024)


class _Over(Exception):
    """It has been cancelled or removed."""


def exporter(db: Database, files: Store) -> Job:
    """The job `search.export`. A fault of the machine's leaves the export at work: the job comes back."""

    async def export(workspace_id: UUID, export_id: UUID) -> None:
        begun = {"state": ExportState.RUNNING, "found": 0, "cut": False}
        async with db.tx(workspace_id) as tx:
            row = await store.change_export(tx, export_id, begun)
        if row is None:
            return
        try:
            await _write(db, files, workspace_id, row)
        except _Over:
            log.info("search.export_over", export=str(export_id))
        except Refused as fault:
            async with db.tx(workspace_id) as tx:
                await fail(tx, export_id, fault.code)

    return export


async def _write(db: Database, files: Store, workspace_id: UUID, row: Row[Any]) -> None:
    """Raises Refused, and _Over where nobody waits for it any more."""
    caller = await _as_member(db, workspace_id, row)
    owner = Owner("member", row.membership_id)
    name = f"{say(row.language, f'search.kind.{row.kind}')} {row.created_at:%Y-%m-%d %H%M}.csv"
    incoming = Incoming(name, "text/csv", _lines(db, caller, row))
    file = await receive(db, files, workspace_id, owner=owner, incoming=incoming, limits=_LIMITS)
    ends = now() + KEPT
    async with db.tx(workspace_id) as tx:
        values = {"state": ExportState.DONE, "file_id": file.id, "expires_at": ends}
        if await store.change_export(tx, row.id, values) is None:
            raise _Over  # the file goes as one that nothing has used
        await attach(tx, file.id, owner, f"{EXPORT}:{row.id}")
        await set_timer(tx, TIMER, row.id, ends)


async def _lines(db: Database, caller: Caller, row: Row[Any]) -> AsyncIterator[bytes]:
    kind, reader = kind_named(row.kind, EXPORTED), db.reader(caller.workspace_id)
    # messages: search.column.*
    heading = [say(row.language, f"search.column.{name}") for name in kind.columns]
    if row.kind == EVERYONE:
        heading += await own_columns(reader, caller)
    yield (MARK + lines_of([heading])).encode()
    found, pages, after = 0, 0, None
    while True:
        page = await one_kind(
            reader, caller, row.kind, row.question, after, MAX_PAGE, length=MAX_CELL, kinds=EXPORTED
        )
        items = page.items[: MAX_EXPORTED - found]
        found, pages, after = found + len(items), pages + 1, page.next
        yield lines_of(kind.cells(hit) for hit in items).encode("utf-8", "replace")
        over = after is None or found == MAX_EXPORTED
        if over or pages % _TOLD == 0:
            cut = over and (after is not None or len(items) < len(page.items))
            await _tell(db, caller.workspace_id, row.id, found, cut=cut)
        if over:
            return


async def _tell(db: Database, workspace_id: UUID, export_id: UUID, found: int, *, cut: bool) -> None:
    async with db.tx(workspace_id) as tx:
        if await store.change_export(tx, export_id, {"found": found, "cut": cut}) is None:
            raise _Over


async def _as_member(db: Database, workspace_id: UUID, row: Row[Any]) -> Caller:
    """Who has asked, with the rights she has by now. Raises Refused where she may not take hits out."""
    async with db.tx(workspace_id) as tx:
        member = await store.member(tx, row.membership_id)
    rights = permissions_of(member.role) if member else frozenset[str]()
    if member is None or Permission.SEARCH_EXPORT not in rights:
        raise Refused("search.rights_gone", 403)
    return Caller(
        kind="member", id=row.membership_id, membership_id=row.membership_id, workspace_id=workspace_id,
        user_id=member.user_id, session_id=None, name=member.name, role=member.role, permissions=rights,
        team_ids=frozenset(member.team_ids), peer="", language=row.language,
    )  # fmt: skip
