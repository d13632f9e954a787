"""Routes: schedules, holidays, and who keeps to which."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post, put

from kezhan.hours import holidays, lists, schedules, uses
from kezhan.hours import schemas as s
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CHANNEL_READ)
_MANAGE = needs(Permission.ROUTING_MANAGE)
_Request = Request[Any, Any, Any]


@get("/api/schedules", guards=[_READ], operation_id="hours_list")
async def get_schedules(tx: Tx) -> s.ScheduleList:
    return await schedules.list_schedules(tx, now())


@post("/api/schedules", guards=[_MANAGE], operation_id="hours_create")
async def post_schedule(tx: Tx, caller: Caller, data: s.ScheduleForm) -> s.ScheduleView:
    return await schedules.create_schedule(tx, caller, data, now())


@post("/api/schedules/preview", guards=[_READ], operation_id="hours_preview", status_code=200)
async def post_preview(tx: Tx, data: s.PlanForm) -> s.SchedulePreview:
    """What hours would mean, before they are saved."""
    return await schedules.preview(tx, data, now())


@get("/api/schedules/{schedule_id:uuid}", guards=[_READ], operation_id="hours_get")
async def get_schedule(tx: Tx, schedule_id: UUID) -> s.ScheduleView:
    return await schedules.get_schedule(tx, schedule_id, now())


@get("/api/schedules/{schedule_id:uuid}/versions/{version:int}", guards=[_READ], operation_id="hours_version")
async def get_version(tx: Tx, schedule_id: UUID, version: int) -> s.VersionView:
    """The hours as they were when a decision named this version."""
    return await schedules.get_version(tx, schedule_id, version)


@put("/api/schedules/{schedule_id:uuid}", guards=[_MANAGE], operation_id="hours_edit")
async def put_schedule(tx: Tx, caller: Caller, schedule_id: UUID, data: s.ScheduleEdit) -> s.ScheduleView:
    return await schedules.edit_schedule(tx, caller, schedule_id, data, now())


@delete("/api/schedules/{schedule_id:uuid}", guards=[_MANAGE], operation_id="hours_archive")
async def delete_schedule(tx: Tx, caller: Caller, schedule_id: UUID) -> None:
    await schedules.archive_schedule(tx, caller, schedule_id)


@get("/api/holidays", guards=[_READ], operation_id="hours_list_holidays")
async def get_holidays(tx: Tx) -> s.HolidayList:
    return await holidays.list_sets(tx)


@post("/api/holidays", guards=[_MANAGE], operation_id="hours_create_holidays")
async def post_holidays(tx: Tx, caller: Caller, data: s.HolidayForm) -> s.HolidayView:
    return await holidays.create_set(tx, caller, data)


@post("/api/holidays/list", guards=[_MANAGE], operation_id="hours_read_list", status_code=200)
async def post_list(request: _Request, data: s.CsvForm) -> s.CsvRead:
    """Days from lines of `date,off|work,name`, and what could not be read; nothing is stored."""
    return lists.read_csv(data.text, language_of(request.headers, request.cookies))


@get("/api/holidays/ready", guards=[_READ], operation_id="hours_list_ready")
async def get_ready(request: _Request, tx: Tx) -> s.ReadyList:
    return await holidays.list_ready(tx, language_of(request.headers, request.cookies))


@post("/api/holidays/ready/{key:str}", guards=[_MANAGE], operation_id="hours_take_ready")
async def post_ready(request: _Request, tx: Tx, caller: Caller, key: str) -> s.HolidayView:
    return await holidays.take_ready(tx, caller, key, language_of(request.headers, request.cookies))


@put("/api/holidays/{set_id:uuid}", guards=[_MANAGE], operation_id="hours_edit_holidays")
async def put_holidays(tx: Tx, caller: Caller, set_id: UUID, data: s.HolidayEdit) -> s.HolidayView:
    return await holidays.edit_set(tx, caller, set_id, data)


@delete("/api/holidays/{set_id:uuid}", guards=[_MANAGE], operation_id="hours_archive_holidays")
async def delete_holidays(tx: Tx, caller: Caller, set_id: UUID) -> None:
    await holidays.archive_set(tx, caller, set_id)


_USE = "/api/schedule-uses/{kind:str}/{ref_id:uuid}"


@get("/api/schedule-uses", guards=[_READ], operation_id="hours_list_uses")
async def get_uses(tx: Tx) -> s.UseList:
    return await uses.list_uses(tx)


@put(_USE, guards=[_MANAGE], operation_id="hours_put_use")
async def put_use(tx: Tx, caller: Caller, kind: s.UseKind, ref_id: UUID, data: s.UseForm) -> s.UseView:
    """From now on it keeps to this schedule."""
    return await uses.put_use(tx, caller, kind, ref_id, data.schedule_id)


@delete(_USE, guards=[_MANAGE], operation_id="hours_drop_use")
async def delete_use(tx: Tx, caller: Caller, kind: s.UseKind, ref_id: UUID) -> None:
    """It has no schedule of its own any more."""
    await uses.drop_use(tx, caller, kind, ref_id)


routes: list[Any] = [
    get_schedules,
    post_schedule,
    post_preview,
    get_schedule,
    get_version,
    put_schedule,
    delete_schedule,
    get_holidays,
    post_holidays,
    post_list,
    get_ready,
    post_ready,
    put_holidays,
    delete_holidays,
    get_uses,
    put_use,
    delete_use,
]
