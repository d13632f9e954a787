"""Two customers are one, or two again: their conversations follow, and whoever serves is told."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.contacts.events import ContactsJoined, ContactsParted
from kezhan.conversations.merge import store
from kezhan.conversations.number import add_event, tell
from kezhan.conversations.schemas import EventPayload, State
from kezhan.kit.db import Tx


async def on_joined(tx: Tx, event: ContactsJoined) -> None:
    """Wired `in_tx`: none of her conversations is ever without its customer. What is open goes on where it
    is, since it is answered where she has written; it says from where on more is known of her. What has
    ended moves quietly."""
    rows = await store.lock_of(tx, [event.kept_id, event.gone_id])
    await _give(
        tx, event.kept_id, {row.id for row in rows if row.contact_id == event.gone_id}, rows, "joined"
    )


async def on_parted(tx: Tx, event: ContactsParted) -> None:
    """Wired `in_tx`: each conversation is hers by whose identity it came, also what came while the two were
    one."""
    rows = await store.lock_of(tx, [event.kept_id])
    theirs = await store.of_identities(tx, event.kept_id, event.gone_id)
    await _give(tx, event.gone_id, theirs, rows, "parted")


async def _give(
    tx: Tx, contact_id: UUID, theirs: Collection[UUID], rows: Sequence[Row[Any]], said: str
) -> None:
    """The locked `rows` of two customers: `theirs` are this one's from now on. Ended ones move quietly, open
    ones say so, those that stay where they are as well."""
    ended = [row for row in rows if row.state == State.CLOSED and row.id in theirs]
    if ended:
        await store.give(tx, contact_id, [row.id for row in ended])
    for row in ended:
        await tell(tx, row, row.rev + 1)
    for row in rows:
        if row.state != State.CLOSED:
            values = {"contact_id": contact_id} if row.id in theirs else None
            await add_event(tx, row.id, EventPayload(event=said), values, row=row)
