"""The job `fields.seal`: piece by piece, while everybody works; broken off it goes on where it was."""

from typing import Any
from uuid import UUID

import msgspec

from kezhan.contacts.sealing import store
from kezhan.fields.schemas import CustomField, FieldValues, Subject
from kezhan.fields.seals import Seals, is_sealed
from kezhan.fields.service import ended, fields_of, found_anew, gone_on, hold_seal
from kezhan.kit.db import Database, Tx
from kezhan.kit.jobs import Job

SEAL = "fields.seal"
_PIECE = 200


def sealer(db: Database) -> Job:
    async def work(workspace_id: UUID, seal_id: UUID) -> None:
        while await _piece(db, workspace_id, seal_id):
            pass

    return work


async def _piece(db: Database, workspace_id: UUID, seal_id: UUID) -> bool:
    """Whether there may be more."""
    async with db.tx(workspace_id) as tx:
        seal = await hold_seal(tx, seal_id)
        if seal is None or seal.ended_at is not None:
            return False  # done, or the flag has changed again: that is another one's work
        subject = Subject(seal.subject)
        field = next((one for one in await fields_of(tx, subject) if one.id == seal.field_id), None)
        if field is None:
            return False
        rows = await store.things(tx, subject, field.id, seal.behind, _PIECE)
        for row in rows:
            values = msgspec.json.decode(row["fields"], type=FieldValues).values
            after = {**values, field.id: turned(Seals(tx), field, values[field.id])}
            if after != values:
                told = msgspec.json.encode(FieldValues(values=after)).decode()
                await store.put(tx, subject, row["id"], told)
            await found_anew(tx, subject, row["id"], field, after)
        await gone_on(tx, seal_id, rows[-1]["id"] if rows else seal.behind, len(rows))
        if len(rows) < _PIECE:
            if subject is Subject.CONTACT:
                await _kept(tx, field)
            await ended(tx, seal_id)
        return len(rows) == _PIECE


def turned(seals: Seals, field: CustomField, value: Any) -> Any:
    """As the field's flag says."""
    if field.sealed:
        return value if is_sealed(value) else seals.seal(field.id, value)
    return seals.opened(field.id, value)


async def _kept(tx: Tx, field: CustomField) -> None:
    for kind, row in await store.kept(tx, field.id):
        told = msgspec.json.decode(row["told"])
        for side in ("before", "after"):
            values = told[side].get("fields") or {}
            if field.id in values:
                values[field.id] = turned(Seals(tx), field, values[field.id])
        await store.put_kept(tx, kind, row, msgspec.json.encode(told).decode())
