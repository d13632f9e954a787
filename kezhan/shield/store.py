"""Every statement of the room."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from kezhan.files.events import FileInfected
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.shield.schemas import Blocked, Flush, ShieldSettings

# Settings


async def settings(tx: Tx) -> tuple[ShieldSettings, int]:
    """With their version, 0 where nobody has changed them."""
    rows = await tx.fetch("select settings::text as settings, version from shield_settings")
    if not rows:
        return ShieldSettings(), 0
    return msgspec.json.decode(rows[0]["settings"], type=ShieldSettings), rows[0]["version"]


async def put_settings(tx: Tx, values: ShieldSettings, seen: int) -> bool:
    """False where they were changed since `seen`."""
    given = (tx.workspace, msgspec.json.encode(values).decode(), seen)
    return bool(await tx.fetch(_PUT_SETTINGS, *given))


_PUT_SETTINGS = """
    insert into shield_settings as s (workspace_id, settings, version)
    select $1, $2::text::jsonb, 1 where $3 = 0 or exists (select from shield_settings)
    on conflict (workspace_id) do update
    set settings = excluded.settings, version = s.version + 1 where s.version = $3
    returning 1 as one
"""


async def workspaces(tx: Tx) -> list[UUID]:
    """Of all workspaces those with settings or blocked sources of their own."""
    rows = await tx.fetch(
        "select workspace_id from shield_settings union select workspace_id from blocked_sources"
    )
    return [row["workspace_id"] for row in rows]


# Counts


async def count(tx: Tx, flushes: Sequence[Flush]) -> list[ReadRow]:
    """Add what one process has counted: (rule, scope, key, starts_at, n) with all that is known by now."""
    rule, scope, key, starts_at, n, level = zip(*sorted(flushes), strict=True)
    stamps = [datetime.fromtimestamp(at, UTC) for at in starts_at]
    return await tx.fetch(_COUNT, tx.workspace, rule, scope, key, stamps, n, level)


_COUNT = """
    insert into flood_counts as c (workspace_id, rule, scope, key, starts_at, n, level)
    select $1, f.rule, f.scope, f.key, f.starts_at, f.n, f.level
    from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::int[], $7::text[])
        as f(rule, scope, key, starts_at, n, level)
    order by f.rule, f.scope, f.key, f.starts_at
    on conflict (workspace_id, rule, scope, key, starts_at) do update
    set n = c.n + excluded.n,
        level = case when c.level = 'hard' or excluded.level = '' then c.level else excluded.level end
    returning rule, scope, key, starts_at, n
"""


async def floods(tx: Tx, limit: int) -> list[ReadRow]:
    """The newest."""
    return await tx.fetch(
        "select rule, scope, key, starts_at, n, level from flood_counts where level <> ''"
        " order by starts_at desc, rule, scope, key limit $1",
        limit,
    )


async def forget(tx: Tx, counts_before: datetime, at: datetime) -> None:
    """Of all workspaces: old counts, those that reached no bound at once their window is long over, old
    finds, and puzzles that nobody can answer any more."""
    await tx.fetch(
        "delete from flood_counts"
        " where starts_at < $1 or (level = '' and starts_at < $2::timestamptz - interval '2 days')",
        counts_before,
        at,
    )
    await tx.fetch("delete from puzzles_solved where expires_at < $1", at)
    await tx.fetch("delete from infected_files where at < $1", counts_before)


# Blocked sources


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else adds sources to this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"blocked:{tx.workspace}")


async def live_sources(tx: Tx, at: datetime) -> list[Blocked]:
    """Those that count at `at`."""
    rows = await tx.fetch(
        "select id, kind, value, until from blocked_sources where until is null or until > $1", at
    )
    return [
        Blocked(row["id"], row["kind"], row["value"], row["until"].timestamp() if row["until"] else None)
        for row in rows
    ]


async def sources(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[ReadRow]:
    """The newest first, those that are over among them."""
    at, last = after or (None, None)
    return await tx.fetch(_SOURCES, at, last, limit)


_SOURCES = """
    select id, kind, value, reason, until, by_name, created_at, hits, hit_at from blocked_sources
    where $1::timestamptz is null or (created_at, id) < ($1, $2::uuid)
    order by created_at desc, id desc limit $3
"""


async def source(tx: Tx, source_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(
        "select id, kind, value, reason, until, by_name, created_at, hits, hit_at from blocked_sources"
        " where id = $1",
        source_id,
    )
    return rows[0] if rows else None


async def count_sources(tx: Tx) -> int:
    (row,) = await tx.fetch("select count(*)::int as n from blocked_sources")
    found: int = row["n"]
    return found


async def put_source(tx: Tx, values: dict[str, Any]) -> tuple[UUID, bool]:
    """Its id, and whether it is new: one of the same kind and value is changed."""
    names = ("id", "kind", "value", "reason", "until", "by_name")
    (row,) = await tx.fetch(_PUT_SOURCE, tx.workspace, *[values[name] for name in names])
    return row["id"], row["id"] == values["id"]


_PUT_SOURCE = """
    insert into blocked_sources (workspace_id, id, kind, value, reason, until, by_name)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (workspace_id, kind, value) do update
    set reason = excluded.reason, until = excluded.until, by_name = excluded.by_name
    returning id
"""


async def drop_source(tx: Tx, source_id: UUID) -> bool:
    rows = await tx.fetch("delete from blocked_sources where id = $1 returning id", source_id)
    return bool(rows)


async def hit(tx: Tx, hits: dict[UUID, int]) -> None:
    """So many were refused by these since the last time."""
    given = sorted(hits.items())
    await tx.fetch(_HIT, [one for one, _ in given], [n for _, n in given])


_HIT = """
    update blocked_sources s set hits = s.hits + h.n, hit_at = now()
    from unnest($1::uuid[], $2::int[]) as h(id, n) where s.id = h.id
"""


# Infected files


async def add_infected(tx: Tx, found_id: UUID, found: FileInfected) -> None:
    await tx.fetch(
        "insert into infected_files (workspace_id, id, name, signature, owner_kind, owner_id)"
        " values ($1, $2, $3, $4, $5, $6)",
        tx.workspace,
        found_id,
        found.name,
        found.signature,
        found.owner_kind,
        found.owner_id,
    )


async def infected(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[ReadRow]:
    """The newest first, with the name of who brought each; a customer's with her id."""
    at, last = after or (None, None)
    return await tx.fetch(_INFECTED, at, last, limit)


_INFECTED = """
    select f.id, f.at, f.name, f.signature, f.owner_kind, c.id as contact_id,
           coalesce(c.name, m.name, '') as who
    from infected_files f
    left join identities i
        on f.owner_kind = 'visitor' and i.workspace_id = f.workspace_id and i.id = f.owner_id
    left join contacts c on c.workspace_id = f.workspace_id and c.id = i.contact_id
    left join memberships m
        on f.owner_kind = 'member' and m.workspace_id = f.workspace_id and m.id = f.owner_id
    where $1::timestamptz is null or (f.at, f.id) < ($1, $2::uuid)
    order by f.at desc, f.id desc limit $3
"""


# Puzzles


async def spend(tx: Tx, digest: bytes, expires_at: datetime) -> bool:
    """False where this one was spent before."""
    rows = await tx.fetch(
        "insert into puzzles_solved (workspace_id, digest, expires_at) values ($1, $2, $3)"
        " on conflict do nothing returning 1 as one",
        tx.workspace,
        digest,
        expires_at,
    )
    return bool(rows)
