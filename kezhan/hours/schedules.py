"""Schedules: made, changed with their past kept, archived, tried out before they are saved."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.hours import store
from kezhan.hours.calendar import intervals_on, opening, schedule_of
from kezhan.hours.events import HoursChanged
from kezhan.hours.plans import make_plan
from kezhan.hours.schemas import (
    Plan,
    PlanForm,
    ScheduleDay,
    ScheduleEdit,
    ScheduleForm,
    ScheduleList,
    SchedulePreview,
    ScheduleView,
    SpecialDay,
    VersionView,
)
from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import sort_key

PREVIEW_DAYS = 14
_MOST_VERSIONS = 2**31 - 1


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: the version that came of a change, and which fields it touched."""

    version: int
    fields: list[str] = []


async def list_schedules(tx: Tx, at: datetime) -> ScheduleList:
    """The ones in use, by name, and whether each is open at `at`."""
    return ScheduleList([_view(row, at) for row in await store.schedules(tx)])


async def get_schedule(tx: Tx, schedule_id: UUID, at: datetime) -> ScheduleView:
    """Archived ones too: what rested on them stays readable."""
    return _view(await _found(tx, schedule_id), at)


async def get_version(tx: Tx, schedule_id: UUID, version: int) -> VersionView:
    row = await store.version(tx, schedule_id, version) if 0 < version <= _MOST_VERSIONS else None
    if row is None:
        raise NotFound("hours.not_found")
    return VersionView(version=row.version, plan=row.plan, made_at=clock.wire(row.made_at))


async def create_schedule(tx: Tx, caller: Caller, form: ScheduleForm, at: datetime) -> ScheduleView:
    """Raises Refused where the name is taken or the hours cannot be."""
    await store.hold(tx)
    plan = await _plan(tx, form)
    schedule_id, name = new_id(), form.name.strip()
    values = {"id": schedule_id, "name": name, "sort_key": sort_key(name), "created_at": at}
    kept = {"time_zone": form.time_zone, "weekly": form.weekly, "version": 1}
    try:
        await store.add_schedule(tx, {**values, **kept})
    except IntegrityError as fault:
        raise Refused("hours.name_taken", 409, field="name") from fault
    await store.put_sets(tx, schedule_id, form.holiday_set_ids)
    await store.add_version(tx, schedule_id, 1, new_id(), plan)
    told = between(None, {"name": name, "time_zone": form.time_zone, "weekly": form.weekly})
    await record(
        tx, caller, "schedule.create", "schedule", schedule_id, detail=Detail(version=1), changes=told
    )
    await emit(tx, HoursChanged(schedule_ids=[schedule_id]))
    return await get_schedule(tx, schedule_id, at)


async def edit_schedule(
    tx: Tx, caller: Caller, schedule_id: UUID, form: ScheduleEdit, at: datetime
) -> ScheduleView:
    """Change name and hours; a change of the hours makes a new version, nothing different makes none.

    Raises NotFound, Refused 409 where somebody else has changed the hours since `form.version`.
    """
    await store.hold(tx)
    row = await _found(tx, schedule_id)
    if row.archived_at is not None:
        raise Refused("hours.archived", 409)
    name = form.name.strip()
    before = {"name": row.name, "time_zone": row.time_zone, "weekly": row.weekly}
    after = {"name": name, "time_zone": form.time_zone, "weekly": form.weekly}
    fields = [field for field, value in after.items() if value != before[field]]
    if form.holiday_set_ids != (row.set_ids or []):
        fields.append("holiday_set_ids")
    if not fields:
        return _view(row, at)
    if form.version != row.version:
        raise Refused("hours.changed_meanwhile", 409)
    plan = await _plan(tx, form)
    try:
        await store.edit_schedule(tx, schedule_id, {**after, "sort_key": sort_key(name)})
    except IntegrityError as fault:
        raise Refused("hours.name_taken", 409, field="name") from fault
    await store.put_sets(tx, schedule_id, form.holiday_set_ids)
    version = await renew(tx, schedule_id, row, plan)
    detail = Detail(version=version, fields=fields)
    sets = ({"holiday_set_ids": row.set_ids or []}, {"holiday_set_ids": form.holiday_set_ids})
    told = between({**before, **sets[0]}, {**after, **sets[1]})
    await record(tx, caller, "schedule.edit", "schedule", schedule_id, detail=detail, changes=told)
    if version != row.version:
        await emit(tx, HoursChanged(schedule_ids=[schedule_id]))
    return await get_schedule(tx, schedule_id, at)


