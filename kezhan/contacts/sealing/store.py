"""The statements of sealing what stands, in people, companies and what is kept to undo."""

from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

_TABLES = {"contact": "contacts", "company": "companies"}
KEPT = ("contact_merges", "contact_import_rows")
_COLUMNS = {
    "contact_merges": ("changed", "id, 0"),
    "contact_import_rows": ("known", "import_id, no"),
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


async def kept(
    tx: Tx, table: str, field_id: str, behind: tuple[UUID, int] | None, limit: int
) -> list[ReadRow]:
    """(id, no, told as text) of what is kept there to undo, as far as it names the field, held."""
    column, keys = _COLUMNS[table]
    return await tx.fetch(
        f"select k.id, k.no, t.{column}::text as told from {table} t, lateral (select {keys}) k (id, no)"  # noqa: S608
        f" where (t.{column} -> 'before' -> 'fields' ? $1 or t.{column} -> 'after' -> 'fields' ? $1)"
        " and ($2::uuid is null or (k.id, k.no) > ($2, $3::int))"
        " order by k.id, k.no limit $4 for update of t",
        field_id,
        *(behind or (None, None)),
        limit,
    )


async def put_kept(tx: Tx, table: str, behind: tuple[UUID, int], told: str) -> None:
    column, keys = _COLUMNS[table]
    await tx.fetch(
        f"update {table} set {column} = $1::text::jsonb where ({keys}) = ($2, $3::int)",  # noqa: S608
        told,
        *behind,
    )
