"""Two customers become one by hand: looked at beforehand, each field as it is chosen."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.contacts import service as contacts
from kezhan.contacts import store as people
from kezhan.contacts.join import WITH_KEYS, become_one, both, noted
from kezhan.contacts.merges import store
from kezhan.contacts.merges.schemas import MergeField, MergeForm, MergePreview
from kezhan.contacts.schemas import ContactDetail, How
from kezhan.contacts.service import values_of
from kezhan.fields.rights import edited, readable
from kezhan.fields.schemas import FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.workspaces.authenticate import Caller


async def preview(tx: Tx, caller: Caller, one: UUID, other: UUID) -> MergePreview:
    """What each of two has. Raises NotFound, Refused 409 where they are one already."""
    rows = await people.hold_contacts(tx, [one, other])
    _check(rows)
    kept, gone = rows
    fields = readable(await fields_of(tx, Subject.CONTACT), caller)
    ours, theirs = _opened(tx, kept), _opened(tx, gone)
    return MergePreview(
        kept=await contacts.get(tx, kept.id, caller),
        gone=await contacts.get(tx, gone.id, caller),
        kept_notes=await store.count_notes(tx, kept.id),
        gone_notes=await store.count_notes(tx, gone.id),
        differs=[field for field in MergeField if _differs(getattr(kept, field), getattr(gone, field))],
        differs_fields=[
            one.id for one in fields if one.id in ours and one.id in theirs and ours[one.id] != theirs[one.id]
        ],
    )


def _opened(tx: Tx, row: Row[Any]) -> dict[str, Any]:
    seals = Seals(tx)
    return {name: seals.opened(name, value) for name, value in values_of(row).items()}


def _differs(ours: Any, theirs: Any) -> bool:
    return bool(ours and theirs and ours != theirs)


async def merge(tx: Tx, caller: Caller, gone_id: UUID, form: MergeForm) -> ContactDetail:
    """`gone_id` becomes one with `form.into`, who came first. Done already: nothing changes. Raises NotFound,
    Refused 409 where one of them has become one with somebody else, or the one who is to stay came later."""
    rows = await people.hold_contacts(tx, [gone_id, form.into])
    if len(rows) == 2 and rows[1].id == gone_id and rows[1].joined_into == form.into:
        return await contacts.get(tx, form.into, caller)
    _check(rows)
    kept, gone = rows
    if kept.id != form.into:
        raise Refused("contacts.merge_newer", 409, field="into")
    values = both(kept, gone)
    for field in form.take:
        for name in WITH_KEYS.get(field, (field.value,)):
            values[name] = getattr(gone, name)
    if form.take_fields:
        values["fields"] = await _chosen(tx, caller, kept, gone, form.take_fields)
    if MergeField.NOTE not in form.take:
        values |= noted(kept, gone.note)
    # Whoever has said that they are not one knows better by now.
    await store.drop_strangers(tx, kept.id, gone.id)
    await become_one(tx, caller, kept, gone, values, How.HAND)
    return await contacts.get(tx, kept.id, caller)


async def _chosen(
    tx: Tx, caller: Caller, kept: Row[Any], gone: Row[Any], names: Sequence[str]
) -> FieldValues:
    """Of the workspace's own fields the word of the one who goes where that was chosen. Raises Refused,
    Forbidden for a field that is not the caller's to change."""
    theirs = values_of(gone)
    fields = await fields_of(tx, Subject.CONTACT, stay=True)
    seals = Seals(tx)
    edits = {name: seals.opened(name, theirs.get(name)) for name in names}
    return FieldValues(values=edited(fields, theirs | values_of(kept), edits, caller, seals))


def _check(rows: Sequence[Row[Any]]) -> None:
    if len(rows) != 2:
        raise NotFound("contacts.not_found")
    if any(row.joined_into for row in rows):
        raise Refused("contacts.merged_meanwhile", 409)
