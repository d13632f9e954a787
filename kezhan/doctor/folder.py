"""The data folder: whether it can be written, how much room it has, who may read its keys."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.kit.crypto import KeyRing
from kezhan.kit.disk import FULL_BYTES, free

LOW_BYTES = 2 * 1024**3


def check_folder(folder: Path) -> Iterator[Finding]:
    if not folder.exists():
        above = next(place for place in folder.parents if place.exists())
        if above.is_dir() and os.access(above, os.W_OK | os.X_OK):
            yield warn("folder_missing", folder=folder)
        else:
            yield fault("folder_unusable", folder=folder, why=f"{above}: {os.strerror(13)}")
        return
    if not folder.is_dir():
        yield fault("folder_unusable", folder=folder, why=os.strerror(20))
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield fault("folder_unusable", folder=folder, why=os.strerror(13))
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        yield fault("folder_open", folder=folder, mode=f"{mode:o}")
    # Under root the database may lie elsewhere, linked from here.
    yield from check_room(folder)
    database = folder / "pg"
    if database.is_symlink() and database.exists():
        yield from check_room(database.resolve())
    yield check_keys(folder)


def check_room(folder: Path) -> Iterator[Finding]:
    room = free(folder)
    shown = f"{room / 1024**3:.1f} GB" if room >= 1024**3 else f"{room // 1024**2} MB"
    if room < FULL_BYTES:
        yield fault("disk_full", folder=folder, free=shown)
    elif room < LOW_BYTES:
        yield warn("disk_low", folder=folder, free=shown)
    else:
        yield ok("folder", folder=folder, free=shown)


def check_keys(folder: Path) -> Finding:
    path = folder / "keys.json"
    if not path.exists():
        used = any((folder / name).exists() for name in ("pg", "files"))
        return fault("keys_lost", path=path) if used else ok("keys_none")
    mode = stat.S_IMODE(path.stat().st_mode)
    try:
        KeyRing.open(path)
    except (OSError, ValueError) as why:
        return fault("keys_unreadable", path=path, why=why)
    if mode & 0o077:
        return fault("keys_open", path=path, mode=f"{mode:o}")
    return ok("keys")
