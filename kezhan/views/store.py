"""The statements about views themselves; what is in one: `filters/store.py`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

_COLUMNS = """
    v.id, v.scope, v.place_id, v.team_id, v.name, v.icon, v.colour, v.filter::text as filter, v.sort,
    v.version, v.updated_at, v.archived_at
"""
# What a person has at hand: $1 her teams, $2 she herself.
_AT_HAND = """
    v.archived_at is null and (v.scope = 'public' or (v.scope = 'team' and v.place_id = any($1::uuid[]))
                               or (v.scope = 'personal' and v.place_id = $2))
"""


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes views of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"views:{tx.workspace}")


async def at_hand(reader: Reader, teams: Sequence[UUID], member_id: UUID) -> list[ReadRow]:
    """In her own order; those she has not placed come last, everybody's first."""
    return await reader.rows(_LIST, list(teams), member_id)


_LIST = f"""
    select {_COLUMNS} from saved_views v
    left join view_orders o on o.membership_id = $2
    where {_AT_HAND}
    order by array_position(o.view_ids, v.id) nulls last,
             array_position(array['public', 'team', 'personal'], v.scope), v.created_at, v.id
"""  # noqa: S608 - words of this file


async def these(reader: Reader, teams: Sequence[UUID], member_id: UUID, ids: Sequence[UUID]) -> list[ReadRow]:
    """Those of these that she has at hand."""
    return await reader.rows(_THESE, list(teams), member_id, list(ids))


_THESE = f"select {_COLUMNS} from saved_views v where {_AT_HAND} and v.id = any($3::uuid[])"  # noqa: S608


async def view(tx: Tx, view_id: UUID) -> ReadRow | None:
    """One, archived or not."""
    rows = await tx.fetch(f"select {_COLUMNS} from saved_views v where v.id = $1", view_id)  # noqa: S608
    return rows[0] if rows else None


async def count(tx: Tx, scope: str, place_id: UUID) -> int:
    rows = await tx.fetch(
        "select count(*) from saved_views where scope = $1 and place_id = $2 and archived_at is null",
        scope,
        place_id,
    )
    return int(rows[0]["count"])


async def add(tx: Tx, view_id: UUID, scope: str, place_id: UUID, values: Sequence[Any]) -> None:
    """`values`: name, icon, colour, filter as JSON, sort."""
    await tx.fetch(_ADD, tx.workspace, view_id, scope, place_id, *values)


_ADD = """
    insert into saved_views (workspace_id, id, scope, place_id, version, name, icon, colour, filter, sort)
    values ($1, $2, $3, $4, 1, $5, $6, $7, $8::jsonb, $9)
"""


async def change(tx: Tx, view_id: UUID, values: Sequence[Any]) -> None:
    await tx.fetch(_CHANGE, view_id, *values)


_CHANGE = """
    update saved_views set version = version + 1, updated_at = now(), name = $2, icon = $3, colour = $4,
           filter = $5::jsonb, sort = $6
    where id = $1
"""


async def archive(tx: Tx, view_id: UUID) -> None:
    await tx.fetch("update saved_views set archived_at = now() where id = $1", view_id)


async def put_order(tx: Tx, member_id: UUID, ids: Sequence[UUID]) -> None:
    await tx.fetch(
        "insert into view_orders (workspace_id, membership_id, view_ids) values ($1, $2, $3)"
        " on conflict (workspace_id, membership_id) do update set view_ids = excluded.view_ids",
        tx.workspace,
        member_id,
        list(ids),
    )


async def rename(tx: Tx, before: UUID, after: UUID) -> None:
    """Where a filter has named one thing it names another."""
    await tx.fetch(_RENAME, str(before), str(after))


_RENAME = """
    update saved_views set filter = replace(filter::text, $1, $2)::jsonb, version = version + 1
    where strpos(filter::text, $1) > 0
"""
