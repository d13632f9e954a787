"""Holiday sets: written by hand, read from a list, or taken from the calendars that come with the product."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.hours import store
from kezhan.hours.events import HoursChanged
from kezhan.hours.plans import check_days, make_plan
from kezhan.hours.ready import ready_calendars
from kezhan.hours.schedules import Detail, days_of_sets, renew
from kezhan.hours.schemas import (
    Days,
    HolidayEdit,
    HolidayForm,
    HolidayList,
    HolidayView,
    ReadyList,
    ReadyView,
    SpecialDay,
)
from kezhan.kit import clock
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import sort_key


async def list_sets(tx: Tx) -> HolidayList:
    return HolidayList([_view(row) for row in await store.sets(tx)])


async def get_set(tx: Tx, set_id: UUID) -> HolidayView:
    return _view(await _found(tx, set_id))


async def create_set(tx: Tx, caller: Caller, form: HolidayForm) -> HolidayView:
    """Raises Refused where the name is taken or a day cannot be."""
    await store.hold(tx)
    return await _add(tx, caller, form.name.strip(), check_days(form.days), "")


async def edit_set(tx: Tx, caller: Caller, set_id: UUID, form: HolidayEdit) -> HolidayView:
    """Change name and days; every schedule that observes the set gets a new version with them.

    Raises NotFound, Refused 409 where somebody else has changed the set since `form.version`.
    """
    await store.hold(tx)
    row = await _found(tx, set_id)
    days, name = Days(days=check_days(form.days)), form.name.strip()
    fields = [field for field, changed in (("name", name != row.name), ("days", days != row.days)) if changed]
    if not fields:
        return _view(row)
    if form.version != row.version:
        raise Refused("hours.changed_meanwhile", 409)
    values = {"name": name, "sort_key": sort_key(name), "days": days, "version": row.version + 1}
    try:
        await store.edit_set(tx, set_id, values)
    except IntegrityError as fault:
        raise Refused("hours.set_name_taken", 409, field="name") from fault
    detail = Detail(version=row.version + 1, fields=fields)
    told = between(_told(row.name, row.days), _told(name, days))
    await record(tx, caller, "holidays.edit", "holiday_set", set_id, detail=detail, changes=told)
    if "days" in fields:
        await _renew_schedules(tx, set_id)
    return await get_set(tx, set_id)


def _told(name: str, days: Days) -> dict[str, Any]:
    """For the log: the days by their dates."""
    return {"name": name, "days": {str(day.date): {"kind": day.kind, "name": day.name} for day in days.days}}


async def archive_set(tx: Tx, caller: Caller, set_id: UUID) -> None:
    """A second time changes nothing. Raises Refused 409 while a schedule observes it."""
    await store.hold(tx)
    row = await store.holiday_set(tx, set_id)
    if row is None:
        raise NotFound("hours.no_such_set")
    if row.archived_at is not None:
        return
    observing = await store.schedules_of_set(tx, set_id)
    if observing:
        raise Refused(
            "hours.set_in_use", 409, name=row.name, schedule=observing[0].name, count=len(observing)
        )
    await store.archive_set(tx, set_id)
    await record(tx, caller, "holidays.archive", "holiday_set", set_id)


async def list_ready(tx: Tx, language: str) -> ReadyList:
    """The calendars that come with the product, newest first, and which of them were taken already."""
    taken = {row.source: row.id for row in await store.sets(tx) if row.source}
    return ReadyList(
        [
            ReadyView(
                key=key,
                name=ready.name_in(language),
                notice=ready.notice_in(language),
                days=len(ready.days),
                set_id=taken.get(key),
            )
            for key, ready in sorted(ready_calendars().items(), reverse=True)
        ]
    )


async def take_ready(tx: Tx, caller: Caller, key: str, language: str) -> HolidayView:
    """Make a set of a ready calendar; a second time it is the same set. Raises NotFound for a key nobody
    knows, Refused 409 where another set has its name."""
    ready = ready_calendars().get(key)
    if ready is None:
        raise NotFound("hours.no_such_calendar")
    await store.hold(tx)
    there = await store.set_of_source(tx, key)
    if there is not None:
        return await get_set(tx, there)
    return await _add(tx, caller, ready.name_in(language), check_days(ready.days), key)


async def _add(tx: Tx, caller: Caller, name: str, days: list[SpecialDay], source: str) -> HolidayView:
    set_id = new_id()
    values = {"id": set_id, "name": name, "sort_key": sort_key(name), "source": source}
    kept = {"days": Days(days=days), "version": 1, "created_at": clock.now()}
    try:
        await store.add_set(tx, {**values, **kept})
    except IntegrityError as fault:
        raise Refused("hours.set_name_taken", 409, field="name") from fault
    told = [Change(field="name", after=name)]
    await record(tx, caller, "holidays.create", "holiday_set", set_id, detail=Detail(version=1), changes=told)
    return await get_set(tx, set_id)


async def _renew_schedules(tx: Tx, set_id: UUID) -> None:
    renewed: list[UUID] = []
    for row in await store.schedules_of_set(tx, set_id):
        plan = make_plan(row.time_zone, row.weekly, await days_of_sets(tx, row.set_ids))
        if await renew(tx, row.id, row, plan) != row.version:
            renewed.append(row.id)
    if renewed:
        await emit(tx, HoursChanged(schedule_ids=renewed))


async def _found(tx: Tx, set_id: UUID) -> Row[Any]:
    row = await store.holiday_set(tx, set_id)
    if row is None or row.archived_at is not None:
        raise NotFound("hours.no_such_set")
    return row


def _view(row: Row[Any]) -> HolidayView:
    return HolidayView(
        id=row.id,
        name=row.name,
        source=row.source,
        days=row.days.days,
        version=row.version,
        created_at=clock.wire(row.created_at),
    )
