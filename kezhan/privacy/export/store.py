"""Statements of a full export: all of them see one moment, of one workspace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from kezhan.kit.db import Database, Tx
from kezhan.kit.reading import ReadRow
from kezhan.privacy.export.places import FILES, GOES, Goes

_BATCH = 500
# Slow storage may let a batch wait.
_SETTINGS = {"default_transaction_read_only": "on", "idle_in_transaction_session_timeout": "600000"}


@asynccontextmanager
async def moment(db: Database, workspace_id: UUID) -> AsyncIterator[asyncpg.Connection]:
    """A connection in a transaction that sees the workspace as it is now."""
    conn = await db.connect("kz_app", _SETTINGS)
    try:
        async with conn.transaction(isolation="repeatable_read", readonly=True):
            await conn.fetch("select set_config('kz.ws', $1, true)", str(workspace_id))
            yield conn
    finally:
        await conn.close(timeout=2)


async def about(conn: asyncpg.Connection) -> ReadRow:
    """(id, name, at) of the workspace and the moment."""
    (row,) = await conn.fetch("select id, name, now() as at from workspaces", record_class=ReadRow)
    return row


async def statement(conn: asyncpg.Connection, table: str) -> str:
    """What reads a table's rows as JSON, in the order of its key."""
    what: Goes = GOES[table]
    columns, keys = await _shape(conn, table)
    shown = [
        f"encode(f.{name}, 'hex') as {what.hexed[name]}" if name in what.hexed else f"f.{name}"
        for name in columns
        if name not in what.without and name != "workspace_id"
    ]
    where = f" where {what.where}" if what.where else ""
    order = ", ".join(f"f.{name}" for name in keys)
    return (
        f"select (select row_to_json(one)::text from (select {', '.join(shown)}) one)"  # noqa: S608 - words of the table
        f" from {table} f{where} order by {order}"
    )


async def lines(conn: asyncpg.Connection, wanted: str) -> AsyncIterator[list[str]]:
    """A batch at a time."""
    cursor = await conn.cursor(wanted)
    while rows := await cursor.fetch(_BATCH):
        yield [row[0] for row in rows]


async def _shape(conn: asyncpg.Connection, table: str) -> tuple[list[str], list[str]]:
    (row,) = await conn.fetch(_SHAPE, table)
    return row["columns"], row["keys"]


_SHAPE = """
    select (select array_agg(attname::text order by attnum) from pg_attribute
            where attrelid = i.indrelid and attnum > 0 and not attisdropped) as columns,
           (select array_agg(a.attname::text order by k.place) from unnest(i.indkey::int2[])
            with ordinality as k (attnum, place)
            join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum) as keys
    from pg_index i where i.indrelid = $1::text::regclass and i.indisprimary
"""


async def file_ids(conn: asyncpg.Connection) -> AsyncIterator[list[UUID]]:
    cursor = await conn.cursor(f"select f.id from files f where {FILES} order by f.id")  # noqa: S608 - words of the table
    while rows := await cursor.fetch(_BATCH):
        yield [row[0] for row in rows]


async def names(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Of those that are still there."""
    rows = await tx.fetch("select id, name from files where id = any($1::uuid[]) order by id", list(ids))
    return {row["id"]: row["name"] for row in rows}
