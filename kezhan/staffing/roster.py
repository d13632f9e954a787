"""Who works when: cells set by hand, weeks copied, patterns written; each person's own days."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.kit import clock
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.staffing import store
from kezhan.staffing.duty import settle
from kezhan.staffing.schemas import (
    OwnRoster,
    PatternUse,
    PlannedShift,
    RosterChange,
    RosterCopy,
    RosterMember,
    RosterView,
    RosterWritten,
)
from kezhan.staffing.times import moments, today_in
from kezhan.staffing.views import shift_view
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission, holding

MOST_DAYS = 42
_OWN_DAYS = 28
_WEEK = timedelta(days=7)
_FARTHEST = timedelta(days=400)
SERVING = holding(Permission.CONVERSATION_REPLY)
Plan = dict[tuple[UUID, date], list[UUID]]
"""All shifts of a person on a day."""


class _Span(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which days of how many people."""

    first: str
    last: str
    members: int
    entries: int


async def show(tx: Tx, since: date, days: int) -> RosterView:
    """Everybody who serves, and all shifts of these days."""
    if not 1 <= days <= MOST_DAYS:
        raise Refused("staffing.too_many_days", 400, field="days", limit=MOST_DAYS)
    zone = await store.time_zone(tx)
    found = await store.entries(tx, since, since + timedelta(days=days - 1))
    people = await store.people(tx, SERVING)
    here = {person.id for person in people}
    shown = [row for row in found if row.membership_id in here]
    shifts = await store.shifts_seen(tx, {row.shift_id for row in shown})
    return RosterView(
        time_zone=zone,
        today=today_in(zone),
        since=since,
        days=days,
        shifts=[shift_view(row) for row in shifts],
        members=[RosterMember(id=one.id, name=one.name, team_ids=list(one.team_ids)) for one in people],
        entries=[_entry(row) for row in shown],
    )


async def show_own(tx: Tx, caller: Caller) -> OwnRoster:
    """The caller's shifts of the next four weeks, and yesterday's, which may go on past midnight."""
    zone = await store.time_zone(tx)
    today = today_in(zone)
    found: Sequence[Row[Any]] = []
    on_duty = None
    if caller.membership_id is not None:
        first, last = today - timedelta(days=1), today + timedelta(days=_OWN_DAYS)
        found = await store.entries(tx, first, last, [caller.membership_id])
        on_duty = await store.duty(tx, caller.membership_id)
    ids = {row.shift_id for row in found}
    shifts = [row for row in await store.shifts_seen(tx, ids) if row.id in ids]
    return OwnRoster(
        time_zone=zone,
        today=today,
        on_duty=on_duty,
        shifts=[shift_view(row) for row in shifts],
        entries=[_entry(row) for row in found],
    )


async def change(tx: Tx, caller: Caller, wanted: RosterChange) -> RosterWritten:
    """Set cells; of the same cell twice the last counts. Raises 404 for people or shifts that are not there,
    409 where somebody would have two shifts at once; then nothing is changed."""
    plan = {(cell.membership_id, cell.day): list(cell.shift_ids) for cell in wanted.cells}
    return await _write(tx, caller, plan, kept=0)


async def copy_week(tx: Tx, caller: Caller, wanted: RosterCopy) -> RosterWritten:
    """Raises 400 where the week would be copied onto itself, else as `change`."""
    if _monday(wanted.from_week) in _weeks(wanted.to_week, wanted.weeks):
        raise Refused("staffing.same_week", 400, field="to_week")
    first = _monday(wanted.from_week)
    found = await store.entries(tx, first, first + timedelta(days=6), wanted.membership_ids or None)
    here = {person.id for person in await store.people(tx, SERVING)}
    in_use = {row.id for row in await store.shifts(tx)}
    week: dict[UUID, list[list[UUID]]] = {}
    for row in found:
        if row.membership_id in here and row.shift_id in in_use:
            days = week.setdefault(row.membership_id, [[] for _ in range(7)])
            days[row.day.weekday()].append(row.shift_id)
    if not week:
        raise Refused("staffing.empty_week", 409, field="from_week", week=first.isoformat())
    return await _fill(tx, caller, week, _weeks(wanted.to_week, wanted.weeks), wanted.replace)


async def use_pattern(tx: Tx, caller: Caller, pattern_id: UUID, wanted: PatternUse) -> RosterWritten:
    """Raises 404 where there is no such pattern, else as `change`."""
    if pattern_id not in {row.id for row in await store.patterns(tx)}:
        raise NotFound("staffing.no_such_pattern")
    days: list[list[UUID]] = [[] for _ in range(7)]
    for row in await store.pattern_days(tx, [pattern_id]):
        days[row.weekday].append(row.shift_id)
    week = dict.fromkeys(wanted.membership_ids, days)
    return await _fill(tx, caller, week, _weeks(wanted.from_week, wanted.weeks), wanted.replace)


