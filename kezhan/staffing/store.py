"""Every statement of the room but those over history (`history/store.py`)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row, Select, and_, delete, func, insert, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert

from kezhan.hours.schemas import Plan
from kezhan.kit.db import Tx
from kezhan.staffing.models import (
    RosterDuty,
    RosterEntry,
    Shift,
    StaffingSetting,
    WeekPattern,
    WeekPatternDay,
)


async def hold_roster(tx: Tx) -> None:
    """Until this transaction ends nobody else writes rosters or shifts of this workspace."""
    await tx.run(_HOLD, {"name": f"roster:{tx.workspace}"})


async def time_zone(tx: Tx) -> str:
    return str(await tx.value(_TIME_ZONE, {"ws": tx.workspace}))


async def people(tx: Tx, roles: Collection[str]) -> Sequence[Row[Any]]:
    """(id, name, team_ids) of the active members with one of the roles, by name."""
    return await tx.rows(_PEOPLE, {"roles": list(roles)})


async def team_members(tx: Tx, team_id: UUID) -> set[UUID]:
    return {row.membership_id for row in await tx.rows(_TEAM, {"team": team_id})}


async def plan(tx: Tx, team_id: UUID | None) -> Plan | None:
    """The hours this team goes by, else the workspace; None without any."""
    found = await tx.value(_PLAN, {"ws": tx.workspace, "team": team_id or tx.workspace})
    return None if found is None else msgspec.convert(found, Plan)


# Shifts


def _shifts() -> Select[Any]:
    return select(Shift.__table__).order_by(Shift.starts, Shift.name, Shift.id)


async def shifts(tx: Tx) -> Sequence[Row[Any]]:
    return await tx.rows(_shifts().where(Shift.archived_at.is_(None)))


async def shifts_seen(tx: Tx, ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """Those in use and those named, archived or not."""
    return await tx.rows(_shifts().where(Shift.archived_at.is_(None) | Shift.id.in_(ids)))


async def shift(tx: Tx, shift_id: UUID) -> Row[Any] | None:
    return await tx.row(select(Shift.__table__).where(Shift.id == shift_id))


async def add_shift(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(Shift).values(workspace_id=tx.workspace, **values))


async def edit_shift(tx: Tx, shift_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(Shift).where(Shift.id == shift_id).values(**values))


async def planned_with(tx: Tx, shift_id: UUID, since: date) -> tuple[int, int]:
    """On how many days from `since` on somebody has this shift, and how many week patterns have it."""
    entries = select(func.count()).where(RosterEntry.shift_id == shift_id, RosterEntry.day >= since)
    patterns = (
        select(func.count(func.distinct(WeekPattern.id)))
        .join(WeekPatternDay, WeekPatternDay.pattern_id == WeekPattern.id)
        .where(WeekPatternDay.shift_id == shift_id, WeekPattern.archived_at.is_(None))
    )
    return int(await tx.value(entries)), int(await tx.value(patterns))


# Week patterns


async def patterns(tx: Tx) -> Sequence[Row[Any]]:
    """(id, name) by name."""
    wanted = select(WeekPattern.id, WeekPattern.name).where(WeekPattern.archived_at.is_(None))
    return await tx.rows(wanted.order_by(WeekPattern.name, WeekPattern.id))


async def pattern_days(tx: Tx, pattern_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """(pattern_id, weekday, shift_id), shifts of a day in the order of their beginning."""
    wanted = (
        select(WeekPatternDay.pattern_id, WeekPatternDay.weekday, WeekPatternDay.shift_id)
        .join(Shift, Shift.id == WeekPatternDay.shift_id)
        .where(WeekPatternDay.pattern_id.in_(pattern_ids))
        .order_by(WeekPatternDay.weekday, Shift.starts)
    )
    return await tx.rows(wanted)


async def add_pattern(tx: Tx, values: dict[str, Any], days: Sequence[tuple[int, UUID]]) -> None:
    await tx.run(insert(WeekPattern).values(workspace_id=tx.workspace, **values))
    rows = [
        {"workspace_id": tx.workspace, "pattern_id": values["id"], "weekday": weekday, "shift_id": shift_id}
        for weekday, shift_id in days
    ]
    if rows:
        await tx.run(insert(WeekPatternDay), rows)


async def archive_pattern(tx: Tx, pattern_id: UUID, at: datetime) -> bool:
    """Whether it was there until now."""
    mine = update(WeekPattern).where(WeekPattern.id == pattern_id, WeekPattern.archived_at.is_(None))
    return bool(await tx.run(mine.values(archived_at=at)))


# Rosters


async def entries(
    tx: Tx, first: date, last: date, members: Collection[UUID] | None = None
) -> Sequence[Row[Any]]:
    """Both days among them; of all members where none are named."""
    wanted = select(RosterEntry.__table__).where(RosterEntry.day.between(first, last))
    if members is not None:
        wanted = wanted.where(RosterEntry.membership_id.in_(members))
    return await tx.rows(wanted.order_by(RosterEntry.membership_id, RosterEntry.starts_at))


async def entries_from(tx: Tx, since: date, shift_id: UUID | None = None) -> Sequence[Row[Any]]:
    wanted = select(RosterEntry.__table__).where(RosterEntry.day >= since)
    if shift_id is not None:
        wanted = wanted.where(RosterEntry.shift_id == shift_id)
    return await tx.rows(wanted)


async def clear_days(tx: Tx, cells: Collection[tuple[UUID, date]]) -> None:
    if cells:
        await tx.run(delete(RosterEntry).where(tuple_(RosterEntry.membership_id, RosterEntry.day).in_(cells)))


async def put_entries(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Entries that are there already get these moments."""
    if not rows:
        return
    put = upsert(RosterEntry)
    moments = {"starts_at": put.excluded.starts_at, "ends_at": put.excluded.ends_at}
    key = ["workspace_id", "membership_id", "day", "shift_id"]
    await tx.run(
        put.on_conflict_do_update(index_elements=key, set_=moments),
        [{"workspace_id": tx.workspace, **row} for row in rows],
    )


