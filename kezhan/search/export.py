"""Hits taken out as a list."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.files.exports import ask as exports
from kezhan.files.exports.schemas import ExportState
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.search.events import ExportAsked
from kezhan.search.find import mark_of
from kezhan.search.kinds import EXPORTED, kind_named, unknown_to
from kezhan.search.models import Export
from kezhan.search.schemas import ExportDetail, ExportForm, Exports, ExportView
from kezhan.workspaces.authenticate import Caller

OURS = exports.Exports("search.export", Export, lambda export_id: ExportAsked(export_id=export_id))
TIMER = OURS.name


async def ask(tx: Tx, caller: Caller, form: ExportForm, language: str) -> ExportView:
    """Have it made, its headings in `language`; the same question again while it is at work is the same one.
    Raises Refused (409 where too many are at work), Forbidden (a program, a right is missing), NotFound."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    kind, mark = kind_named(form.kind, EXPORTED), mark_of(form.kind, form.question)
    for right in (kind.needs, *sorted(kind.exports)):
        caller.require(right)
    if unknown := unknown_to(kind, form.question):
        raise Refused("search.no_such_filter", field=unknown[0])
    values = {"kind": form.kind, "question": form.question}
    row, made = await exports.begin(tx, OURS, caller, mark, language, values)
    if made:
        await _record(tx, caller, "search.export", row)
    return _view(row)


async def list_exports(tx: Tx, caller: Caller) -> Exports:
    return Exports(items=[_view(row) for row in await exports.newest(tx, OURS, caller)])


async def file_of(tx: Tx, caller: Caller, export_id: UUID) -> FileOut:
    """Raises NotFound, Refused 409 where there is no list yet."""
    row, file = await exports.file_of(tx, OURS, caller, export_id)
    await _record(tx, caller, "search.export_read", row)
    return file


async def on_timer(tx: Tx, export_id: UUID) -> None:
    await exports.on_timer(tx, OURS, export_id)


async def _record(tx: Tx, caller: Caller, action: str, row: Row[Any]) -> None:
    await record(tx, caller, action, "search_export", row.id, detail=ExportDetail(kind=row.kind))


def _view(row: Row[Any]) -> ExportView:
    return ExportView(
        id=row.id, kind=row.kind, question=row.question, state=ExportState(row.state), found=row.found,
        cut=row.cut, fault=row.fault, created_at=wire(row.created_at),
        expires_at=wire_or_none(row.expires_at),
    )  # fmt: skip