async def renew(tx: Tx, schedule_id: UUID, row: Row[Any], plan: Plan) -> int:
    """The version after `plan`: the next one where it differs from the row's."""
    if plan == row.plan:
        return int(row.version)
    version = int(row.version) + 1
    await store.add_version(tx, schedule_id, version, new_id(), plan)
    return version


async def archive_schedule(tx: Tx, caller: Caller, schedule_id: UUID) -> None:
    """A second time changes nothing. Raises Refused 409 while somebody keeps to it."""
    await store.hold(tx)
    row = await _found(tx, schedule_id)
    if row.archived_at is not None:
        return
    count = await store.used(tx, schedule_id)
    if count:
        raise Refused("hours.in_use", 409, name=row.name, count=count)
    await store.archive_schedule(tx, schedule_id)
    await record(tx, caller, "schedule.archive", "schedule", schedule_id)
    await emit(tx, HoursChanged(schedule_ids=[schedule_id]))


async def preview(tx: Tx, form: PlanForm, at: datetime) -> SchedulePreview:
    """What these hours would mean, from the day of `at` on. Raises Refused where they cannot be."""
    plan = await _plan(tx, form)
    schedule = schedule_of(plan)
    state = opening(schedule, at)
    today = at.astimezone(ZoneInfo(plan.time_zone)).date()
    special = {day.date: day for day in plan.days}
    days = [today + timedelta(days=ahead) for ahead in range(PREVIEW_DAYS)]
    return SchedulePreview(
        open=state.open,
        changes_at=clock.wire_or_none(state.changes_at),
        days=[_day(day, special.get(day), list(intervals_on(schedule, day))) for day in days],
    )


def _day(day: date, special: SpecialDay | None, intervals: list[Any]) -> ScheduleDay:
    kind, name = (special.kind, special.name) if special else (None, "")
    return ScheduleDay(date=day, kind=kind, name=name, intervals=intervals)


async def _plan(tx: Tx, form: PlanForm) -> Plan:
    if len(set(form.holiday_set_ids)) != len(form.holiday_set_ids):
        raise Refused("hours.set_twice", field="holiday_set_ids")
    return make_plan(form.time_zone, form.weekly, await days_of_sets(tx, form.holiday_set_ids))


async def days_of_sets(tx: Tx, set_ids: Sequence[UUID]) -> list[list[SpecialDay]]:
    """In the order of the ids. Raises NotFound where one is no set of this workspace."""
    found = await store.days_of(tx, set_ids) if set_ids else {}
    if len(found) < len(set_ids):
        raise NotFound("hours.no_such_set")
    return [found[set_id].days for set_id in set_ids]


async def _found(tx: Tx, schedule_id: UUID) -> Row[Any]:
    row = await store.schedule(tx, schedule_id)
    if row is None:
        raise NotFound("hours.not_found")
    return row


def _view(row: Row[Any], at: datetime) -> ScheduleView:
    state = opening(schedule_of(row.plan), at)
    return ScheduleView(
        id=row.id,
        name=row.name,
        time_zone=row.time_zone,
        weekly=row.weekly,
        holiday_set_ids=list(row.set_ids or []),
        version=row.version,
        open=state.open,
        changes_at=clock.wire_or_none(state.changes_at),
        created_at=clock.wire(row.created_at),
        archived_at=clock.wire_or_none(row.archived_at),
    )
