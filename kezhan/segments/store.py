"""Every statement about segments, and about who is in one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow
from kezhan.segments.filters.people import Asked, people
from kezhan.segments.filters.schemas import Filter
from kezhan.workspaces.authenticate import Caller

_COLUMNS = "id, name, description, filter::text as filter, version, archived_at, updated_at"
_LAST = "\U0010ffff\U0010ffff"
_PAGE = MAX_PAGE + 1


async def hold(tx: Tx) -> None:
    """Until this transaction ends nobody else changes segments of this workspace."""
    await tx.fetch("select pg_advisory_xact_lock(hashtextextended($1, 0))", f"segments:{tx.workspace}")


async def segments(tx: Tx) -> list[ReadRow]:
    return await tx.fetch(f"select {_COLUMNS} from segments order by sort_key, id")  # noqa: S608


async def segment(tx: Tx, segment_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(f"select {_COLUMNS} from segments where id = $1", segment_id)  # noqa: S608
    return rows[0] if rows else None


async def these(source: Tx | Reader, ids: Sequence[UUID]) -> list[ReadRow]:
    """(id, filter) of those of them that are there, archived or not."""
    ask = source.rows if isinstance(source, Reader) else source.fetch
    return await ask("select id, filter::text as filter from segments where id = any($1::uuid[])", list(ids))


async def count(tx: Tx) -> int:
    rows = await tx.fetch("select count(*) from segments where archived_at is null")
    return int(rows[0]["count"])


async def add(tx: Tx, segment_id: UUID, values: Sequence[Any]) -> None:
    """`values`: name, name key, sort key, description, filter as JSON."""
    await tx.fetch(
        "insert into segments (workspace_id, id, name, name_key, sort_key, description, filter)"
        " values ($1, $2, $3, $4, $5, $6, $7::jsonb)",
        tx.workspace,
        segment_id,
        *values,
    )


async def change(tx: Tx, segment_id: UUID, values: Sequence[Any]) -> None:
    await tx.fetch(
        "update segments set version = version + 1, updated_at = now(), name = $2, name_key = $3,"
        " sort_key = $4, description = $5, filter = $6::jsonb where id = $1",
        segment_id,
        *values,
    )


async def put_archived(tx: Tx, segment_id: UUID, archived: bool) -> None:
    await tx.fetch(
        "update segments set archived_at = case when $2 then now() end, version = version + 1,"
        " updated_at = now() where id = $1",
        segment_id,
        archived,
    )


async def rename(tx: Tx, before: UUID, after: UUID) -> None:
    """Where a filter has named one thing it names another."""
    await tx.fetch(
        "update segments set filter = replace(filter::text, $1, $2)::jsonb, version = version + 1"
        " where strpos(filter::text, $1) > 0",
        str(before),
        str(after),
    )


# Who is in one


async def held(reader: Reader, caller: Caller, wanted: Filter) -> int:
    """How many customers it holds."""
    asked = Asked(caller)
    words = f"from contacts p where p.archived_at is null and {people(wanted, asked)}"
    row = await reader.long_row(f"select count(*) as held {words}", *asked.values)
    return int(row["held"]) if row is not None else 0


async def page(
    reader: Reader,
    caller: Caller,
    wanted: Filter,
    limit: int,
    after: tuple[str, UUID] | None = None,
    begins: tuple[str, str] = ("sort_key", ""),
) -> list[ReadRow]:
    """(id, key) of customers in the order of a key, behind `after`; `begins`: which key, and with what."""
    asked, (column, start) = Asked(caller), begins
    words = f"p.archived_at is null and {people(wanted, asked)}"
    if start:
        words += f" and p.{column} >= {asked.put(start, 'text')}"
        words += f" and p.{column} < {asked.put(start + _LAST, 'text')}"
    if after is not None:
        words += f" and (p.{column}, p.id) > ({asked.put(after[0], 'text')}, {asked.put(after[1], 'uuid')})"
    statement = (
        f"select p.id, p.{column} as key from contacts p where {words}"  # noqa: S608 - words of this house
        f" order by p.{column}, p.id limit {asked.put(min(limit, _PAGE), 'int')}"
    )
    return await reader.rows(statement, *asked.values)


async def within(
    tx: Tx, wanted: Mapping[UUID, Filter], contact_ids: Sequence[UUID], most_ms: int
) -> list[ReadRow]:
    """(id, segments) of these customers, as the house itself sees them, by a `glance`."""
    asked = Asked(None)
    ids = asked.put(list(contact_ids), "uuid[]")
    each = ", ".join(
        f"case when {people(one, asked)} then {asked.put(segment_id, 'uuid')} end"
        for segment_id, one in wanted.items()
    )
    statement = f"select p.id, array_remove(array[{each}], null) as segments from contacts p"  # noqa: S608
    return await tx.glance(most_ms, f"{statement} where p.id = any({ids})", *asked.values)