async def renew(tx: Tx, shift_id: UUID | None = None) -> None:
    """Reckon the moments of what is planned from today on anew: the shift's times, or the zone, are others.
    Raises 409 where somebody would have two shifts at once."""
    zone = await store.time_zone(tx)
    today = today_in(zone)
    rows = await store.entries_from(tx, today, shift_id)
    times = {row.id: row for row in await store.shifts_seen(tx, {row.shift_id for row in rows})}
    await store.put_entries(
        tx, [_moments(row.membership_id, row.day, times[row.shift_id], zone) for row in rows]
    )
    await _check_overlap(tx, {row.membership_id for row in rows}, today)


async def leave(tx: Tx, membership_id: UUID) -> None:
    """She is no member any more: what she has not begun is nobody's."""
    await store.drop_entries_from(tx, membership_id, clock.now())
    await store.drop_duties(tx, [membership_id])
    await settle(tx)


async def _fill(
    tx: Tx, caller: Caller, week: dict[UUID, list[list[UUID]]], mondays: Sequence[date], replace: bool
) -> RosterWritten:
    """A week of each person into several; with `replace` free days of it too, else into free days alone."""
    plan: Plan = {
        (membership_id, monday + timedelta(days=weekday)): list(ids)
        for monday in mondays
        for membership_id, days in week.items()
        for weekday, ids in enumerate(days)
        if ids or replace
    }
    kept = 0
    if not replace:
        await store.hold_roster(tx)
        there = await store.entries(tx, mondays[0], mondays[-1] + timedelta(days=6), list(week))
        taken = {(row.membership_id, row.day) for row in there} & set(plan)
        kept = len(taken)
        plan = {cell: ids for cell, ids in plan.items() if cell not in taken}
    return await _write(tx, caller, plan, kept=kept)


async def _write(tx: Tx, caller: Caller, plan: Plan, *, kept: int) -> RosterWritten:
    if not plan:
        return RosterWritten(written=0, kept=kept)
    await store.hold_roster(tx)
    zone = await store.time_zone(tx)
    members, days = {cell[0] for cell in plan}, [cell[1] for cell in plan]
    await check_members(tx, members)
    if max(days) > today_in(zone) + _FARTHEST:
        raise Refused("staffing.too_far", 400, field="day", days=_FARTHEST.days)
    times = {row.id: row for row in await store.shifts(tx)}
    wanted = {shift_id for ids in plan.values() for shift_id in ids}
    if not wanted <= set(times):
        raise NotFound("staffing.no_such_shift")
    rows = [
        _moments(membership_id, day, times[shift_id], zone)
        for (membership_id, day), ids in plan.items()
        for shift_id in dict.fromkeys(ids)
    ]
    await store.clear_days(tx, list(plan))
    await store.put_entries(tx, rows)
    await _check_overlap(tx, members, min(days))
    await settle(tx)
    span = _Span(
        first=min(days).isoformat(), last=max(days).isoformat(), members=len(members), entries=len(rows)
    )
    await record(tx, caller, "roster.edit", "workspace", None, detail=span)
    return RosterWritten(written=len(rows), kept=kept)


async def check_members(tx: Tx, members: Iterable[UUID]) -> None:
    """Raises NotFound where one of them is nobody here who serves."""
    if not set(members) <= {person.id for person in await store.people(tx, SERVING)}:
        raise NotFound("staffing.no_such_member")


async def _check_overlap(tx: Tx, members: Collection[UUID], since: date) -> None:
    found = await store.overlap(tx, members, since) if members else None
    if found is not None:
        raise Refused("staffing.overlap", 409, name=found.name, day=found.day.isoformat())


def _moments(membership_id: UUID, day: date, shift: Row[Any], zone: str) -> dict[str, Any]:
    starts_at, ends_at = moments(day, shift.starts, shift.ends, zone)
    return {
        "membership_id": membership_id,
        "day": day,
        "shift_id": shift.id,
        "starts_at": starts_at,
        "ends_at": ends_at,
    }


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _weeks(first: date, count: int) -> list[date]:
    return [_monday(first) + n * _WEEK for n in range(count)]


def _entry(row: Row[Any]) -> PlannedShift:
    return PlannedShift(
        membership_id=row.membership_id,
        day=row.day,
        shift_id=row.shift_id,
        starts_at=clock.wire(row.starts_at),
        ends_at=clock.wire(row.ends_at),
    )
