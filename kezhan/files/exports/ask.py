"""An export from its asking to its end."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from kezhan.files import service as files
from kezhan.files.exports import store
from kezhan.files.exports.models import Export
from kezhan.files.exports.schemas import MAX_WAITING, ExportState
from kezhan.files.schemas import EXPORTED, FileOut, Limits
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, emit
from kezhan.kit.timers import cancel_timer, set_timer
from kezhan.workspaces.authenticate import Caller

KEPT = timedelta(days=7)
_SHOWN = 20
_SILENT = timedelta(minutes=2)
"""Whoever worked on it is taken to be gone."""
_PATIENCE = timedelta(hours=6)
"""What has not come to an end by then does not."""


class Exports(NamedTuple):
    """The exports of one room. `name` is that of their job, their timer and their files' use; `asked` the
    event that begins the job."""

    name: str
    table: type[Export]
    asked: Callable[[UUID], Event]
    limits: Limits = EXPORTED


async def begin(
    tx: Tx, of: Exports, caller: Caller, mark: str, language: str, values: dict[str, Any]
) -> tuple[Row[Any], bool]:
    """The caller's one at work with this mark, or one made now (True), with the room's own `values`. Raises
    Refused (409 where too many are at work)."""
    made: UUID | None = None
    found = await store.same(tx, of.table, caller.membership_id, mark)
    if found is None:
        if await store.busy(tx, of.table, caller.membership_id) >= MAX_WAITING:
            raise Refused("search.too_many_exports", 409, most=MAX_WAITING)
        fresh = {
            "id": new_id(),
            "membership_id": caller.membership_id,
            "mark": mark,
            "language": language,
            "state": ExportState.WAITING,
        }
        made = await store.add(tx, of.table, fresh | values)
        if made is not None:
            await emit(tx, of.asked(made))
            await set_timer(tx, of.name, made, now() + _SILENT)
        found = await store.same(tx, of.table, caller.membership_id, mark)
    if found is None:
        raise Refused("kit.busy", 409)
    return found, made is not None


async def newest(tx: Tx, of: Exports, caller: Caller) -> Sequence[Row[Any]]:
    """The caller's own."""
    return await store.newest(tx, of.table, caller.membership_id, _SHOWN)


async def cancel(tx: Tx, of: Exports, caller: Caller, export_id: UUID) -> None:
    """It stops soon; one that is at work no more stays as it is. Raises NotFound."""
    await _own(tx, of, caller, export_id)
    await _end(tx, of, export_id, {"state": ExportState.CANCELLED})


async def remove(tx: Tx, of: Exports, caller: Caller, export_id: UUID) -> None:
    """With its file; one that is at work stops. Raises NotFound."""
    await _drop(tx, of, await _own(tx, of, caller, export_id))
    await cancel_timer(tx, of.name, export_id)


async def file_of(tx: Tx, of: Exports, caller: Caller, export_id: UUID) -> tuple[Row[Any], FileOut]:
    """The export and its file. Raises NotFound, Refused 409 where there is none yet."""
    row = await _own(tx, of, caller, export_id)
    if row.file_id is None:
        raise Refused("search.export_not_ready", 409)
    return row, await files.get(tx, row.file_id)


async def on_timer(tx: Tx, of: Exports, export_id: UUID) -> None:
    """One that nobody works on any more is begun anew; one that is over goes."""
    row = await store.one(tx, of.table, export_id)
    if row is None:
        return
    if row.expires_at is not None:
        await _drop(tx, of, row)
        return
    if row.created_at < now() - _PATIENCE:
        await fail(tx, of, export_id, "search.export_failed")
        return
    if await store.silent(tx, of.table, export_id, _SILENT):
        await emit(tx, of.asked(export_id))
    await set_timer(tx, of.name, export_id, now() + _SILENT)


async def fail(tx: Tx, of: Exports, export_id: UUID, code: str) -> None:
    """It has not come to an end, for this reason."""
    await _end(tx, of, export_id, {"state": ExportState.FAILED, "fault": code})


async def _end(tx: Tx, of: Exports, export_id: UUID, values: dict[str, Any]) -> None:
    ends = now() + KEPT
    if await store.change(tx, of.table, export_id, {**values, "expires_at": ends}):
        await set_timer(tx, of.name, export_id, ends)


async def _own(tx: Tx, of: Exports, caller: Caller, export_id: UUID) -> Row[Any]:
    row = await store.one(tx, of.table, export_id)
    if row is None or row.membership_id != caller.membership_id:
        raise NotFound("search.no_such_export")
    return row


async def _drop(tx: Tx, of: Exports, row: Row[Any]) -> None:
    await store.drop(tx, of.table, row.id)
    if row.file_id is not None:
        await files.erase(tx, row.file_id)
