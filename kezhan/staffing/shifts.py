"""Shifts and week patterns."""

from typing import Any
from uuid import UUID

from msgspec import UNSET, Struct
from sqlalchemy import Row
from sqlalchemy.exc import IntegrityError

from kezhan.audit.service import record
from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.staffing import store
from kezhan.staffing.duty import settle
from kezhan.staffing.roster import renew
from kezhan.staffing.schemas import (
    PatternForm,
    PatternList,
    PatternView,
    ShiftEdit,
    ShiftForm,
    ShiftList,
    ShiftView,
)
from kezhan.staffing.times import clock_time, shown, today_in
from kezhan.staffing.views import shift_view
from kezhan.workspaces.authenticate import Caller

MOST_SHIFTS = 50
MOST_PATTERNS = 50


class _Fields(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    fields: list[str]


async def list_shifts(tx: Tx) -> ShiftList:
    return ShiftList([shift_view(row) for row in await store.shifts(tx)])


async def create_shift(tx: Tx, caller: Caller, form: ShiftForm) -> ShiftView:
    """Raises 400 where it has no length, 409 where its name is taken or there are too many."""
    await store.hold_roster(tx)
    if len(await store.shifts(tx)) >= MOST_SHIFTS:
        raise Refused("staffing.too_many_shifts", 409, limit=MOST_SHIFTS)
    _check_length(form.starts, form.ends)
    shift_id = new_id()
    values = {
        "id": shift_id,
        "name": form.name.strip(),
        "starts": clock_time(form.starts),
        "ends": clock_time(form.ends),
        "colour": form.colour.value,
        "created_at": clock.now(),
    }
    try:
        await store.add_shift(tx, values)
    except IntegrityError as fault:
        raise Refused("staffing.shift_name_taken", 409, field="name") from fault
    told = between(None, values, ("name", "starts", "ends", "colour"))
    await record(tx, caller, "shift.create", "shift", shift_id, changes=told)
    return await _shown(tx, shift_id)


async def edit_shift(tx: Tx, caller: Caller, shift_id: UUID, edit: ShiftEdit) -> ShiftView:
    """Days from today on get the new times. Raises 409 where somebody would have two shifts at once."""
    await store.hold_roster(tx)
    row = await _active(tx, shift_id)
    wanted: dict[str, Any] = {
        "name": edit.name if edit.name is UNSET else edit.name.strip(),
        "starts": edit.starts if edit.starts is UNSET else clock_time(edit.starts),
        "ends": edit.ends if edit.ends is UNSET else clock_time(edit.ends),
        "colour": edit.colour if edit.colour is UNSET else edit.colour.value,
    }
    changes = {
        name: value for name, value in wanted.items() if value is not UNSET and value != getattr(row, name)
    }
    if not changes:
        return shift_view(row)
    starts, ends = changes.get("starts", row.starts), changes.get("ends", row.ends)
    _check_length(shown(starts), shown(ends))
    try:
        await store.edit_shift(tx, shift_id, changes)
    except IntegrityError as fault:
        raise Refused("staffing.shift_name_taken", 409, field="name") from fault
    if {"starts", "ends"} & set(changes):
        await renew(tx, shift_id)
        await settle(tx)
    detail, told = _Fields(fields=sorted(changes)), between(row, changes, changes)
    await record(tx, caller, "shift.edit", "shift", shift_id, detail=detail, changes=told)
    return await _shown(tx, shift_id)


async def archive_shift(tx: Tx, caller: Caller, shift_id: UUID) -> None:
    """A second time changes nothing. Raises 409 where it is planned from today on, or in a week pattern."""
    await store.hold_roster(tx)
    row = await store.shift(tx, shift_id)
    if row is None:
        raise NotFound("staffing.no_such_shift")
    if row.archived_at is not None:
        return
    days, patterns = await store.planned_with(tx, shift_id, today_in(await store.time_zone(tx)))
    if days or patterns:
        raise Refused("staffing.shift_in_use", 409, name=row.name, days=days, patterns=patterns)
    await store.edit_shift(tx, shift_id, {"archived_at": clock.now()})
    await record(tx, caller, "shift.archive", "shift", shift_id)


async def list_patterns(tx: Tx) -> PatternList:
    rows = await store.patterns(tx)
    days: dict[UUID, list[list[UUID]]] = {row.id: [[] for _ in range(7)] for row in rows}
    for one in await store.pattern_days(tx, list(days)):
        days[one.pattern_id][one.weekday].append(one.shift_id)
    return PatternList([PatternView(id=row.id, name=row.name, days=days[row.id]) for row in rows])


async def create_pattern(tx: Tx, caller: Caller, form: PatternForm) -> PatternView:
    """Raises 404 for a shift that is not there, 409 where the name is taken, 400 for a week of nothing."""
    await store.hold_roster(tx)
    days = sorted({(weekday, shift_id) for weekday, ids in enumerate(form.days) for shift_id in ids})
    if not days:
        raise Refused("staffing.empty_pattern", 400, field="days")
    if len(await store.patterns(tx)) >= MOST_PATTERNS:
        raise Refused("staffing.too_many_patterns", 409, limit=MOST_PATTERNS)
    known = {row.id for row in await store.shifts(tx)}
    if not {shift_id for _, shift_id in days} <= known:
        raise NotFound("staffing.no_such_shift")
    pattern_id = new_id()
    values = {"id": pattern_id, "name": form.name.strip(), "created_at": clock.now()}
    try:
        await store.add_pattern(tx, values, days)
    except IntegrityError as fault:
        raise Refused("staffing.pattern_name_taken", 409, field="name") from fault
    await record(tx, caller, "week_pattern.create", "week_pattern", pattern_id)
    return next(one for one in (await list_patterns(tx)).items if one.id == pattern_id)


async def archive_pattern(tx: Tx, caller: Caller, pattern_id: UUID) -> None:
    """A second time changes nothing; weeks it was written into stay."""
    if await store.archive_pattern(tx, pattern_id, clock.now()):
        await record(tx, caller, "week_pattern.archive", "week_pattern", pattern_id)


def _check_length(starts: str, ends: str) -> None:
    if starts == ends:
        raise Refused("staffing.no_length", 400, field="ends")


async def _active(tx: Tx, shift_id: UUID) -> Row[Any]:
    row = await store.shift(tx, shift_id)
    if row is None or row.archived_at is not None:
        raise NotFound("staffing.no_such_shift")
    return row


async def _shown(tx: Tx, shift_id: UUID) -> ShiftView:
    return shift_view(await _active(tx, shift_id))
