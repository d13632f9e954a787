"""Hits taken out as a list: asked for, worked on, cancelled, fetched, gone after a week."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.files import service as files
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.search import store
from kezhan.search.events import ExportAsked
from kezhan.search.find import mark_of
from kezhan.search.kinds import EXPORTED, kind_named, unknown_to
from kezhan.search.schemas import (
    MAX_WAITING,
    ExportDetail,
    ExportForm,
    Exports,
    ExportState,
    ExportView,
)
from kezhan.workspaces.authenticate import Caller

TIMER = "search.export"
KEPT = timedelta(days=7)
_SHOWN = 20
_SILENT = timedelta(minutes=2)
"""Whoever worked on it is taken to be gone."""
_PATIENCE = timedelta(hours=6)
"""What has not come to an end by then does not."""


async def ask(tx: Tx, caller: Caller, form: ExportForm, language: str) -> ExportView:
    """Have it made, its headings in `language`; the same question again while it is at work is the same one.
    Raises Refused (409 where too many are at work), Forbidden (a program, a right is missing), NotFound."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    kind, mark = kind_named(form.kind, EXPORTED), mark_of(form.kind, form.question)
    caller.require(kind.needs)
    if unknown := unknown_to(kind, form.question):
        raise Refused("search.no_such_filter", field=unknown[0])
    same = await store.same_export(tx, caller.membership_id, mark)
    if same is None and await store.busy_exports(tx, caller.membership_id) >= MAX_WAITING:
        raise Refused("search.too_many_exports", 409, most=MAX_WAITING)
    if same is None:
        values = {
            "id": new_id(),
            "membership_id": caller.membership_id,
            "kind": form.kind,
            "question": form.question,
            "mark": mark,
            "language": language,
            "state": ExportState.WAITING,
        }
        if (export_id := await store.add_export(tx, values)) is not None:
            await emit(tx, ExportAsked(export_id=export_id))
            await set_timer(tx, TIMER, export_id, now() + _SILENT)
            detail = ExportDetail(kind=form.kind)
            await record(tx, caller, "search.export", "search_export", export_id, detail=detail)
        same = await store.same_export(tx, caller.membership_id, mark)
    if same is None:
        raise Refused("kit.busy", 409)
    return _view(same)


async def list_exports(tx: Tx, caller: Caller) -> Exports:
    return Exports(items=[_view(row) for row in await store.exports(tx, caller.membership_id, _SHOWN)])


async def cancel(tx: Tx, caller: Caller, export_id: UUID) -> None:
    """It stops soon; one that is at work no more stays as it is. Raises NotFound."""
    await _own(tx, caller, export_id)
    if await store.change_export(tx, export_id, {"state": ExportState.CANCELLED, "expires_at": now() + KEPT}):
        await set_timer(tx, TIMER, export_id, now() + KEPT)


async def remove(tx: Tx, caller: Caller, export_id: UUID) -> None:
    """With its list; one that is at work stops. Raises NotFound."""
    await _drop(tx, await _own(tx, caller, export_id))
    await cancel_timer(tx, TIMER, export_id)


async def file_of(tx: Tx, caller: Caller, export_id: UUID) -> FileOut:
    """Raises NotFound, Refused 409 where there is no list yet."""
    row = await _own(tx, caller, export_id)
    if row.file_id is None:
        raise Refused("search.export_not_ready", 409)
    await record(
        tx, caller, "search.export_read", "search_export", export_id, detail=ExportDetail(kind=row.kind)
    )
    return await files.get(tx, row.file_id)


async def on_timer(tx: Tx, export_id: UUID) -> None:
    """One that nobody works on any more is begun anew; one that is over goes."""
    row = await store.export(tx, export_id)
    if row is None:
        return
    if row.expires_at is not None:
        await _drop(tx, row)
        return
    if row.created_at < now() - _PATIENCE:
        await fail(tx, export_id, "search.export_failed")
        return
    if await store.silent(tx, export_id, _SILENT):
        await emit(tx, ExportAsked(export_id=export_id))
    await set_timer(tx, TIMER, export_id, now() + _SILENT)


async def fail(tx: Tx, export_id: UUID, code: str) -> None:
    """It has not come to an end, for this reason."""
    values = {"state": ExportState.FAILED, "fault": code, "expires_at": now() + KEPT}
    if await store.change_export(tx, export_id, values):
        await set_timer(tx, TIMER, export_id, now() + KEPT)


async def _own(tx: Tx, caller: Caller, export_id: UUID) -> Row[Any]:
    row = await store.export(tx, export_id)
    if row is None or row.membership_id != caller.membership_id:
        raise NotFound("search.no_such_export")
    return row


async def _drop(tx: Tx, row: Row[Any]) -> None:
    await store.drop_export(tx, row.id)
    if row.file_id is not None:
        await files.erase(tx, row.file_id)


def _view(row: Row[Any]) -> ExportView:
    return ExportView(
        id=row.id, kind=row.kind, question=row.question, state=ExportState(row.state), found=row.found,
        cut=row.cut, fault=row.fault, created_at=wire(row.created_at),
        expires_at=wire_or_none(row.expires_at),
    )  # fmt: skip
