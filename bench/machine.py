"""The conditions of a run in plain words: the machine, its other work, PostgreSQL's settings, what was on."""

import os
import platform
from pathlib import Path

import asyncpg
import msgspec

from bench.place import noise
from kezhan.kit.postgres import SUPERUSER, Access

_SETTINGS: tuple[str, ...] = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method")
_SETTINGS += ("shared_buffers", "max_wal_size", "max_connections", "io_method", "jit")
# Asked of the database itself, so that the statement cannot fall behind the product.
_FEATURES = {
    "isolation": "select relforcerowsecurity from pg_class where oid = 'messages'::regclass",
    "deduplication": "select to_regclass('message_keys') is not null",
    "outbox": "select to_regclass('outbox') is not null",
    "search": "select exists (select 1 from pg_attribute where atttypid = 'tsvector'::regtype"
    " and attrelid in (select oid from pg_class where relnamespace = 'public'::regnamespace"
    " and relkind in ('r', 'p')))",
    "roll-up": "select exists (select 1 from pg_class where relname ~ '^roll_?ups?(_|$)')",
}


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """`load` is the average per core when the run began; `features` says which the product has at all."""

    cores: int
    processor: str
    memory_gb: float
    kernel: str
    python: str
    load: float
    postgresql: str
    settings: dict[str, str]
    features: dict[str, bool]


async def machine(access: Access) -> Machine:
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        found = await connection.fetch("select name, current_setting(name) as value from pg_settings")
        values = {row["name"]: row["value"] for row in found}
        features = {name: bool(await connection.fetchval(query)) for name, query in _FEATURES.items()}
    finally:
        await connection.close()
    return Machine(
        cores=os.cpu_count() or 1,
        processor=_processor(),
        memory_gb=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        kernel=platform.release(),
        python=platform.python_version(),
        load=round(noise(), 2),
        postgresql=values["server_version"],
        settings={name: values[name] for name in _SETTINGS if name in values},
        features=features,
    )


def statement(one: Machine, load_after: float) -> str:
    on = [name for name, has in one.features.items() if has]
    missing = [name for name, has in one.features.items() if not has]
    settings = ", ".join(f"{name}={value}" for name, value in one.settings.items())
    return "\n".join(
        [
            f"machine: {one.cores} cores ({one.processor}), {one.memory_gb} GB, Linux {one.kernel}, "
            f"Python {one.python}; load per core {one.load} before, {load_after:.2f} after (ours included)",
            f"PostgreSQL {one.postgresql}: {settings}",
            f"on in the product: {', '.join(on)}; "
            + (f"not in the product yet, so not in its figures: {', '.join(missing)}" if missing else ""),
            "load program, server and PostgreSQL share the cores: trust ratios, not absolute figures",
        ]
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
