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
    "search": "select to_regclass('message_words') is not null",
    "counts": "select to_regclass('message_counts') is not null",
    "outbox": "select to_regclass('outbox') is not null",
}


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """`load` is the average per core when the run began; `features` says which are on."""

    cores: int
    processor: str
    memory_gb: float
    kernel: str
    python: str
    load: float
    postgresql: str
    settings: dict[str, str]
    features: dict[str, bool]


def core_count() -> int:
    return os.cpu_count() or 1


async def machine(access: Access) -> Machine:
    connection = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    try:
        found = await connection.fetch("select name, current_setting(name) as value from pg_settings")
        values = {row["name"]: row["value"] for row in found}
        features = {name: bool(await connection.fetchval(query)) for name, query in _FEATURES.items()}
    finally:
        await connection.close()
    return Machine(
        cores=core_count(),
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
    off = [name for name, has in one.features.items() if not has]
    settings = ", ".join(f"{name}={value}" for name, value in one.settings.items())
    return "\n".join(
        [
            f"machine: {one.cores} cores ({one.processor}), {one.memory_gb} GB, Linux {one.kernel}, "
            f"Python {one.python}; load per core {one.load} before, {load_after:.2f} after (ours included)",
            f"PostgreSQL {one.postgresql}: {settings}",
            f"on in the product: {', '.join(on)} (search and counts follow by handlers of the outbox)"
            + (f"; off: {', '.join(off)}" if off else ""),
            "load program, server and PostgreSQL share the cores: trust ratios, not absolute figures",
        ]
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
