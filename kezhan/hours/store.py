"""Every statement of the room."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, column, delete, func, or_, select, table, text, tuple_, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from kezhan.hours.models import HolidaySet, ScheduleHolidays, ScheduleRow, ScheduleUse, ScheduleVersion
from kezhan.hours.schemas import Days, Plan
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Team

# Uses hang on channels by foreign key; of a channel only whether it goes on is asked.
_channels = table("channel_accounts", column("id"), column("archived_at"))
_HOLD = text("select pg_advisory_xact_lock(hashtextextended(:name, 0))")
_NOT_ARCHIVED = ScheduleRow.archived_at.is_(None)
_NEWEST = and_(
    ScheduleVersion.workspace_id == ScheduleRow.workspace_id,
    ScheduleVersion.schedule_id == ScheduleRow.id,
    ScheduleVersion.version == ScheduleRow.version,
)
_OF_USE = and_(
    ScheduleRow.workspace_id == ScheduleUse.workspace_id, ScheduleRow.id == ScheduleUse.schedule_id
)


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes hours of this workspace: a schedule is written from its
    sets, a set into its schedules."""
    await tx.run(_HOLD, {"name": f"hours:{tx.workspace}"})


# Schedules


def _with_sets() -> Any:
    sets = (
        select(func.array_agg(aggregate_order_by(ScheduleHolidays.set_id, ScheduleHolidays.place)))
        .where(
            ScheduleHolidays.workspace_id == ScheduleRow.workspace_id,
            ScheduleHolidays.schedule_id == ScheduleRow.id,
        )
        .scalar_subquery()
    )
    return select(ScheduleRow.__table__, sets.label("set_ids"))


async def schedules(tx: Tx) -> Sequence[Row[Any]]:
    """The ones in use, by name, each with `set_ids` in order (or null) and its `plan`."""
    return await tx.rows(
        _with_plan(_with_sets()).where(_NOT_ARCHIVED).order_by(ScheduleRow.sort_key, ScheduleRow.id)
    )


async def schedule(tx: Tx, schedule_id: UUID) -> Row[Any] | None:
    """One, archived or not."""
    return await tx.row(_with_plan(_with_sets()).where(ScheduleRow.id == schedule_id))


def _with_plan(wanted: Any) -> Any:
    return wanted.add_columns(ScheduleVersion.plan).join(ScheduleVersion, _NEWEST)


async def add_schedule(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(ScheduleRow).values(workspace_id=tx.workspace, **values))


async def edit_schedule(tx: Tx, schedule_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(ScheduleRow).where(ScheduleRow.id == schedule_id).values(**values))


async def archive_schedule(tx: Tx, schedule_id: UUID) -> None:
    """Its uses by what is itself archived go with it."""
    await tx.run(delete(ScheduleUse).where(ScheduleUse.schedule_id == schedule_id))
    await tx.run(delete(ScheduleHolidays).where(ScheduleHolidays.schedule_id == schedule_id))
    await edit_schedule(tx, schedule_id, {"archived_at": func.now()})


async def put_sets(tx: Tx, schedule_id: UUID, set_ids: Sequence[UUID]) -> None:
    await tx.run(delete(ScheduleHolidays).where(ScheduleHolidays.schedule_id == schedule_id))
    if set_ids:
        rows = [
            {"workspace_id": tx.workspace, "schedule_id": schedule_id, "set_id": set_id, "place": place}
            for place, set_id in enumerate(set_ids)
        ]
        await tx.run(insert(ScheduleHolidays).values(rows))


async def add_version(tx: Tx, schedule_id: UUID, version: int, version_id: UUID, plan: Plan) -> None:
    values = {"schedule_id": schedule_id, "version": version, "id": version_id, "plan": plan}
    await tx.run(insert(ScheduleVersion).values(workspace_id=tx.workspace, **values))
    await tx.run(update(ScheduleRow).where(ScheduleRow.id == schedule_id).values(version=version))


async def version(tx: Tx, schedule_id: UUID, number: int) -> Row[Any] | None:
    """(version, plan, made_at)"""
    wanted = select(ScheduleVersion.version, ScheduleVersion.plan, ScheduleVersion.made_at)
    return await tx.row(
        wanted.where(ScheduleVersion.schedule_id == schedule_id, ScheduleVersion.version == number)
    )


async def plans(tx: Tx, versions: Collection[tuple[UUID, int]]) -> Sequence[Row[Any]]:
    """(id, plan) of these (schedule, version)."""
    wanted = select(ScheduleVersion.id, ScheduleVersion.plan)
    return await tx.rows(
        wanted.where(tuple_(ScheduleVersion.schedule_id, ScheduleVersion.version).in_(versions))
    )


# Holidays


async def sets(tx: Tx) -> Sequence[Row[Any]]:
    wanted = select(HolidaySet.__table__).where(HolidaySet.archived_at.is_(None))
    return await tx.rows(wanted.order_by(HolidaySet.sort_key, HolidaySet.id))


