"""All checks in order. One that fails itself is a finding too, and the others go on."""

import asyncio
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from kezhan.doctor import backup, bus, clamd, database, door, folder, machine, outbox, store
from kezhan.doctor.findings import Finding, fault, warn
from kezhan.kit.clock import now
from kezhan.kit.postgres import SUPERUSER, Access, PostgresFault, attach
from kezhan.settings import Settings


def examine(settings: Settings, root: Path, sockets: int) -> Iterator[Finding]:
    """Every finding as it is made. `root` holds the package (and, in a checkout, the lock and `web/`);
    `sockets` are the connections expected at the same time."""
    pid = server_pid(settings.data)
    yield machine.check_python()
    yield from _guarded("packages", lambda: [machine.check_packages(root / "requirements.lock")])
    yield machine.check_descriptors(sockets, pid)
    yield from _guarded("pages", lambda: [machine.check_pages(root, wanted=settings.pages)])
    yield from _guarded("address", lambda: door.check_door(settings))
    yield from _guarded("data", lambda: folder.check_folder(settings.data))
    yield from _guarded("backup", lambda: backup.check_place(settings))
    yield from _guarded("clamd", lambda: clamd.check_clamd(settings))
    yield from _guarded("nats", lambda: bus.check_bus(settings))
    yield from _guarded("database", lambda: _database(settings, pid))


def server_pid(data: Path) -> int | None:
    """The process that holds the data folder's lock, if it lives. Read, not tried: to take the lock even for
    a moment would refuse a start in that moment."""
    try:
        pid = int((data / "kezhan.lock").read_text(encoding="ascii").strip() or 0)
        if pid <= 0:
            return None
        os.kill(pid, 0)
    except PermissionError:
        return pid  # another user's
    except (OSError, ValueError, OverflowError):
        return None
    return pid


def _guarded(what: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as why:
        yield fault("broken", what=what, why=" ".join(str(why).split()) or type(why).__name__)


def _database(settings: Settings, pid: int | None) -> Iterator[Finding]:
    try:
        access = Access.from_url(settings.database_url) if settings.database_url else attach(settings.data)
        connection = store.connect(access, "" if settings.database_url else SUPERUSER)
    except PostgresFault as why:
        if why.code != "not_running":
            yield fault("database_away", why=why)
        elif pid is None:
            yield warn("database_down")
        else:
            yield fault("database_lost", pid=pid, log=settings.data / "pg" / "log")
        return
    except psycopg.OperationalError as why:
        yield fault("database_away", why=" ".join(str(why).split()))
        return
    with connection:
        yield from _inside(access, connection, settings.database_pool)


def _inside(access: Access, connection: psycopg.Connection[Any], pool: int) -> Iterator[Finding]:
    yield from _guarded("server", lambda: database.check_server(connection, pool))
    yield from _guarded("clock", lambda: [database.check_clock(connection)])
    missing = store.missing_roles(connection)
    versions = [] if missing else list(_guarded("migrations", lambda: [database.check_version(access)]))
    yield from versions
    if any(one.code not in {"migrations", "migrations_newer"} for one in versions):
        return  # the tables the rest asks about are not there, or not as they should be
    yield from _guarded("roles", lambda: database.check_walls(access, connection))
    if not missing:
        yield from _guarded("callers", lambda: _callers(access))
        yield from _guarded("outbox", lambda: _sampled(access, connection))


def _callers(access: Access) -> Iterator[Finding]:
    with store.connect(access, "kz_system") as connection:
        yield from door.check_callers(*store.callers(connection))


def _sampled(access: Access, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    sample = asyncio.run(outbox.sampled(access))
    yield from outbox.check_outbox(sample, working=bool(store.server(connection).lanes))
    yield from backup.check_standing(sample.backup, now())
