"""Make a backup: everything as it was at one instant, while people go on talking. Blocking work, for a
thread; nothing is ever held whole."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID

from kezhan import __version__
from kezhan.backup import dump, keys, store
from kezhan.backup.archive import FILES, KEPT, Writer
from kezhan.backup.places import Archive, Place, name_for
from kezhan.backup.schemas import About, Cause, Taken
from kezhan.backup.sealed import Sealer
from kezhan.backup.stop import Stop
from kezhan.files.objects import Store, key_of, thumbnail_key
from kezhan.kit.errors import Refused
from kezhan.kit.postgres import Access
from kezhan.settings import Settings

KEYS = "keys.json"
"""Without it nothing that is sealed in the database opens: then the folder is another one."""
MARK = "restoring"
"""Stands in a data folder from a restore's first change until all is there; nothing starts on it."""
_MOST_KEPT = 1024 * 1024
SPARE_BYTES = 1024**3
"""Left free where archives lie: it may be the disk the database is on."""
_GROWTH = 1.2
_PACKED = 3
"""A first guess at how much smaller a dump is than the database; the next is guessed from this one."""


def take(access: Access, settings: Settings, place: Place, cause: Cause, stop: Stop) -> Taken:
    """Raises Refused or PostgresFault, and then leaves no archive; `stop` breaks it off."""
    if not (settings.data / KEYS).exists():
        raise Refused("backup.no_keys", 409, said=str(settings.data / KEYS))
    key = keys.ensure(settings)
    place.sweep()
    with store.frozen(access) as frozen:
        about = About(
            made_at=frozen.made_at,
            version=__version__,
            revision=frozen.revision,
            server=frozen.server,
            cause=cause,
        )
        expected = _expected(frozen, place.archives())
        _check_room(place, expected)
        name = name_for(frozen.made_at, upgrade=cause == "upgrade")
        with place.writing(name, expected) as out, ThreadPoolExecutor(1) as beside:
            sums = beside.submit(store.sums, access, stop, frozen.snapshot)
            sealer = Sealer(out, key, about)
            writer = Writer(sealer, about, stop.check)
            with dump.dumping(access, frozen, stop) as source:
                writer.dump(source)
            gone, damaged = _add_files(writer, access, frozen, Store.local(settings.data / "files"))
            _add_kept(writer, settings.data)
            manifest = writer.close(sums.result(), gone=gone, damaged=damaged)
            sealer.close()
    return Taken(archive=name, bytes=sealer.bytes, manifest=manifest)


def _expected(frozen: store.Frozen, before: list[Archive]) -> int:
    """Bytes, by the last one if there was one."""
    if before:
        return expected_after(before[0])
    return frozen.bytes // _PACKED + store.file_bytes(frozen)


def expected_after(last: Archive) -> int:
    """Bytes of the next one."""
    return int(last.bytes * _GROWTH)


def _check_room(place: Place, expected: int) -> None:
    room = place.room()
    if room is not None and room < expected + SPARE_BYTES:
        said = f"{expected // 2**20} MB > {room // 2**20} MB ({place.name})"
        raise Refused("backup.no_room", 409, said=said)


def _add_files(writer: Writer, access: Access, frozen: store.Frozen, objects: Store) -> tuple[int, int]:
    """(how many have been erased meanwhile, how many are not what was once received, or not there)."""
    missing: list[UUID] = []
    damaged = 0
    for row in store.file_rows(frozen):
        keys_of_row = [key_of(row.workspace_id, row.id)]
        if row.has_thumbnail:
            keys_of_row.append(thumbnail_key(row.workspace_id, row.id))
        for key in keys_of_row:
            digest = hashlib.sha256()
            try:
                file = objects.reader(key)
            except FileNotFoundError:
                missing.append(row.id)
                break
            writer.add(f"{FILES}{key}", file.size, file, digest.update)
            damaged += key == keys_of_row[0] and digest.digest() != row.digest
    lost = store.still_known(access, missing) if missing else 0
    return len(missing) - lost, damaged + lost


def _add_kept(writer: Writer, data: Path) -> None:
    for path in sorted(data.iterdir()):
        if is_kept(path.name) and path.is_file() and path.stat().st_size <= _MOST_KEPT:
            with path.open("rb") as file:
                writer.add(f"{KEPT}{path.name}", path.stat().st_size, file)


def is_kept(name: str) -> bool:
    """Whether a small file of the data folder is of the installation: `keys.json` and the like, and never the
    key that opens the backups."""
    return "/" not in name and not name.startswith((keys.FILE, "kezhan.lock", MARK))
