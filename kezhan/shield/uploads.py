"""Which kinds of files the workspace refuses, and the infected ones that were turned away."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.files.events import FileInfected
from kezhan.files.service import put_refused_kinds, refused_kinds
from kezhan.kit.changes import between
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.shield import store
from kezhan.shield.schemas import InfectedFile, UploadRules, UploadRulesEdit
from kezhan.workspaces.authenticate import Caller


class InfectedDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log. The file's name may be personal, and stands in the list alone."""

    signature: str
    owner_kind: str
    owner_id: UUID


async def view_rules(tx: Tx) -> UploadRules:
    refused, version = await refused_kinds(tx)
    return UploadRules(refused=list(refused), version=version)


async def edit_rules(tx: Tx, caller: Caller, form: UploadRulesEdit) -> UploadRules:
    """Raises Refused 409 where they were changed meanwhile."""
    before, version = await refused_kinds(tx)
    refused = sorted(set(form.refused))
    if refused == sorted(before):
        return UploadRules(refused=list(before), version=version)
    if not await put_refused_kinds(tx, refused, form.version):
        raise Refused("shield.changed_meanwhile", 409)
    told = between({"refused": sorted(before)}, {"refused": refused})
    await record(tx, caller, "shield.edit_uploads", "workspace", tx.workspace, changes=told)
    return await view_rules(tx)


async def list_infected(tx: Tx, after: str | None, limit: int) -> Page[InfectedFile]:
    """The newest first."""
    size = page_size(limit)
    start = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.infected(tx, start, size + 1)
    more = encode_cursor(rows[size - 1]["at"], rows[size - 1]["id"]) if len(rows) > size else None
    return Page(items=[_infected_of(row) for row in rows[:size]], next=more)


async def on_infected(tx: Tx, event: FileInfected) -> None:
    """It is written down where those who keep the workspace see it."""
    found_id = new_id()
    await store.add_infected(tx, found_id, event)
    detail = InfectedDetail(signature=event.signature, owner_kind=event.owner_kind, owner_id=event.owner_id)
    await record(tx, None, "infected_file.refuse", "infected_file", found_id, detail=detail)


def _infected_of(row: ReadRow) -> InfectedFile:
    return InfectedFile(
        id=row["id"],
        name=row["name"],
        signature=row["signature"],
        by=row["owner_kind"],
        who=row["who"],
        contact_id=row["contact_id"],
        at=wire(row["at"]),
    )
