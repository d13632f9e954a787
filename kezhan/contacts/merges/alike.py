"""Customers who may be one: they share an address, a number, or what a platform calls them."""

from uuid import UUID

from kezhan.audit.service import record
from kezhan.contacts import store as people
from kezhan.contacts.merges import store
from kezhan.contacts.merges.schemas import Alike, Parted
from kezhan.contacts.schemas import How
from kezhan.contacts.service import contact_of
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller


async def list_alike(tx: Tx, after: str, limit: int) -> Page[Alike]:
    """Each who came later once, beside the first of those with whom she shares something."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[UUID])[0] if after else None
    found = await store.alike(tx, key, size + 1)
    shown = found[:size]
    ids = {row[side] for row in shown for side in ("one", "other")}
    known = {row.id: contact_of(row._mapping) for row in await people.these(tx, list(ids))}
    items = [
        Alike(
            by=How(row["by"]),
            value=row["value"] if row["by"] != How.UNION else "",
            verified=row["verified"],
            kept=known[row["one"]],
            gone=known[row["other"]],
        )
        for row in shown
    ]
    return Page(items=items, next=encode_cursor(shown[-1]["other"]) if len(found) > size else None)


async def tell_apart(tx: Tx, caller: Caller, one: UUID, other: UUID, *, apart: bool) -> None:
    """They are not one: neither shown as such again, nor made one by a rule. `apart` false takes it back. The
    same again changes nothing. Raises NotFound."""
    if one == other or len(await people.these(tx, [one, other])) != 2:
        raise NotFound("contacts.not_found")
    if apart:
        moved = await store.add_strangers(tx, one, other, caller.membership_id)
    else:
        moved = await store.drop_strangers(tx, one, other)
    if moved:
        # actions: contact.tell_apart, contact.untell_apart
        deed = "contact.tell_apart" if apart else "contact.untell_apart"
        await record(tx, caller, deed, "contact", one, detail=Parted(gone_id=other))
