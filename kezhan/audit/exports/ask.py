"""An export is asked for, worked on, cancelled, fetched, gone after a week; the log tells of it."""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit import store
from kezhan.audit.events import AuditExportAsked
from kezhan.audit.schemas import (
    MAX_WAITING,
    AuditExport,
    AuditExportForm,
    AuditExports,
    AuditExportState,
    ExportFacts,
)
from kezhan.audit.service import record
from kezhan.files import service as files
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.workspaces.authenticate import Caller

TIMER = "audit.export"
KEPT = timedelta(days=7)
_SHOWN = 20
_SILENT = timedelta(minutes=2)
"""Whoever worked on it is taken to be gone."""
_PATIENCE = timedelta(hours=6)
"""What has not come to an end by then does not."""


async def ask(tx: Tx, caller: Caller, form: AuditExportForm, language: str) -> AuditExport:
    """Have it made, its words in `language`; the same again while it is at work is the same one.
    Raises Refused (409 where too many are at work), Forbidden (a program)."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    mark = hashlib.sha256(msgspec.json.encode(form)).hexdigest()[:16]
    same = await store.same_export(tx, caller.membership_id, mark)
    if same is None and await store.busy_exports(tx, caller.membership_id) >= MAX_WAITING:
        raise Refused("search.too_many_exports", 409, most=MAX_WAITING)
    if same is None:
        values = {
            "id": new_id(),
            "membership_id": caller.membership_id,
            "question": form.question,
            "form": form.form,
            "mark": mark,
            "language": language,
            "state": AuditExportState.WAITING,
        }
        if (export_id := await store.add_export(tx, values)) is not None:
            await emit(tx, AuditExportAsked(export_id=export_id))
            await set_timer(tx, TIMER, export_id, now() + _SILENT)
            await _record(tx, caller, "audit.export", export_id, form.form)
        same = await store.same_export(tx, caller.membership_id, mark)
    if same is None:
        raise Refused("kit.busy", 409)
    return _view(same)


async def list_exports(tx: Tx, caller: Caller) -> AuditExports:
    return AuditExports(items=[_view(row) for row in await store.exports(tx, caller.membership_id, _SHOWN)])


async def cancel(tx: Tx, caller: Caller, export_id: UUID) -> None:
    """It stops soon; one that is at work no more stays as it is. Raises NotFound."""
    await _own(tx, caller, export_id)
    if await store.change_export(
        tx, export_id, {"state": AuditExportState.CANCELLED, "expires_at": now() + KEPT}
    ):
        await set_timer(tx, TIMER, export_id, now() + KEPT)


async def remove(tx: Tx, caller: Caller, export_id: UUID) -> None:
    """With its file; one that is at work stops. Raises NotFound."""
    await _drop(tx, await _own(tx, caller, export_id))
    await cancel_timer(tx, TIMER, export_id)


async def file_of(tx: Tx, caller: Caller, export_id: UUID) -> FileOut:
    """Raises NotFound, Refused 409 where there is none yet."""
    row = await _own(tx, caller, export_id)
    if row.file_id is None:
        raise Refused("search.export_not_ready", 409)
    await _record(tx, caller, "audit.export_read", export_id, row.form)
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
        await emit(tx, AuditExportAsked(export_id=export_id))
    await set_timer(tx, TIMER, export_id, now() + _SILENT)


async def fail(tx: Tx, export_id: UUID, code: str) -> None:
    """It has not come to an end, for this reason."""
    values = {"state": AuditExportState.FAILED, "fault": code, "expires_at": now() + KEPT}
    if await store.change_export(tx, export_id, values):
        await set_timer(tx, TIMER, export_id, now() + KEPT)


async def _record(tx: Tx, caller: Caller, action: str, export_id: UUID, form: str) -> None:
    await record(tx, caller, action, "audit_export", export_id, detail=ExportFacts(form=form))


async def _own(tx: Tx, caller: Caller, export_id: UUID) -> Row[Any]:
    row = await store.export(tx, export_id)
    if row is None or row.membership_id != caller.membership_id:
        raise NotFound("search.no_such_export")
    return row


async def _drop(tx: Tx, row: Row[Any]) -> None:
    await store.drop_export(tx, row.id)
    if row.file_id is not None:
        await files.erase(tx, row.file_id)


def _view(row: Row[Any]) -> AuditExport:
    return AuditExport(
        id=row.id, question=row.question, form=row.form, state=AuditExportState(row.state), found=row.found,
        cut=row.cut, fault=row.fault, created_at=wire(row.created_at),
        expires_at=wire_or_none(row.expires_at),
    )  # fmt: skip