async def overlap(tx: Tx, members: Collection[UUID], since: date) -> Row[Any] | None:
    """(name, day) of the first of these members who has two shifts at once from the day before `since` on."""
    return await tx.row(_OVERLAP, {"members": list(members), "since": since})


async def drop_entries_from(tx: Tx, membership_id: UUID, at: datetime) -> None:
    """What has not begun."""
    mine = and_(RosterEntry.membership_id == membership_id, RosterEntry.starts_at > at)
    await tx.run(delete(RosterEntry).where(mine))


async def on_now(tx: Tx, at: datetime) -> set[UUID]:
    """Active members in the middle of a shift."""
    return {row.membership_id for row in await tx.rows(_ON_NOW, {"at": at})}


async def rostered(tx: Tx, since: datetime) -> set[UUID]:
    """Who has a shift that ends after `since`."""
    wanted = select(RosterEntry.membership_id).where(RosterEntry.ends_at > since).distinct()
    return set(await tx.values(wanted))


async def next_boundary(tx: Tx, at: datetime) -> datetime | None:
    """When the next shift of anybody begins or ends."""
    found: datetime | None = await tx.value(_NEXT, {"at": at})
    return found


async def duties(tx: Tx) -> dict[UUID, bool]:
    """What the seats were told last, held until the transaction ends."""
    wanted = select(RosterDuty.membership_id, RosterDuty.on_duty).with_for_update()
    return {row.membership_id: row.on_duty for row in await tx.rows(wanted)}


async def duty(tx: Tx, membership_id: UUID) -> bool | None:
    found: bool | None = await tx.value(
        select(RosterDuty.on_duty).where(RosterDuty.membership_id == membership_id)
    )
    return found


async def put_duty(tx: Tx, membership_id: UUID, on_duty: bool, at: datetime) -> None:
    put = upsert(RosterDuty).values(
        workspace_id=tx.workspace, membership_id=membership_id, on_duty=on_duty, since=at
    )
    new = {"on_duty": put.excluded.on_duty, "since": put.excluded.since}
    await tx.run(put.on_conflict_do_update(index_elements=["workspace_id", "membership_id"], set_=new))


async def seat_state(tx: Tx, membership_id: UUID) -> tuple[str, bool]:
    """A seat's state, and whether the end of a shift has made it so; offline where there is no seat yet."""
    row = await tx.row(_SEAT, {"membership_id": membership_id})
    return (row.state, row.auto == "shift") if row else ("offline", False)


async def drop_duties(tx: Tx, members: Collection[UUID]) -> None:
    if members:
        await tx.run(delete(RosterDuty).where(RosterDuty.membership_id.in_(members)))


# Settings


async def settings(tx: Tx) -> Row[Any] | None:
    return await tx.row(select(StaffingSetting.__table__))


async def put_settings(tx: Tx, values: dict[str, Any]) -> None:
    put = upsert(StaffingSetting).values(workspace_id=tx.workspace, **values)
    await tx.run(put.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_TIME_ZONE = text("select time_zone from workspaces where id = :ws")
_PEOPLE = text(
    """
    select m.id, m.name,
           array(select t.team_id from team_members t where t.membership_id = m.id) as team_ids
    from memberships m where m.archived_at is null and m.rights || m.role && cast(:roles as text[]) order by
    m.sort_key, m.id """
)
_PLAN = text(
    """
    select v.plan from schedule_uses u
    join schedules s on s.id = u.schedule_id
    join schedule_versions v on v.schedule_id = s.id and v.version = s.version
    where u.kind = 'workspace' and u.ref_id = :ws or u.kind = 'team' and u.ref_id = :team
    order by u.kind = 'team' desc limit 1
    """
)
_TEAM = text("select membership_id from team_members where team_id = :team")
_OVERLAP = text(
    """
    select m.name, e.day from (
        select membership_id, day, starts_at,
               max(ends_at) over (partition by membership_id order by starts_at, ends_at
                                  rows between unbounded preceding and 1 preceding) as before
        from roster_entries where membership_id = any(:members) and day >= cast(:since as date) - 1
    ) e join memberships m on m.id = e.membership_id
    where e.starts_at < e.before and e.day >= :since order by e.day, m.name limit 1
    """
)
_SEAT = text("select state, auto from seats where membership_id = :membership_id")
_ON_NOW = text(
    """
    select distinct e.membership_id from roster_entries e
    join memberships m on m.id = e.membership_id and m.archived_at is null
    where e.starts_at <= :at and e.ends_at > :at
    """
)
_NEXT = text(
    """
    select least((select min(starts_at) from roster_entries where starts_at > :at),
                 (select min(ends_at) from roster_entries where ends_at > :at))
    """
)