async def holiday_set(tx: Tx, set_id: UUID) -> Row[Any] | None:
    """One, archived or not."""
    return await tx.row(select(HolidaySet.__table__).where(HolidaySet.id == set_id))


async def set_of_source(tx: Tx, source: str) -> UUID | None:
    wanted = select(HolidaySet.id).where(HolidaySet.source == source, HolidaySet.archived_at.is_(None))
    found: UUID | None = await tx.value(wanted)
    return found


async def days_of(tx: Tx, set_ids: Collection[UUID]) -> dict[UUID, Days]:
    """The days of those of these sets that are not archived."""
    wanted = select(HolidaySet.id, HolidaySet.days)
    rows = await tx.rows(wanted.where(HolidaySet.id.in_(set_ids), HolidaySet.archived_at.is_(None)))
    return {row.id: row.days for row in rows}


async def add_set(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(HolidaySet).values(workspace_id=tx.workspace, **values))


async def edit_set(tx: Tx, set_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(HolidaySet).where(HolidaySet.id == set_id).values(**values))


async def archive_set(tx: Tx, set_id: UUID) -> None:
    await edit_set(tx, set_id, {"archived_at": func.now()})


async def schedules_of_set(tx: Tx, set_id: UUID) -> Sequence[Row[Any]]:
    """The schedules that observe it, as `schedules` gives them."""
    observing = select(ScheduleHolidays.schedule_id).where(ScheduleHolidays.set_id == set_id)
    wanted = _with_plan(_with_sets()).where(ScheduleRow.id.in_(observing), _NOT_ARCHIVED)
    return await tx.rows(wanted.order_by(ScheduleRow.sort_key, ScheduleRow.id))


# Uses


def _live_uses() -> Any:
    """Uses of channels and teams that go on, and the workspace's own."""
    teams = select(Team.id).where(Team.archived_at.is_(None))
    channels = select(_channels.c.id).where(_channels.c.archived_at.is_(None))
    return select(ScheduleUse.kind, ScheduleUse.ref_id, ScheduleUse.schedule_id).where(
        or_(
            ScheduleUse.kind == "workspace",
            and_(ScheduleUse.kind == "team", ScheduleUse.ref_id.in_(teams)),
            and_(ScheduleUse.kind == "channel", ScheduleUse.ref_id.in_(channels)),
        )
    )


async def uses(tx: Tx) -> Sequence[Row[Any]]:
    """(kind, ref_id, schedule_id)"""
    return await tx.rows(_live_uses().order_by(ScheduleUse.kind, ScheduleUse.ref_id))


async def used(tx: Tx, schedule_id: UUID) -> int:
    """How many keep to it."""
    wanted = _live_uses().where(ScheduleUse.schedule_id == schedule_id).subquery()
    return int(await tx.value(select(func.count()).select_from(wanted)))


async def goes_on(tx: Tx, kind: str, ref_id: UUID) -> bool:
    """Whether there is such a channel or team here, and it is not archived."""
    if kind == "team":
        found = select(Team.id).where(Team.id == ref_id, Team.archived_at.is_(None))
    else:
        found = select(_channels.c.id).where(_channels.c.id == ref_id, _channels.c.archived_at.is_(None))
    return await tx.value(found) is not None


async def put_use(tx: Tx, kind: str, ref_id: UUID, schedule_id: UUID) -> None:
    values = {"workspace_id": tx.workspace, "kind": kind, "ref_id": ref_id, "schedule_id": schedule_id}
    key = [ScheduleUse.workspace_id, ScheduleUse.kind, ScheduleUse.ref_id]
    changed = {"schedule_id": schedule_id}
    await tx.run(insert(ScheduleUse).values(values).on_conflict_do_update(index_elements=key, set_=changed))


async def use(tx: Tx, kind: str, ref_id: UUID) -> UUID | None:
    """The schedule it keeps to."""
    wanted = select(ScheduleUse.schedule_id).where(ScheduleUse.kind == kind, ScheduleUse.ref_id == ref_id)
    found: UUID | None = await tx.value(wanted)
    return found


async def drop_use(tx: Tx, kind: str, ref_id: UUID) -> None:
    await tx.run(delete(ScheduleUse).where(ScheduleUse.kind == kind, ScheduleUse.ref_id == ref_id))


async def uses_of(tx: Tx, places: Collection[tuple[str, UUID]]) -> Sequence[Row[Any]]:
    """(kind, ref_id, schedule_id, version, version_id) of those among these that have a schedule."""
    columns = ScheduleUse.kind, ScheduleUse.ref_id, ScheduleUse.schedule_id, ScheduleVersion.version
    wanted = (
        select(*columns, ScheduleVersion.id.label("version_id"))
        .join(ScheduleRow, _OF_USE)
        .join(ScheduleVersion, _NEWEST)
    )
    return await tx.rows(wanted.where(tuple_(ScheduleUse.kind, ScheduleUse.ref_id).in_(places)))
