"""Routes: shifts, rosters, week patterns, settings, the forecast."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import delete, get, patch, post, put
from litestar.params import QueryParameter

from kezhan.kit.db import Tx
from kezhan.staffing import aims, duty, outlook, roster, shifts
from kezhan.staffing import schemas as s
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.ROUTING_MANAGE)
_SERVES = needs(Permission.CONVERSATION_REPLY)
Since = Annotated[date, QueryParameter(name="from")]


@get("/api/shifts", guards=[_SERVES], operation_id="staffing_shifts")
async def get_shifts(tx: Tx, caller: Caller) -> s.ShiftList:
    return await shifts.list_shifts(tx)


@post("/api/shifts", guards=[_MANAGE], operation_id="staffing_create_shift")
async def post_shift(tx: Tx, caller: Caller, data: s.ShiftForm) -> s.ShiftView:
    return await shifts.create_shift(tx, caller, data)


@patch("/api/shifts/{shift_id:uuid}", guards=[_MANAGE], operation_id="staffing_edit_shift")
async def patch_shift(tx: Tx, caller: Caller, shift_id: UUID, data: s.ShiftEdit) -> s.ShiftView:
    return await shifts.edit_shift(tx, caller, shift_id, data)


@delete("/api/shifts/{shift_id:uuid}", guards=[_MANAGE], operation_id="staffing_archive_shift")
async def delete_shift(tx: Tx, caller: Caller, shift_id: UUID) -> None:
    await shifts.archive_shift(tx, caller, shift_id)


@get("/api/week-patterns", guards=[_MANAGE], operation_id="staffing_patterns")
async def get_patterns(tx: Tx, caller: Caller) -> s.PatternList:
    return await shifts.list_patterns(tx)


@post("/api/week-patterns", guards=[_MANAGE], operation_id="staffing_create_pattern")
async def post_pattern(tx: Tx, caller: Caller, data: s.PatternForm) -> s.PatternView:
    return await shifts.create_pattern(tx, caller, data)


@delete("/api/week-patterns/{pattern_id:uuid}", guards=[_MANAGE], operation_id="staffing_archive_pattern")
async def delete_pattern(tx: Tx, caller: Caller, pattern_id: UUID) -> None:
    await shifts.archive_pattern(tx, caller, pattern_id)


@post(
    "/api/week-patterns/{pattern_id:uuid}/uses",
    guards=[_MANAGE],
    operation_id="staffing_use_pattern",
    status_code=200,
)
async def post_use(tx: Tx, caller: Caller, pattern_id: UUID, data: s.PatternUse) -> s.RosterWritten:
    return await roster.use_pattern(tx, caller, pattern_id, data)


@get("/api/roster", guards=[_MANAGE], operation_id="staffing_roster")
async def get_roster(tx: Tx, caller: Caller, since: Since, days: int = 7) -> s.RosterView:
    return await roster.show(tx, since, days)


@get("/api/roster/mine", guards=[_SERVES], operation_id="staffing_own_roster")
async def get_own(tx: Tx, caller: Caller) -> s.OwnRoster:
    return await roster.show_own(tx, caller)


@put("/api/roster", guards=[_MANAGE], operation_id="staffing_change_roster")
async def put_roster(tx: Tx, caller: Caller, data: s.RosterChange) -> s.RosterWritten:
    return await roster.change(tx, caller, data)


@post("/api/roster/copies", guards=[_MANAGE], operation_id="staffing_copy_week", status_code=200)
async def post_copy(tx: Tx, caller: Caller, data: s.RosterCopy) -> s.RosterWritten:
    return await roster.copy_week(tx, caller, data)


@get("/api/staffing-settings", guards=[_MANAGE], operation_id="staffing_settings")
async def get_settings(tx: Tx, caller: Caller) -> s.StaffingSettings:
    return await aims.settings(tx)


@put("/api/staffing-settings", guards=[_MANAGE], operation_id="staffing_save_settings")
async def put_settings(tx: Tx, caller: Caller, data: s.StaffingSettings) -> s.StaffingSettings:
    return await duty.save_settings(tx, caller, data)


@get("/api/forecast", guards=[_MANAGE], operation_id="staffing_forecast")
async def get_forecast(
    tx: Tx, caller: Caller, since: Since, days: int = 7, team_id: UUID | None = None
) -> s.ForecastView:
    return await outlook.show(tx, since, days, team_id)


routes = [
    get_shifts,
    post_shift,
    patch_shift,
    delete_shift,
    get_patterns,
    post_pattern,
    delete_pattern,
    post_use,
    get_roster,
    get_own,
    put_roster,
    post_copy,
    get_settings,
    put_settings,
    get_forecast,
]
