"""Bring an installation back from an archive, or prove that it can be. The archive is read to its end and
found whole before anything is touched; what is brought back is counted and hashed against the manifest."""

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from kezhan.backup import dump, keys, store
from kezhan.backup.archive import DATABASE, FILES, KEPT, Member, Reader
from kezhan.backup.places import Place
from kezhan.backup.schemas import Manifest, Restored, TableSum, Taken
from kezhan.backup.sealed import Opened
from kezhan.backup.stop import Stop
from kezhan.backup.take import MARK, is_kept
from kezhan.files.objects import Store
from kezhan.kit.disk import FULL_BYTES, free
from kezhan.kit.errors import Refused
from kezhan.kit.migrate import knows, make_roles
from kezhan.kit.postgres import Access, Cluster
from kezhan.settings import Settings

_MAY_STAND = {"kezhan.lock", "lost+found", "backups", "files", keys.FILE}
_UNPACKED = 6
"""A guess at how much larger a database is than its dump."""
# What is thrown away needs no power cut to be thought of.
_FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def check(place: Place, name: str, key: str, stop: Stop) -> Taken:
    """Read the archive to its end. Raises Refused where it is not whole, or not for this program."""
    reader = Reader(Opened(place.open(name), key))
    for _ in reader:
        stop.check()
    manifest = _whole(reader)
    if not knows(manifest.about.revision):
        raise Refused("backup.newer", 409, said=f"{manifest.about.version} ({manifest.about.revision})")
    found = [one.bytes for one in place.archives() if one.name == name]
    return Taken(archive=name, bytes=sum(found), manifest=manifest)


def check_started(data: Path) -> None:
    """Refuse a folder on which a restore has begun and not ended."""
    if (data / MARK).exists():
        raise Refused("backup.half_restored", 409, said=str(data))


def restore(settings: Settings, place: Place, name: str, key: str, stop: Stop) -> Restored:
    """Into the empty data folder of these settings, and the empty database where they name one.

    Raises Refused or PostgresFault. What is found not to be whole has touched nothing; a restore that breaks
    off later leaves `MARK`, and the next one begins anew.
    """
    begun = time.monotonic()
    manifest = check(place, name, key, stop).manifest
    checking = time.monotonic() - begun
    _check_target(settings, manifest)
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / MARK).open("a+b") as mark:
        if not _alone(mark):
            raise Refused("backup.under_way", 409)
        _clear(settings.data)
        with _database(settings) as access:
            _bring_back(access, settings.data, place, name, key, manifest, stop)
            store.settle(access)
        if not settings.backup_key:
            keys.keep(settings.data, key)
        os.sync()
        (settings.data / MARK).unlink()
    return Restored(manifest=manifest, seconds=time.monotonic() - begun, checking=checking)


def rehearse(near: Path, place: Place, name: str, key: str, stop: Stop) -> Restored:
    """Restore into a folder and a cluster that are thrown away again, beside `near`; the same comparisons."""
    begun = time.monotonic()
    manifest = check(place, name, key, stop).manifest
    checking = time.monotonic() - begun
    near.mkdir(parents=True, exist_ok=True)
    _check_room(near, manifest)
    for left in near.glob("rehearsal-*"):
        if not _in_use(left):
            _remove(left)
    folder = Path(tempfile.mkdtemp(prefix="rehearsal-", dir=near))
    try:
        # As `mkdtemp` makes it PostgreSQL could not enter it under root; what is in it is closed by itself.
        folder.chmod(0o711)
        cluster = Cluster(folder, settings=_FLEETING)
        try:
            access = cluster.start()
            _bring_back(access, folder, place, name, key, manifest, stop)
            store.settle(access)
        finally:
            cluster.stop()
    finally:
        _remove(folder)
    return Restored(manifest=manifest, seconds=time.monotonic() - begun, checking=checking)


