"""The job `fields.seal`: piece by piece, while everybody works; broken off it goes on where it was."""

from uuid import UUID

import msgspec

from kezhan.contacts.sealing import store
from kezhan.fields.rights import as_kept
from kezhan.fields.schemas import CustomField, FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import ended, fields_of, found_anew, gone_on, hold_seal
from kezhan.kit.db import Database, Tx
from kezhan.kit.jobs import Job

SEAL = "fields.seal"
_PIECE = 200


def sealer(db: Database) -> Job:
    async def work(workspace_id: UUID, seal_id: UUID) -> None:
        while await _piece(db, workspace_id, seal_id):
            pass
        for table in store.KEPT:
            behind: tuple[UUID, int] | None = None
            while (behind := await _kept(db, workspace_id, seal_id, table, behind)) is not None:
                pass
        async with db.tx(workspace_id) as tx:
            if await _at_work(tx, seal_id) is not None:
                await ended(tx, seal_id)

    return work


async def _at_work(tx: Tx, seal_id: UUID) -> tuple[Subject, CustomField, UUID | None] | None:
    """(of what, which field, how far people and companies are); None: done, or the flag has changed again,
    which is another one's work."""
    seal = await hold_seal(tx, seal_id)
    if seal is None or seal.ended_at is not None:
        return None
    subject = Subject(seal.subject)
    field = next((one for one in await fields_of(tx, subject) if one.id == seal.field_id), None)
    return None if field is None else (subject, field, seal.behind)


async def _piece(db: Database, workspace_id: UUID, seal_id: UUID) -> bool:
    """Whether there may be more."""
    async with db.tx(workspace_id) as tx:
        if (found := await _at_work(tx, seal_id)) is None:
            return False
        subject, field, behind = found
        rows = await store.things(tx, subject, field.id, behind, _PIECE)
        for row in rows:
            values = msgspec.json.decode(row["fields"], type=FieldValues).values
            after = values | as_kept([field], {field.id: values[field.id]}, Seals(tx))
            if after != values:
                told = msgspec.json.encode(FieldValues(values=after)).decode()
                await store.put(tx, subject, row["id"], told)
            await found_anew(tx, subject, row["id"], field, after)
        await gone_on(tx, seal_id, rows[-1]["id"] if rows else behind, len(rows))
        return len(rows) == _PIECE


async def _kept(
    db: Database, workspace_id: UUID, seal_id: UUID, table: str, behind: tuple[UUID, int] | None
) -> tuple[UUID, int] | None:
    """How far it is with what is kept to undo merges and lists; None: through. Whoever is killed in the midst
    of it begins it again, which changes nothing."""
    async with db.tx(workspace_id) as tx:
        found = await _at_work(tx, seal_id)
        if found is None or found[0] is not Subject.CONTACT:
            return None
        field = found[1]
        rows = await store.kept(tx, table, field.id, behind, _PIECE)
        for row in rows:
            told = msgspec.json.decode(row["told"])
            for side in ("before", "after"):
                values = told[side].get("fields") or {}
                if field.id in values:
                    values |= as_kept([field], {field.id: values[field.id]}, Seals(tx))
            await store.put_kept(tx, table, (row["id"], row["no"]), msgspec.json.encode(told).decode())
        return (rows[-1]["id"], rows[-1]["no"]) if len(rows) == _PIECE else None
