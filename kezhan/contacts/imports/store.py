"""The statements about imports."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import ARRAY, Row, Uuid, any_, func, insert, literal, select, text, update

from kezhan.contacts.imports.models import ImportRow
from kezhan.contacts.models import Contact
from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.workspaces.models import Membership

_IMPORT = select(ImportRow.__table__, Membership.name.label("by_name")).join(
    Membership, Membership.id == ImportRow.by_id
)


async def add(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(ImportRow).values(workspace_id=tx.workspace, **values))


async def of_file(tx: Tx, file_id: UUID) -> Row[Any] | None:
    return await tx.row(_IMPORT.where(ImportRow.file_id == file_id))


async def one(tx: Tx, import_id: UUID, *, hold: bool = False) -> Row[Any] | None:
    wanted = _IMPORT.where(ImportRow.id == import_id)
    return await tx.row(wanted.with_for_update(of=ImportRow) if hold else wanted)


async def newest(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    return await tx.rows(_IMPORT.order_by(ImportRow.created_at.desc(), ImportRow.id.desc()).limit(limit))


async def change(tx: Tx, import_id: UUID, values: dict[str, Any]) -> None:
    changed = update(ImportRow).where(ImportRow.id == import_id)
    await tx.run(changed.values(**values, touched_at=func.now()))


async def silent(tx: Tx, import_id: UUID, seconds: int) -> bool:
    """Whether nobody who works on it has been heard of for so long."""
    late = ImportRow.touched_at < func.now() - text(f"interval '{int(seconds)} seconds'")
    return bool(await tx.value(select(late).where(ImportRow.id == import_id)))


async def busy(tx: Tx) -> int:
    rows = await tx.fetch(
        "select count(*) from contact_imports where state in ('checking', 'running', 'undoing')"
    )
    return int(rows[0]["count"])


async def drop_rows(tx: Tx, import_id: UUID) -> None:
    await tx.fetch("delete from contact_import_rows where import_id = $1", import_id)


async def add_rows(tx: Tx, import_id: UUID, rows: Sequence[tuple[Any, ...]]) -> None:
    """(no, outcome, contact, digest, known as JSON, cells as JSON, fault as JSON) each."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        await tx.fetch(_ADD_ROWS, tx.workspace, import_id, *columns)


async def faulty(tx: Tx, import_id: UUID, limit: int) -> list[ReadRow]:
    """(no, cells, fault as JSON), in their order."""
    return await tx.fetch(_FAULTY, import_id, limit)


async def to_undo(tx: Tx, import_id: UUID, limit: int) -> list[ReadRow]:
    """(no, outcome, contact_id, known as JSON) of the last ones that did something."""
    return await tx.fetch(_TO_UNDO, import_id, limit)


async def settle(tx: Tx, import_id: UUID, undone: Sequence[int], kept: Sequence[int]) -> None:
    """Rows that are undone, and those that stay as they are since something has happened there."""
    await tx.fetch(_SETTLE, import_id, list(undone), "undone")
    await tx.fetch(_SETTLE, import_id, list(kept), "same")


async def known_by(tx: Tx, emails: Sequence[str], phones: Sequence[str]) -> Sequence[Row[Any]]:
    """The contacts in use that have one of these keys, held until the transaction ends."""
    ids = [row["id"] for row in await tx.fetch(_KNOWN_BY, list(emails), list(phones))]
    wanted = select(Contact.__table__).where(Contact.id == any_(literal(ids, ARRAY(Uuid))))
    return await tx.rows(wanted.order_by(Contact.id).with_for_update(key_share=True)) if ids else ()


async def made_of(tx: Tx, digests: Sequence[bytes]) -> dict[bytes, UUID]:
    """Whom rows that said the same have made, and who are still there."""
    rows = await tx.fetch(_MADE_OF, list(digests))
    return {row["digest"]: row["contact_id"] for row in rows}


async def add_people(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """All of one shape."""
    if rows:
        await tx.run(insert(Contact), [{"workspace_id": tx.workspace, **row} for row in rows])


async def untouched(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Those of these who have come by no channel, become one with nobody, and have no notes."""
    return {row["id"] for row in await tx.fetch(_UNTOUCHED, list(ids))}


async def drop_people(
    tx: Tx, ids: Sequence[UUID], first: Callable[[Sequence[UUID]], Awaitable[None]]
) -> list[UUID]:
    """Those of them who could go: on the others something of another room hangs. `first`: what goes with
    them, before them."""
    if not ids:
        return []
    try:
        async with tx.conn.begin_nested():
            await first(ids)
            await tx.fetch("delete from contacts where id = any($1::uuid[])", list(ids))
        return list(ids)
    except asyncpg.ForeignKeyViolationError:
        half = len(ids) // 2
        halves = (ids[:half], ids[half:]) if half else ()
        return [one for some in halves for one in await drop_people(tx, some, first)]


_ADD_ROWS = """
    insert into contact_import_rows
        (workspace_id, import_id, no, outcome, contact_id, digest, known, cells, fault)
    select $1, $2, r.no, r.outcome, r.contact_id, r.digest, r.known::jsonb,
           (select array_agg(c) from jsonb_array_elements_text(r.cells::jsonb) c), r.fault::jsonb
    from unnest($3::int[], $4::text[], $5::uuid[], $6::bytea[], $7::text[], $8::text[], $9::text[])
        as r (no, outcome, contact_id, digest, known, cells, fault)
"""
_FAULTY = """
    select no, cells, fault::text as fault from contact_import_rows
    where import_id = $1 and outcome = 'faulty' order by no limit $2
"""
_TO_UNDO = """
    select no, outcome, contact_id, known::text as known from contact_import_rows
    where import_id = $1 and outcome in ('made', 'changed') order by no desc limit $2
"""
_SETTLE = "update contact_import_rows set outcome = $3 where import_id = $1 and no = any($2::int[])"
_KNOWN_BY = """
    select id from contacts where email_key = any($1::text[]) and archived_at is null
    union
    select id from contacts where phone_key = any($2::text[]) and archived_at is null
"""
_MADE_OF = """
    select distinct on (r.digest) r.digest, coalesce(c.joined_into, c.id) as contact_id
    from contact_import_rows r join contacts c on c.id = r.contact_id
    where r.digest = any($1::bytea[]) and r.outcome = 'made'
      and (c.archived_at is null or c.joined_into is not null)
"""
_UNTOUCHED = """
    select c.id from contacts c where c.id = any($1::uuid[])
      and not exists (select from identities i where i.contact_id = c.id)
      and not exists (select from contact_notes n where n.contact_id = c.id)
      and not exists (select from contact_merges m where m.kept_id = c.id)
      and not exists (select from contact_merges m where m.gone_id = c.id)
"""
