"""Every statement of the room."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.fields.models import FieldSetRow, SealRow
from kezhan.fields.schemas import StoredSet
from kezhan.kit.db import Tx


async def field_set(tx: Tx, subject: str, *, stays: bool = False) -> Row[Any] | None:
    """`stays`: nobody changes it until the transaction ends."""
    wanted = select(FieldSetRow.__table__).where(FieldSetRow.subject == subject)
    return await tx.row(wanted.with_for_update(read=True) if stays else wanted)


async def hold(tx: Tx, subject: str) -> None:
    """Until this transaction ends nobody else changes the fields of this subject."""
    key = f"fields:{tx.workspace}:{subject}"
    await tx.run(text("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


async def put(tx: Tx, subject: str, version: int, fields: StoredSet) -> None:
    values = {"version": version, "fields": fields, "saved_at": func.now()}
    row = insert(FieldSetRow).values(workspace_id=tx.workspace, subject=subject, **values)
    await tx.run(row.on_conflict_do_update(index_elements=["workspace_id", "subject"], set_=values))


async def change_keys(
    tx: Tx, subject: str, gone: Collection[tuple[UUID, str, str]], come: Collection[tuple[UUID, str, str]]
) -> None:
    """By what things are found no longer, and by what from now on: (thing, field, key) each."""
    for statement, keys in ((_DROP_KEYS, gone), (_ADD_KEYS, come)):
        if keys:
            await tx.fetch(statement, tx.workspace, subject, *map(list, zip(*keys, strict=True)))


async def found(tx: Tx, subject: str, wanted: Mapping[str, str], limit: int) -> list[UUID]:
    """The things of which one of these fields has just this key."""
    rows = await tx.fetch(_FOUND, subject, list(wanted), list(wanted.values()), limit)
    return [row["thing_id"] for row in rows]


# Sealing what stands


async def begin_seal(tx: Tx, seal_id: UUID, subject: str, field_id: str, *, sealed: bool) -> None:
    """By nothing it says a thing is found until its values are brought under the flag."""
    await tx.fetch("delete from field_keys where subject = $1 and field_id = $2", subject, field_id)
    await tx.fetch("delete from field_seals where subject = $1 and field_id = $2", subject, field_id)
    await tx.fetch(_BEGIN[subject], tx.workspace, seal_id, field_id, sealed)


async def sealing(tx: Tx, subject: str) -> Sequence[Row[Any]]:
    """What is under way."""
    wanted = select(SealRow.__table__).where(SealRow.subject == subject, SealRow.ended_at.is_(None))
    return await tx.rows(wanted.order_by(SealRow.field_id))


async def hold_seal(tx: Tx, seal_id: UUID) -> Row[Any] | None:
    return await tx.row(select(SealRow.__table__).where(SealRow.id == seal_id).with_for_update())


async def change_seal(tx: Tx, seal_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(SealRow).where(SealRow.id == seal_id).values(**values))


_BEGIN = {
    subject: f"""
    insert into field_seals (workspace_id, id, subject, field_id, sealed, total)
    select $1, $2, '{subject}', $3, $4, (select count(*) from {table} t where t.fields -> 'values' ? $3)
    """  # noqa: S608 - names of ours
    for subject, table in (("contact", "contacts"), ("company", "companies"))
}
_DROP_KEYS = """
    delete from field_keys k using unnest($3::uuid[], $4::text[], $5::text[]) as n (thing_id, field_id, key)
    where k.workspace_id = $1 and k.subject = $2 and k.thing_id = n.thing_id
      and k.field_id = n.field_id and k.key = n.key
"""
_ADD_KEYS = """
    insert into field_keys (workspace_id, subject, thing_id, field_id, key)
    select $1, $2, thing_id, field_id, key
    from unnest($3::uuid[], $4::text[], $5::text[]) as n (thing_id, field_id, key)
    on conflict do nothing
"""
_FOUND = """
    select distinct k.thing_id from unnest($2::text[], $3::text[]) as n (field_id, key)
    join field_keys k on k.subject = $1 and k.key = n.key and k.field_id = n.field_id
    limit $4
"""
