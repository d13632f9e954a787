"""Two customers become one: once a key that is proved to be hers shows that they always were, or by hand."""

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import store
from kezhan.contacts.events import ContactChanged, ContactsJoined
from kezhan.contacts.merges import store as journal
from kezhan.contacts.merges.schemas import Changed
from kezhan.contacts.schemas import MAX_ATTRIBUTES, MAX_NOTE, Attributes, How, JoinedContact
from kezhan.fields.rights import as_kept
from kezhan.fields.schemas import MAX_FIELDS, FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of, index
from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller

WITH_KEYS = {
    "name": ("name", "name_key", "sort_key"),
    "email": ("email", "email_key"),
    "phone": ("phone", "phone_key"),
    "language": ("language",),
    "tier": ("tier",),
    "owner_id": ("owner_id",),
    "company_id": ("company_id", "company_by"),
}
"""A field, and the columns that it fills."""
MANY: dict[str, Callable[[dict[str, Any]], Attributes | FieldValues]] = {
    "attributes": lambda values: Attributes(values=values),
    "fields": lambda values: FieldValues(values=values),
}
"""Columns that hold many values, and how they hold them."""
_MOST = {"attributes": MAX_ATTRIBUTES, "fields": MAX_FIELDS}
_CALLED = ("name", "phone", "email")
"""What is written down where the two are called differently."""


async def join(tx: Tx, one: UUID, other: UUID, how: How) -> None:
    """By a rule: who came first stays and has everything of both; of what each of them has, hers. Joined
    already, or known not to be one: nothing changes. The other one's row leads to her, and keeps what it
    said."""
    rows = await store.hold_contacts(tx, [one, other])
    standing = {row.joined_into or row.id for row in rows}
    if len(standing) == 1:
        return
    if any(row.joined_into for row in rows):
        # Another key has shown something of them before they were held.
        first, second = standing
        await join(tx, first, second, how)
        return
    kept, gone = rows
    if not await journal.strangers(tx, kept.id, gone.id):
        await become_one(tx, None, kept, gone, _filled(kept, gone), how)


async def become_one(
    tx: Tx, caller: Caller | None, kept: Row[Any], gone: Row[Any], values: dict[str, Any], how: How
) -> None:
    """The held `gone` is `kept` from now on, whose columns become `values`; a journal keeps what moves."""
    merge_id, values = new_id(), await settled(tx, kept, values)
    merge = {
        "id": merge_id,
        "kept_id": kept.id,
        "gone_id": gone.id,
        "how": how,
        "by_id": caller.membership_id if caller else None,
        "changed": Changed(before=plain(kept, values), after=_plain(values)),
    }
    await journal.add_merge(tx, merge)
    if values:
        await store.change_contact(tx, kept.id, values)
    await store.hand_over(tx, kept.id, gone.id)
    await emit(tx, ContactsJoined(kept_id=kept.id, gone_id=gone.id, merge_id=merge_id))
    for row in (kept, gone):
        await changed(tx, row.id)
    detail = JoinedContact(gone_id=gone.id, merge_id=merge_id)
    await record(tx, caller, "contact.join", "contact", kept.id, detail=detail)


async def settled(tx: Tx, row: Row[Any], values: dict[str, Any]) -> dict[str, Any]:
    """What the columns of the held contact of `row` are to become, as it is kept: own fields sealed or open
    as each is by now, wherever they have stood. She is found by what they say then."""
    if "fields" not in values:
        return values
    fields = await fields_of(tx, Subject.CONTACT, stay=True)
    before, after = (held.values if held else {} for held in (row.fields, values["fields"]))
    after = as_kept(fields, after, Seals(tx))
    await index(tx, Subject.CONTACT, row.id, fields, before, after)
    return values | {"fields": FieldValues(values=after) if after else None}


async def changed(tx: Tx, contact_id: UUID, *, made: bool = False, fields: Collection[str] = ()) -> None:
    event = ContactChanged(contact_id=contact_id, made=made, fields=tuple(sorted(fields)))
    await emit(tx, event, topics=[f"contact:{contact_id}"])


def plain(row: Row[Any], names: Any) -> dict[str, Any]:
    """These columns of a contact as the journal holds them."""
    return _plain({name: getattr(row, name) for name in names})


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _as_json(value) for name, value in values.items()}


def _as_json(value: Any) -> Any:
    if isinstance(value, Attributes | FieldValues):
        return value.values
    return str(value) if isinstance(value, UUID) else value


def _filled(kept: Row[Any], gone: Row[Any]) -> dict[str, Any]:
    """The columns that change of the one who stays."""
    pairs = ((getattr(kept, name), getattr(gone, name)) for name in _CALLED)
    called = " · ".join(theirs for ours, theirs in pairs if ours and theirs and theirs != ours)
    return both(kept, gone) | noted(kept, called, gone.note)


def both(kept: Row[Any], gone: Row[Any]) -> dict[str, Any]:
    """What only the one who goes has, beside the note."""
    values: dict[str, Any] = {}
    for field, names in WITH_KEYS.items():
        if getattr(gone, field) and not getattr(kept, field):
            values |= {name: getattr(gone, name) for name in names}
    for name, shape in MANY.items():
        told, more = (held.values if (held := getattr(row, name)) else {} for row in (kept, gone))
        if more.keys() - told.keys():
            all_of = [*told.items(), *((key, value) for key, value in more.items() if key not in told)]
            values[name] = shape(dict(all_of[: _MOST[name]]))
    return values


def noted(kept: Row[Any], *more: str) -> dict[str, Any]:
    """The note of the one who stays with `more` under it, where that is another one."""
    note = "\n".join(dict.fromkeys(line for line in (kept.note, *more) if line))[:MAX_NOTE]
    return {"note": note} if note != kept.note else {}
