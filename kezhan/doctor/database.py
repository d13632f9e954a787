"""PostgreSQL: reachable, new enough, durable, roomy, migrated, walled, on time."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg

from kezhan.doctor import store
from kezhan.doctor.findings import Finding, fault, ok, warn
from kezhan.kit.migrate import is_behind, version
from kezhan.kit.postgres import Access

BESIDES_THE_POOL = 7
"""A process' connections besides its pool: lane, listener, two of kz_system's, three for jobs."""
_SKEW_SECONDS = 1.0
_SKEW_FAULT_SECONDS = 60.0


def check_server(connection: psycopg.Connection[Any], pool: int) -> Iterator[Finding]:
    found = store.server(connection)
    if found.major < 15:
        yield fault("database_old", version=found.version)
    else:
        yield ok("database", version=found.version)
    if found.replica:
        yield fault("database_replica")
    yield from check_durable(found)
    yield from check_standby(found)
    yield check_connections(found.most, found.used, pool + BESIDES_THE_POOL)


def check_durable(found: Any) -> Iterator[Finding]:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    off = [name for name in names if getattr(found, name) == "off"]
    for name in off:
        yield fault("not_durable", setting=name, value="off")
    if not off:
        yield ok("durable")


def check_standby(found: Any) -> Iterator[Finding]:
    """Nothing where there is no replica and none is waited for: one box is as durable as its disk."""
    waited_for = bool(found.standby_names.strip())
    if waited_for and not (found.in_sync or found.unseen):
        yield fault("standby_away", names=found.standby_names)
    if not found.standbys:
        return
    if not waited_for:
        yield warn("standby_none", count=found.standbys)
    elif found.synchronous_commit in {"local", "remote_write"}:
        yield warn("standby_local", value=found.synchronous_commit)
    elif found.in_sync or found.unseen:
        yield ok("standby", count=found.standbys, names=found.standby_names)


def check_connections(most: int, used: int, need: int) -> Finding:
    if need > most:
        return fault("connections_few", most=most, need=need)
    if used + need > most:
        return warn("connections_tight", most=most, used=used, need=need)
    return ok("connections", most=most, need=need)


def check_version(access: Access) -> Finding:
    current, wanted = version(access)
    if current is None:
        return warn("migrations_none")
    if is_behind(access):
        return fault("migrations_behind", current=current, wanted=wanted)
    if current != wanted:
        return warn("migrations_newer", current=current, wanted=wanted)
    return ok("migrations", version=current)


def check_walls(access: Access, connection: psycopg.Connection[Any]) -> Iterator[Finding]:
    """The catalogue's word, and then the application's own role that tries."""
    if missing := store.missing_roles(connection):
        yield fault("roles_missing", names=", ".join(missing))
        return
    if able := store.bypassing(connection, ["kz_app", "kz_lane", "kz_system"]):
        yield fault("roles_bypass", names=", ".join(able))
    if bare := store.unwalled(connection):
        yield fault("walls_open", names=", ".join(bare))
    with store.connect(access, "kz_app") as app:
        sees = store.sees_without_workspace(app)
    if sees and not (able or bare):
        yield fault("roles_bypass", names="kz_app")
    elif not (able or bare):
        yield ok("roles")


def check_clock(connection: psycopg.Connection[Any]) -> Finding:
    before = time.time()
    theirs = store.clock(connection)
    after = time.time()
    # Somewhere between the two it was read; what lies outside is skew for certain.
    return judge_clock(max(before - theirs, theirs - after, 0.0))


def judge_clock(skew: float) -> Finding:
    if skew >= _SKEW_FAULT_SECONDS:
        return fault("clock_skew", seconds=round(skew, 1))
    if skew >= _SKEW_SECONDS:
        return warn("clock_skew", seconds=round(skew, 1))
    return ok("clock", ms=max(1, round(skew * 1000)))
