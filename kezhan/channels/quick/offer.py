"""Quick replies for a conversation: the same for the desk, the phone and the API."""

from uuid import UUID

from kezhan.cards.schemas import image_of
from kezhan.channels.quick import store
from kezhan.conversations.reply import may_reply
from kezhan.conversations.schemas import Head, State
from kezhan.files.address import link
from kezhan.files.service import get as get_file
from kezhan.files.service import holder_of
from kezhan.kit.clock import now
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Tx
from kezhan.quick import find
from kezhan.quick.fill import Facts
from kezhan.quick.schemas import QuickOffers, QuickTake, QuickTaken
from kezhan.workspaces.authenticate import Caller


async def search(tx: Tx, caller: Caller, conversation_id: UUID, query: str) -> QuickOffers:
    """Raises NotFound, Forbidden for who may not write into the conversation."""
    head = await may_reply(tx, caller, conversation_id)
    return await find.search(tx, caller, query, await _facts(tx, caller, head))


async def suggest(tx: Tx, caller: Caller, conversation_id: UUID, text: str) -> QuickOffers:
    """For what the customer is typing; where that is empty, for what she has said last and nobody has
    answered yet."""
    head = await may_reply(tx, caller, conversation_id)
    if head.state == State.CLOSED:
        return QuickOffers([])
    words = text.strip() or await store.last_words(tx, conversation_id)
    return await find.suggest(tx, caller, words, await _facts(tx, caller, head))


async def take(
    tx: Tx, keyring: KeyRing, caller: Caller, conversation_id: UUID, reply_id: UUID, form: QuickTake
) -> QuickTaken:
    """One for the composer, counted as used."""
    head = await may_reply(tx, caller, conversation_id)
    offer = await find.take(tx, caller, reply_id, form.client_id, await _facts(tx, caller, head))
    holder, at = holder_of(caller), now()
    files = [link(keyring, caller.workspace_id, file, holder, at) for file in offer.files]
    image = image_of(offer.card.card) if offer.card else None
    return QuickTaken(
        text=offer.text,
        missing=offer.missing,
        files=files,
        card=offer.card,
        image=link(keyring, caller.workspace_id, await get_file(tx, image), holder, at) if image else None,
    )


async def _facts(tx: Tx, caller: Caller, head: Head) -> Facts:
    known = await store.known(tx, head.id)
    return Facts(
        customer=known["customer"],
        number=head.contact_number,
        agent=caller.name,
        workspace=known["workspace"],
        channel=known["channel"],
        team=known["team"],
        zone=known["time_zone"],
        language=known["language"],
    )