def _alone(file: IO[bytes]) -> bool:
    """Whether this program is the one that has the file, as long as it is open."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _in_use(folder: Path) -> bool:
    """Whether another program works in it, as its cluster's lock says."""
    try:
        with (folder / "kezhan.lock").open("rb") as lock:
            return not _alone(lock)
    except FileNotFoundError:
        return False


def _whole(reader: Reader) -> Manifest:
    if reader.manifest is None:
        raise RuntimeError("a reader that has ended has a manifest")
    return reader.manifest


def _check_target(settings: Settings, manifest: Manifest) -> None:
    data = settings.data
    if data.exists() and not (data / MARK).exists():
        found = sorted(path.name for path in data.iterdir() if path.name not in _MAY_STAND)
        files = data / "files"
        if found or (files.exists() and any(files.iterdir())):
            raise Refused("backup.not_empty", 409, said=f"{data}: {', '.join(found[:5]) or 'files'}")
    above = next(place for place in (data, *data.parents) if place.exists())
    _check_room(above, manifest)
    if settings.database_url:
        access = Access.from_url(settings.database_url)
        make_roles(access)
        if not store.is_empty(access):
            raise Refused("backup.not_empty", 409, said=access.database)


def _check_room(folder: Path, manifest: Manifest) -> None:
    need = manifest.files.bytes + manifest.dump.bytes * _UNPACKED + FULL_BYTES
    if free(folder) < need:
        said = f"{need // 2**20} MB > {free(folder) // 2**20} MB ({folder})"
        raise Refused("backup.no_room", 409, said=said)


def _clear(data: Path) -> None:
    """Of what a restore that broke off has brought."""
    for path in data.iterdir():
        if path.name in {"pg", "files"} or (path.is_file() and is_kept(path.name)):
            _remove(path)


def _remove(path: Path) -> None:
    """Under root a cluster may lie elsewhere, linked from the folder."""
    link = path if path.is_symlink() else path / "pg"
    if link.is_symlink():
        shutil.rmtree(link.resolve(), ignore_errors=True)
        link.unlink()
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[Access]:
    if settings.database_url:
        yield Access.from_url(settings.database_url)
        return
    cluster = Cluster(settings.data)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def _bring_back(
    access: Access, data: Path, place: Place, name: str, key: str, manifest: Manifest, stop: Stop
) -> None:
    store.admit(access)
    reader = Reader(Opened(place.open(name), key))
    objects = Store.local(data / "files")
    members = iter(reader)
    # The database's pieces come first; what ends them is the first member of the rest.
    with dump.restoring(access, manifest.about.server, stop) as pipe:
        rest = _feed(members, pipe.write, stop)
    for member in _chained(rest, members):
        stop.check()
        if member.name.startswith(FILES):
            _put(objects, member)
        elif member.name.startswith(KEPT) and is_kept(member.name.removeprefix(KEPT)):
            _keep(data / member.name.removeprefix(KEPT), member)
    if _whole(reader) != manifest:
        raise Refused("backup.damaged", 409, said=name)
    _compare(store.sums(access, stop), manifest)


def _feed(members: Iterator[Member], write: Callable[[bytes], object], stop: Stop) -> Member | None:
    for member in members:
        stop.check()
        if not member.name.startswith(DATABASE):
            return member
        for block in member.blocks:
            write(block)
    return None


def _chained(first: Member | None, rest: Iterator[Member]) -> Iterator[Member]:
    if first is not None:
        yield first
    yield from rest


def _put(objects: Store, member: Member) -> None:
    out = objects.writer(member.name.removeprefix(FILES))
    for block in member.blocks:
        out.write(block)
    out.close()


def _keep(path: Path, member: Member) -> None:
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(b"".join(member.blocks))
    draft.rename(path)


def _compare(tables: dict[str, TableSum], manifest: Manifest) -> None:
    """Rows and hashes of every table, at the backup's instant and here."""
    if tables == manifest.tables:
        return
    differ = {*tables, *manifest.tables}
    names = sorted(name for name in differ if tables.get(name) != manifest.tables.get(name))
    raise Refused("backup.differs", 409, said=", ".join(names[:10]))
