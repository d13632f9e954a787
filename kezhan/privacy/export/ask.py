"""The whole workspace is asked for by an owner, one at a time; the log tells of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.files.exports import ask as exports
from kezhan.files.exports.schemas import ExportState
from kezhan.files.schemas import WHOLE, FileOut
from kezhan.kit.clock import wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.privacy.events import WorkspaceExportAsked
from kezhan.privacy.models import ExportRow
from kezhan.privacy.schemas import WorkspaceExport, WorkspaceExports
from kezhan.workspaces.authenticate import Caller

OURS = exports.Exports(
    "privacy.export", ExportRow, lambda export_id: WorkspaceExportAsked(export_id=export_id), WHOLE
)
TIMER = OURS.name
_MARK = "whole"


async def ask(tx: Tx, caller: Caller, language: str) -> WorkspaceExport:
    """Have it made; again while it is at work is the same one. Raises Forbidden (a program), Refused 409
    (another owner's is at work)."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    try:
        row, made = await exports.begin(tx, OURS, caller, _MARK, language, {})
    except Refused as fault:
        if fault.code == "kit.busy":
            raise Refused("privacy.export_busy", 409) from fault
        raise
    if made:
        await record(tx, caller, "workspace.export", "workspace", tx.workspace)
    return _view(row)


async def list_exports(tx: Tx, caller: Caller) -> WorkspaceExports:
    return WorkspaceExports(items=[_view(row) for row in await exports.newest(tx, OURS, caller)])


async def file_of(tx: Tx, caller: Caller, export_id: UUID) -> FileOut:
    """Raises NotFound, Refused 409 where there is none yet."""
    _, file = await exports.file_of(tx, OURS, caller, export_id)
    await record(tx, caller, "workspace.export_read", "workspace", tx.workspace)
    return file


async def on_timer(tx: Tx, export_id: UUID) -> None:
    await exports.on_timer(tx, OURS, export_id)


def _view(row: Row[Any]) -> WorkspaceExport:
    return WorkspaceExport(
        id=row.id, state=ExportState(row.state), found=row.found, cut=row.cut, fault=row.fault,
        created_at=wire(row.created_at), expires_at=wire_or_none(row.expires_at),
    )  # fmt: skip
