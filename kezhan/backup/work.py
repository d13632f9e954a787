"""One backup or rehearsal from its beginning to its line in `backup_runs`: by the schedule, by hand, by a
command. Of all the processes of an installation one works at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import psycopg

from kezhan.backup import keys, restore, service, store
from kezhan.backup.keep import surplus
from kezhan.backup.places import Place
from kezhan.backup.schemas import BackupPlan, Cause, Kind, Manifest, Run
from kezhan.backup.stop import Stop
from kezhan.backup.take import take
from kezhan.kit import clock
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.postgres import PostgresFault
from kezhan.settings import Settings

_LOCK = "backup"


async def end_abandoned(db: Database) -> None:
    """Runs that say they are under way while nobody works: their programs were killed."""
    async with db.alone(_LOCK) as mine:
        if mine:
            async with db.system_tx() as tx:
                await store.end_abandoned(tx)


@asynccontextmanager
async def turn(db: Database) -> AsyncIterator[None]:
    """The one turn there is. Raises Refused `backup.under_way` where another has it."""
    async with db.alone(_LOCK) as mine:
        if not mine:
            raise Refused("backup.under_way", 409)
        yield


async def back_up(db: Database, settings: Settings, cause: Cause, stop: Stop) -> Run:
    """Make one, within a `turn`, and let the surplus go. The run as it ended; a fault is in it."""
    async with db.system_tx() as tx:
        plan = await store.plan(tx)
    return await _recorded(db, begun("backup", cause), lambda run: made(db, settings, run, plan, stop))


async def rehearse(db: Database, settings: Settings, cause: Cause, stop: Stop) -> Run:
    """Prove the newest archive, within a `turn`."""
    return await _recorded(db, begun("rehearsal", cause), lambda run: _proven(settings, run, stop))


async def keep_run(db: Database, run: Run) -> None:
    async with db.system_tx() as tx:
        await store.add_run(tx, run)


def begun(kind: Kind, cause: Cause) -> Run:
    """One that is not kept yet; `keep_run` keeps what was done where no database was to keep it."""
    return Run(
        id=new_id(),
        kind=kind,
        cause=cause,
        state="running",
        archive="",
        place="",
        bytes=0,
        files=0,
        row_count=0,
        damaged=0,
        fault="",
        said="",
        started_at=clock.now(),
        ended_at=None,
    )


async def _recorded(db: Database, run: Run, do: Callable[[Run], Run]) -> Run:
    async with db.system_tx() as tx:
        await store.end_abandoned(tx)
        await service.forget_old(tx, run.started_at)
        await store.add_run(tx, run)
    try:
        ended = await asyncio.to_thread(do, run)
    except Refused as fault:
        ended = _failed(run, fault.code, str(fault.params.get("said", "")))
    except PostgresFault as fault:
        ended = _failed(run, "backup.program", str(fault))
    except (psycopg.Error, OSError) as fault:
        # A server's words may carry what somebody wrote; its code carries none.
        said = fault.sqlstate or "" if isinstance(fault, psycopg.Error) else fault.strerror or ""
        ended = _failed(run, "backup.program", f"{type(fault).__name__} {said}".strip())
    ended = msgspec.structs.replace(ended, ended_at=clock.now())
    async with db.system_tx() as tx:
        await store.end_run(tx, ended)
    tell = log.info if ended.state == "done" else log.error
    facts = {"kind": ended.kind, "cause": ended.cause, "archive": ended.archive, "bytes": ended.bytes}
    tell(
        f"backup.{ended.state}", **facts, seconds=round(ended.seconds, 1), fault=ended.fault, said=ended.said
    )
    return ended


def _failed(run: Run, code: str, said: str) -> Run:
    return msgspec.structs.replace(run, state="failed", fault=code, said=said)


def made(db: Database, settings: Settings, run: Run, plan: BackupPlan | None, stop: Stop) -> Run:
    """Blocking. Without a plan nothing is let go. Raises Refused, PostgresFault and the drivers' faults."""
    place = Place.at(settings)
    taken = take(db.access, settings, place, run.cause, stop)
    if plan:
        _let_go(place, plan)
    return proven(run, place, taken.archive, taken.bytes, taken.manifest)


def _let_go(place: Place, plan: BackupPlan) -> None:
    """A place that lets nothing be removed keeps its own rules; the backup is none the worse for it."""
    for one in surplus(place.archives(), plan):
        try:
            place.remove(one.name)
        except Refused as fault:
            log.warning("backup.not_let_go", archive=one.name, said=fault.params.get("said"))


def _proven(settings: Settings, run: Run, stop: Stop) -> Run:
    place = Place.at(settings)
    newest = place.find("latest")
    manifest = restore.rehearse(settings.data, place, newest.name, keys.read(settings), stop).manifest
    return proven(run, place, newest.name, newest.bytes, manifest)


def proven(run: Run, place: Place, archive: str, size: int, manifest: Manifest) -> Run:
    """The run as it has ended well."""
    return msgspec.structs.replace(
        run,
        state="done",
        archive=archive,
        place=place.name,
        bytes=size,
        files=manifest.files.count,
        row_count=manifest.rows,
        damaged=manifest.damaged,
        ended_at=clock.now(),
    )
