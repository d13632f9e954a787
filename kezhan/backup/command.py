"""`kezhan backup` and `kezhan restore`, and the backup before an upgrade: told in plain lines."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from kezhan.backup import keys, restore, work
from kezhan.backup.places import Place, one_file
from kezhan.backup.schemas import Restored, Run
from kezhan.backup.stop import Stop
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.migrate import is_behind, make_roles, version
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access, Cluster, PostgresFault, attach
from kezhan.settings import Settings

Say = Callable[[str], None]


def back_up(settings: Settings, tell: Say) -> None:
    """Make one now. Raises Refused, PostgresFault."""
    made = keys.standing(settings) == "none"
    with database(settings) as access:
        run = asyncio.run(_back_up(access, settings))
    if run.fault:
        raise Refused(run.fault, 409, said=run.said)
    tell(f"{run.place}/{run.archive}")
    tell(
        f"  {_size(run.bytes)}, {run.row_count:,} rows, {run.files:,} files, {_speed(run.bytes, run.seconds)}"
    )
    if run.damaged:
        tell(f"  {run.damaged} files are damaged or lost 个文件已损坏或丢失")
    if made:
        tell("  Keep the key somewhere else 请另存密钥: kezhan backup --show-key")


async def _back_up(access: Access, settings: Settings) -> Run:
    db = Database(access, Wiring(), pool=1)
    try:
        async with work.turn(db):
            return await work.back_up(db, settings, "command", Stop())
    finally:
        await db.close()


def show_key(settings: Settings, tell: Say) -> None:
    tell(keys.ensure(settings))


def list_archives(settings: Settings, tell: Say) -> None:
    for one in Place.at(settings).archives():
        tell(f"{one.name}  {_size(one.bytes)}")


def bring_back(settings: Settings, archive: str, key_file: Path | None, tell: Say, *, rehearse: bool) -> None:
    """Restore, or with `rehearse` prove that it could be. `archive` is a file, or a name in the place of the
    settings, `latest` for the newest. Raises Refused, PostgresFault."""
    place, name = _named(settings, archive)
    key = keys.checked(key_file.read_text(encoding="utf-8")) if key_file else keys.read(settings)
    if rehearse:
        done = _rehearsed(settings, place, name, key)
        tell(f"{name}: can be restored 可以恢复")
    else:
        done = restore.restore(settings, place, name, key, Stop())
        tell(f"{name}: restored 已恢复")
    about, manifest = done.manifest.about, done.manifest
    tell(f"  as of 时间点 {about.made_at:%Y-%m-%d %H:%M:%S}Z, version {about.version} ({about.revision})")
    found = f"{len(manifest.tables)} tables, {manifest.rows:,} rows, {manifest.files.count:,} files"
    tell(f"  {found}: the same 一致")
    tell(f"  {done.seconds:.1f} s, {done.checking:.1f} s of them to check 其中校验")


def _named(settings: Settings, archive: str) -> tuple[Place, str]:
    if "/" in archive or Path(archive).exists():
        return one_file(Path(archive).expanduser())
    place = Place.at(settings)
    return place, place.find(archive).name


def _rehearsed(settings: Settings, place: Place, name: str, key: str) -> Restored:
    """Kept in the database too, where one runs here."""
    begun = work.begun("rehearsal", "command")
    size = sum(one.bytes for one in place.archives() if one.name == name)
    done = restore.rehearse(settings.data, place, name, key, Stop())
    with contextlib.suppress(PostgresFault, OSError, Refused, DBAPIError):
        access = Access.from_url(settings.database_url) if settings.database_url else attach(settings.data)
        asyncio.run(_keep(access, work.proven(begun, place, name, size, done.manifest)))
    return done


async def _keep(access: Access, run: Run) -> None:
    db = Database(access, Wiring(), pool=1)
    try:
        await work.keep_run(db, run)
    finally:
        await db.close()


def before_upgrade(access: Access, settings: Settings, tell: Say) -> Run | None:
    """A backup of a database that this version is about to change; None where it is not, or is not to be.
    Of several programs that start at once one makes it, the rest wait. Raises Refused, PostgresFault."""
    make_roles(access)
    if not settings.backup_first or not _to_be_changed(access):
        return None
    tell("Backing up before the upgrade 升级前先备份 …")
    while _to_be_changed(access):
        try:
            run = asyncio.run(_before_upgrade(access, settings))
        except Refused as refused:
            if refused.code != "backup.under_way":
                raise
            time.sleep(1)
        else:
            tell(f"  {run.place}/{run.archive} ({_size(run.bytes)}, {run.seconds:.1f} s)")
            tell(f"  To go back 如需回退: kezhan restore {run.archive} --data NEW_FOLDER")
            return run
    return None


def _to_be_changed(access: Access) -> bool:
    return version(access)[0] is not None and is_behind(access)


async def _before_upgrade(access: Access, settings: Settings) -> Run:
    db = Database(access, Wiring(), pool=1)
    try:
        async with work.turn(db):
            return await asyncio.to_thread(
                work.made, db, settings, work.begun("backup", "upgrade"), None, Stop()
            )
    finally:
        await db.close()


def after_upgrade(access: Access, run: Run | None) -> None:
    if run is not None:
        asyncio.run(_keep(access, run))


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Access]:
    """The one that runs, or the folder's own for as long as it takes."""
    if settings.database_url:
        yield Access.from_url(settings.database_url)
        return
    restore.check_started(settings.data)
    try:
        yield attach(settings.data)
        return
    except PostgresFault as fault:
        if fault.code != "not_running" or not (settings.data / "pg").exists():
            raise
    cluster = Cluster(settings.data)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def _size(count: int) -> str:
    return f"{count / 2**30:.2f} GB" if count >= 2**30 else f"{count / 2**20:.1f} MB"


def _speed(count: int, seconds: float) -> str:
    return f"{seconds:.1f} s, {count / 2**20 / max(seconds, 0.001):.1f} MB/s"
