"""Two who were made one are two again, each with what was hers; what has come since stays where it came."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts import store as people
from kezhan.contacts.events import ContactsParted
from kezhan.contacts.join import MANY, changed, plain, settled
from kezhan.contacts.merges import store
from kezhan.contacts.merges.schemas import Changed, Parted
from kezhan.contacts.schemas import ContactDetail
from kezhan.fields.seals import Seals
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller


async def part(tx: Tx, caller: Caller, merge_id: UUID) -> ContactDetail:
    """The one who went, as she is again; no rule makes the two one a second time. Parted already: nothing
    changes. Raises NotFound, Refused 409 where the one who stayed has become one with somebody else since."""
    merge = await store.merge(tx, merge_id)
    if merge is None:
        raise NotFound("contacts.not_found")
    kept, gone = await people.hold_contacts(tx, [merge.kept_id, merge.gone_id])
    # Read again, now that nobody else parts them.
    merge = await store.merge(tx, merge_id)
    if merge is None or merge.parted_at is not None:
        return await contacts.get(tx, gone.id, caller)
    if kept.joined_into is not None:
        raise Refused("contacts.part_later_first", 409)
    await _take_back(tx, kept, merge)
    await store.give_back(tx, merge_id, kept.id, gone.id)
    await store.add_strangers(tx, kept.id, gone.id, caller.membership_id)
    await emit(tx, ContactsParted(kept_id=kept.id, gone_id=gone.id, merge_id=merge_id))
    for row in (kept, gone):
        await changed(tx, row.id)
    await record(tx, caller, "contact.part", "contact", kept.id, detail=Parted(gone_id=gone.id))
    return await contacts.get(tx, gone.id, caller)


async def _take_back(tx: Tx, kept: Row[Any], merge: Row[Any]) -> None:
    """Of the one who stays, what the merge has made of her fields is as it was, unless somebody has changed
    it since. Where another merge has, that one's memory is mended."""
    before, after, seals = merge.changed.before, merge.changed.after, Seals(tx)
    values: dict[str, Any] = {}
    late: dict[str, Any] = {}
    for name, now in plain(kept, after).items():
        if name in MANY:
            held = [one or {} for one in (now, before[name], after[name])]
            if name == "fields":  # what was sealed since says the same
                held = [seals.all_opened(one) for one in held]
            values[name] = MANY[name](_left(*held))
        elif now == after[name]:
            values[name] = before[name]
        else:
            late[name] = before[name]
    if values:
        await people.change_contact(tx, kept.id, await settled(tx, kept, values))
    for other in await store.later_of(tx, kept.id, merge.id) if late else ():
        known = other.changed.before
        mended = {name: value for name, value in late.items() if known.get(name) == after[name]}
        if mended:
            await store.change_merge(tx, other.id, Changed(before=known | mended, after=other.changed.after))
            late = {name: value for name, value in late.items() if name not in mended}


def _left(now: dict[str, Any], before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Of many values in one column, those that the merge has made otherwise as they were, where they still
    say what it has made them."""
    made = {name for name, value in after.items() if before.get(name) != value and now.get(name) == value}
    kept = {name: value for name, value in now.items() if name not in made}
    return kept | {name: before[name] for name in made if name in before}
