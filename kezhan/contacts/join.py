"""Two customers become one, once a key that their platform vouches for shows that they always were."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import store
from kezhan.contacts.events import ContactChanged, ContactsJoined
from kezhan.contacts.schemas import MAX_ATTRIBUTES, MAX_NOTE, Attributes, JoinedContact
from kezhan.kit.db import Tx
from kezhan.kit.outbox import emit

_WITH_KEYS = (
    ("name", "name_key", "sort_key"),
    ("email", "email_key"),
    ("phone", "phone_key"),
    ("language",),
    ("tier",),
    ("owner_id",),
)
_CALLED = ("name", "phone", "email")
"""What is written down where the two are called differently."""


async def join(tx: Tx, one: UUID, other: UUID) -> None:
    """Who came first stays and has everything of both; of what each of them has, hers. Joined already:
    nothing changes. The other one's row leads to her, and keeps what it said."""
    rows = await store.hold_contacts(tx, [one, other])
    standing = {row.joined_into or row.id for row in rows}
    if len(standing) == 1:
        return
    if any(row.joined_into for row in rows):
        # Another key has shown something of them before they were held.
        await join(tx, *standing)
        return
    kept, gone = rows
    if values := _filled(kept, gone):
        await store.change_contact(tx, kept.id, values)
    await store.hand_over(tx, kept.id, gone.id)
    await emit(tx, ContactsJoined(kept_id=kept.id, gone_id=gone.id))
    for row in rows:
        await changed(tx, row.id)
    await record(tx, None, "contact.join", "contact", kept.id, detail=JoinedContact(gone_id=gone.id))


async def changed(tx: Tx, contact_id: UUID) -> None:
    await emit(tx, ContactChanged(contact_id=contact_id), topics=[f"contact:{contact_id}"])


def _filled(kept: Row[Any], gone: Row[Any]) -> dict[str, Any]:
    """The columns that change of the one who stays."""
    values: dict[str, Any] = {}
    for names in _WITH_KEYS:
        if getattr(gone, names[0]) and not getattr(kept, names[0]):
            values |= {name: getattr(gone, name) for name in names}
    told, more = (row.attributes.values if row.attributes else {} for row in (kept, gone))
    if more.keys() - told.keys():
        both = [*told.items(), *((name, value) for name, value in more.items() if name not in told)]
        values["attributes"] = Attributes(values=dict(both[:MAX_ATTRIBUTES]))
    pairs = ((getattr(kept, name), getattr(gone, name)) for name in _CALLED)
    called = " · ".join(theirs for ours, theirs in pairs if ours and theirs and theirs != ours)
    note = "\n".join(dict.fromkeys(line for line in (kept.note, called, gone.note) if line))[:MAX_NOTE]
    return values | ({"note": note} if note != kept.note else {})
