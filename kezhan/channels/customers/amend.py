"""Word of what was said before: a change to what she said, what became of ours."""

from datetime import datetime

from kezhan.channels.accounts import Account
from kezhan.channels.base import Edited, Progress, Reacted, Recalled
from kezhan.channels.customers import store
from kezhan.channels.customers.forget import forget_calls
from kezhan.channels.customers.names import EXTERNAL_ID, external, short
from kezhan.channels.customers.speakers import Speakers
from kezhan.channels.customers.words import plain, spoken
from kezhan.channels.parts import part_of
from kezhan.channels.schemas import ReachFrame
from kezhan.conversations.change import reworded, taken_back, undelivered
from kezhan.conversations.desk import Desk
from kezhan.conversations.items import MarkItem
from kezhan.conversations.reactions.react import Party, react, unreact
from kezhan.conversations.schemas import MAX_TEXT
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.reading import ReadRow

PARTS = 20
"""At most, of one message that comes as several."""
WORD_ATTEMPTS = 4
"""Word of a message we do not know is waited with so often: the message may be on its way still."""


class TooSoon(Exception):
    """What it speaks of is not here yet."""


async def change(
    desk: Desk,
    speakers: Speakers,
    account: Account,
    came: Edited | Recalled,
    received_at: datetime,
    attempts: int,
) -> None:
    """To what she said. Raises TooSoon."""
    speaker = await speakers.name(account, came) if isinstance(came, Edited) else ""
    names = [came.message_id, *(f"{came.message_id}#{number}" for number in range(1, PARTS))]
    async with desk.db.tx(account.workspace_id) as tx:
        found = await store.named(tx, account.id, short(came.message_id, EXTERNAL_ID))
        if found is None:
            # What was taken back must not appear later, however long its own call has to wait.
            if await store.untaken_before(tx, account.id, received_at):
                attempts = 0
            return _unheard_of(came, attempts)
        if isinstance(came, Edited):
            text = spoken(came.text, speaker)[:MAX_TEXT]
            at = min(came.at or received_at, received_at)
            name = short(came.message_id, EXTERNAL_ID)
            if not await store.is_newest(tx, account.id, name, at, received_at):
                return None
            await reworded(tx, found["conversation_id"], found["seq"], text)
            return None
        for part in await store.all_named(tx, account.id, [short(name, EXTERNAL_ID) for name in names]):
            await taken_back(tx, part["conversation_id"], part["seq"])
    await forget_calls(desk.db, desk.keyring, account, names)
    return None


async def reacted(desk: Desk, account: Account, came: Reacted, attempts: int) -> None:
    """To something said. What is no emoji of ours to show is let go. Raises TooSoon."""
    async with desk.db.tx(account.workspace_id) as tx:
        found = await store.named(tx, account.id, short(came.message_id, EXTERNAL_ID))
        if found is None:
            return _unheard_of(came, attempts)
        identity_id = await store.identity_of(tx, found["conversation_id"])
        if identity_id is None:
            return None
        party = Party("visitor", identity_id)
        try:
            if came.emoji_was:
                await unreact(tx, found["conversation_id"], found["seq"], party, came.emoji_was)
            else:
                await react(tx, found["conversation_id"], found["seq"], party, came.emoji)
        except Refused:
            return None
    return None


async def progress(desk: Desk, account: Account, came: Progress, attempts: int) -> None:
    """Of what we said. Raises TooSoon."""
    async with desk.db.tx(account.workspace_id) as tx:
        if came.message_id:
            name = short(came.message_id, EXTERNAL_ID)
            found = await store.named(tx, account.id, name) or await _ours(tx, account, came, name)
            if found is None:
                return None if came.state == "sent" else _unheard_of(came, attempts)
            identity_id = await store.identity_of(tx, found["conversation_id"])
        else:
            name = external(came.external_id)
            found = await store.told_until(tx, account.id, name, came.until) if came.until else None
            identity_id = found["identity_id"] if found is not None else None
        if found is None or identity_id is None or came.state == "sent":
            return None
        if came.state == "failed":
            place, name = (found["conversation_id"], found["seq"]), ""
            if came.message_id:
                name = short(came.message_id, EXTERNAL_ID)
            # The row that brings it comes before the conversation, as where its sending is settled.
            if not await store.failed(tx, *place, name, came.fault, plain(came.why)[:500]):
                return None
            await undelivered(tx, *place, came.fault)
            if came.fault == "window_closed":
                await store.close_window(tx, account.id, identity_id)
    if came.state == "failed":
        frame = ReachFrame(conversation_id=found["conversation_id"])
        desk.across.say([f"conversation:{frame.conversation_id}"], frame)
        return None
    desk.lane.mark(
        MarkItem(
            workspace_id=account.workspace_id,
            conversation_id=found["conversation_id"],
            party_kind="visitor",
            party_id=identity_id,
            delivered_seq=found["seq"],
            read_seq=found["seq"] if came.state == "read" else 0,
        )
    )
    return None


async def _ours(tx: Tx, account: Account, came: Progress, name: str) -> ReadRow | None:
    """The message that we have sent under our own name for it, whose answer has not come (yet)."""
    if (part := part_of(came.event_id)) is None:
        return None
    found = await store.heard_of(tx, account.id, *part, name)
    if found is not None:
        await store.name_messages(tx, [store.Named(account.id, name, found["conversation_id"], found["seq"])])
    return found


def _unheard_of(came: Edited | Recalled | Reacted | Progress, attempts: int) -> None:
    """Of a message before our time nothing need be known; one under way will be here soon."""
    if attempts < WORD_ATTEMPTS:
        raise TooSoon(f"{type(came).__name__} of a message that is not here")
