"""The statements of sealing what stands, in people, companies and what is kept to undo."""

from typing import Any
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

_TABLES = {"contact": "contacts", "company": "companies"}
_KEPT = {
    "merge": ("contact_merges", "changed", "id"),
    "import": ("contact_import_rows", "known", "import_id, no"),
}


async def things(tx: Tx, subject: str, field_id: str, behind: UUID | None, limit: int) -> list[ReadRow]:
    """(id, fields as text) of those in which the field is filled in, by their ids, held."""
    return await tx.fetch(
        f"select id, fields::text as fields from {_TABLES[subject]}"  # noqa: S608 - names of ours
        " where fields -> 'values' ? $1 and ($2::uuid is null or id > $2) order by id limit $3 for update",
        field_id, behind, limit,
    )  # fmt: skip


async def put(tx: Tx, subject: str, thing_id: UUID, fields: str) -> None:
    await tx.fetch(
        f"update {_TABLES[subject]} set fields = $2::text::jsonb where id = $1",  # noqa: S608 - names of ours
        thing_id,
        fields,
    )


async def kept(tx: Tx, field_id: str) -> list[tuple[str, ReadRow]]:
    """What is kept to undo merges and lists, as far as it names the field."""
    found: list[tuple[str, ReadRow]] = []
    for kind, (table, column, keys) in _KEPT.items():
        rows = await tx.fetch(
            f"select {keys}, {column}::text as told from {table}"  # noqa: S608 - names of ours
            f" where {column} -> 'before' -> 'fields' ? $1 or {column} -> 'after' -> 'fields' ? $1"
            " for update",
            field_id,
        )
        found += [(kind, row) for row in rows]
    return found


async def put_kept(tx: Tx, kind: str, row: ReadRow, told: str) -> None:
    table, column, keys = _KEPT[kind]
    names = keys.split(", ")
    where = " and ".join(f"{name} = ${place}" for place, name in enumerate(names, 2))
    values: list[Any] = [row[name] for name in names]
    await tx.fetch(
        f"update {table} set {column} = $1::text::jsonb where {where}",  # noqa: S608 - names of ours
        told,
        *values,
    )
