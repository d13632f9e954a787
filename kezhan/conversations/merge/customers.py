"""Two customers have shown to be one: the conversations of both are hers, and whoever serves her is told."""

from kezhan.contacts.events import ContactsJoined
from kezhan.conversations.merge import store
from kezhan.conversations.number import add_event, tell
from kezhan.conversations.schemas import EventPayload, State
from kezhan.kit.db import Tx


async def on_joined(tx: Tx, event: ContactsJoined) -> None:
    """Wired `in_tx`: none of her conversations is ever without its customer. What is open goes on where it
    is, since it is answered where she has written; it says from where on more is known of her. What has
    ended moves quietly."""
    rows = await store.lock_of(tx, [event.kept_id, event.gone_id])
    ended = [row for row in rows if row.state == State.CLOSED and row.contact_id == event.gone_id]
    if ended:
        await store.give(tx, event.kept_id, [row.id for row in ended])
    for row in ended:
        await tell(tx, row, row.rev + 1)
    for row in rows:
        if row.state != State.CLOSED:
            joined = EventPayload(event="joined")
            await add_event(tx, row.id, joined, {"contact_id": event.kept_id}, row=row)
