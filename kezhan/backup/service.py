"""When backups are made and how they stand; what the installation's owners see and set."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.backup import keys, store
from kezhan.backup.keep import last_due, next_due
from kezhan.backup.places import default
from kezhan.backup.schemas import BackupPlan, BackupView, Run, RunView, Standing
from kezhan.kit import clock
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, Refused
from kezhan.kit.words import say
from kezhan.settings import Settings
from kezhan.workspaces.authenticate import Caller

GRACE = timedelta(hours=3)
"""How long after its moment a backup may be missing until that is an alarm."""
_AGAIN = timedelta(minutes=30)
"""After one that failed the next is tried."""
_SHOWN = 20
_KEPT = timedelta(days=400)


class PlanChange(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the log: what was set."""

    plan: BackupPlan


class RunBegun(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    kind: str


async def standing(tx: Tx, now: datetime) -> Standing:
    plan = await store.plan(tx)
    good = await store.last_good(tx, "backup")
    begun = await store.begun_at(tx)
    overdue = last_due(plan, now - GRACE)
    kept = good is not None and good.started_at >= overdue
    return Standing(
        plan=plan,
        backup=good,
        rehearsal=await store.last_good(tx, "rehearsal"),
        failures=await store.failures(tx),
        late=plan.enabled and begun < overdue and not kept,
        next_at=next_due(plan, now) if plan.enabled else None,
    )


async def is_due(tx: Tx, now: datetime) -> bool:
    """Whether a backup is to be begun now: its moment has come since the last good one."""
    plan = await store.plan(tx)
    moment = last_due(plan, now)
    if not plan.enabled or await store.begun_at(tx) >= moment:
        return False
    good, tried = await store.last_good(tx, "backup"), await store.last_try(tx, "backup")
    if good is not None and good.started_at >= moment:
        return False
    return tried is None or tried < moment or now - tried >= _AGAIN


async def is_rehearsal_due(tx: Tx, now: datetime) -> bool:
    plan = await store.plan(tx)
    if not plan.rehearse_days:
        return False
    good, tried = await store.last_good(tx, "rehearsal"), await store.last_try(tx, "rehearsal")
    if good is not None and now - good.started_at < timedelta(days=plan.rehearse_days):
        return False
    return tried is None or now - tried >= timedelta(days=1)


async def forget_old(tx: Tx, now: datetime) -> None:
    await store.drop_old_runs(tx, now - _KEPT)


async def check_home(tx: Tx, caller: Caller) -> None:
    """Raises Forbidden for all but people of the workspace the installation belongs to: an archive holds
    every workspace."""
    if caller.kind != "member":
        raise Forbidden("workspaces.people_only")
    if not await store.is_home(tx, caller.workspace_id):
        raise Forbidden("backup.installation_only")


async def view(db: Database, settings: Settings, caller: Caller, language: str) -> BackupView:
    """How backups stand, faults in `language`."""
    now = clock.now()
    async with db.system_tx() as tx:
        await check_home(tx, caller)
        how = await standing(tx, now)
        runs = await store.runs(tx, _SHOWN)
    seen = {run.id: _view(run, language) for run in (*runs, how.backup, how.rehearsal) if run}
    return BackupView(
        plan=how.plan,
        place=settings.backup_to or str(default(settings)),
        apart=bool(settings.backup_to),
        key=keys.standing(settings),
        late=how.late,
        failures=how.failures,
        next_at=clock.wire_or_none(how.next_at),
        backup=seen[how.backup.id] if how.backup else None,
        rehearsal=seen[how.rehearsal.id] if how.rehearsal else None,
        runs=[seen[run.id] for run in runs],
    )


async def change_plan(db: Database, caller: Caller, plan: BackupPlan) -> None:
    try:
        ZoneInfo(plan.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise Refused("backup.bad_zone", 400, field="time_zone") from fault
    async with db.system_tx() as tx:
        await check_home(tx, caller)
        await store.save_plan(tx, plan)
    await _record(db, caller, "backup.plan", PlanChange(plan=plan))


async def check_owner(db: Database, caller: Caller) -> None:
    """Raises Forbidden."""
    async with db.system_tx() as tx:
        await check_home(tx, caller)


async def record_begun(db: Database, caller: Caller, kind: str) -> None:
    await _record(db, caller, f"backup.{kind}", RunBegun(kind=kind))


async def _record(db: Database, caller: Caller, action: str, detail: Struct) -> None:
    async with db.tx(caller.workspace_id) as tx:
        await record(tx, caller, action, "installation", None, detail=detail)


def _view(run: Run, language: str) -> RunView:
    return RunView(
        id=run.id,
        kind=run.kind,
        cause=run.cause,
        state=run.state,
        archive=run.archive,
        bytes=run.bytes,
        files=run.files,
        rows=run.row_count,
        damaged=run.damaged,
        fault=say(language, run.fault, said=run.said) if run.fault else "",
        seconds=run.seconds,
        started_at=clock.wire(run.started_at),
        ended_at=clock.wire_or_none(run.ended_at),
    )
