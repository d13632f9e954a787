"""Who keeps to which schedule: the workspace, channels, teams."""

from uuid import UUID

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.hours import store
from kezhan.hours.events import HoursChanged
from kezhan.hours.schemas import UseKind, UseList, UseView
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller


class _Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    schedule_id: UUID | None
    before: UUID | None


async def list_uses(tx: Tx) -> UseList:
    """Of channels and teams that go on, and the workspace's own."""
    rows = await store.uses(tx)
    return UseList(
        [UseView(kind=UseKind(row.kind), ref_id=row.ref_id, schedule_id=row.schedule_id) for row in rows]
    )


async def put_use(tx: Tx, caller: Caller, kind: UseKind, ref_id: UUID, schedule_id: UUID) -> UseView:
    """From now on it keeps to this schedule. Raises NotFound, Refused 409 for an archived schedule."""
    await store.hold(tx)
    await _check_ref(tx, kind, ref_id)
    schedule = await store.schedule(tx, schedule_id)
    if schedule is None:
        raise NotFound("hours.not_found")
    if schedule.archived_at is not None:
        raise Refused("hours.archived", 409, field="schedule_id")
    before = await store.use(tx, kind, ref_id)
    if before != schedule_id:
        await store.put_use(tx, kind, ref_id, schedule_id)
        await _changed(tx, caller, kind, ref_id, _Detail(schedule_id=schedule_id, before=before))
    return UseView(kind=kind, ref_id=ref_id, schedule_id=schedule_id)


async def drop_use(tx: Tx, caller: Caller, kind: UseKind, ref_id: UUID) -> None:
    """It has no schedule of its own any more; a second time changes nothing."""
    await store.hold(tx)
    await _check_ref(tx, kind, ref_id)
    before = await store.use(tx, kind, ref_id)
    if before is not None:
        await store.drop_use(tx, kind, ref_id)
        await _changed(tx, caller, kind, ref_id, _Detail(schedule_id=None, before=before))


async def _check_ref(tx: Tx, kind: UseKind, ref_id: UUID) -> None:
    if kind is UseKind.WORKSPACE:
        there = ref_id == tx.workspace
    else:
        there = await store.goes_on(tx, kind, ref_id)
    if not there:
        raise NotFound()


async def _changed(tx: Tx, caller: Caller, kind: UseKind, ref_id: UUID, detail: _Detail) -> None:
    told = between({"schedule_id": detail.before}, {"schedule_id": detail.schedule_id})
    await record(tx, caller, "schedule.use", kind, ref_id, detail=detail, changes=told)
    concerned = [one for one in (detail.schedule_id, detail.before) if one is not None]
    await emit(tx, HoursChanged(schedule_ids=concerned))
