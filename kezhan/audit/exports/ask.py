"""Lines of the log as a sheet; the log tells of it."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit.events import AuditExportAsked
from kezhan.audit.models import Export
from kezhan.audit.schemas import AuditExport, AuditExportForm, AuditExports, ExportFacts
from kezhan.audit.service import record
from kezhan.files.exports import ask as exports
from kezhan.files.exports.schemas import ExportState
from kezhan.files.schemas import FileOut
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden
from kezhan.workspaces.authenticate import Caller

OURS = exports.Exports("audit.export", Export, lambda export_id: AuditExportAsked(export_id=export_id))
TIMER = OURS.name


async def ask(tx: Tx, caller: Caller, form: AuditExportForm, language: str) -> AuditExport:
    """Have it made, its words in `language`; the same again while it is at work is the same one.
    Raises Refused (409 where too many are at work), Forbidden (a program)."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    mark = hashlib.sha256(msgspec.json.encode(form)).hexdigest()[:16]
    values = {"question": form.question, "form": form.form}
    row, made = await exports.begin(tx, OURS, caller, mark, language, values)
    if made:
        await _record(tx, caller, "audit.export", row)
    return _view(row)


async def list_exports(tx: Tx, caller: Caller) -> AuditExports:
    return AuditExports(items=[_view(row) for row in await exports.newest(tx, OURS, caller)])


async def file_of(tx: Tx, caller: Caller, export_id: UUID) -> FileOut:
    """Raises NotFound, Refused 409 where there is none yet."""
    row, file = await exports.file_of(tx, OURS, caller, export_id)
    await _record(tx, caller, "audit.export_read", row)
    return file


async def on_timer(tx: Tx, export_id: UUID) -> None:
    await exports.on_timer(tx, OURS, export_id)


async def _record(tx: Tx, caller: Caller, action: str, row: Row[Any]) -> None:
    await record(tx, caller, action, "audit_export", row.id, detail=ExportFacts(form=row.form))


def _view(row: Row[Any]) -> AuditExport:
    return AuditExport(
        id=row.id, question=row.question, form=row.form, state=ExportState(row.state), found=row.found,
        cut=row.cut, fault=row.fault, created_at=wire(row.created_at),
        expires_at=wire_or_none(row.expires_at),
    )  # fmt: skip
