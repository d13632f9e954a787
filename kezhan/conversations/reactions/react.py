"""React to a message, from here, from a site or from a platform."""

import unicodedata
from typing import Literal, NamedTuple
from uuid import UUID

from kezhan.conversations import store
from kezhan.conversations.events import ReactionChanged
from kezhan.conversations.number import bump, hold
from kezhan.conversations.reactions import store as reactions
from kezhan.conversations.schemas import Kind
from kezhan.conversations.views import seen_by_visitor
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.outbox import emit

MOST = 30
"""Parties below one message: those who serve a customer are fewer."""
_SIGNS = frozenset({"So", "Sk", "Sm", "Po", "Mn", "Me", "Cf"})
_KEYCAP = "\u20e3"


class Party(NamedTuple):
    """Who reacts: the customer's identity, or a member."""

    kind: Literal["visitor", "agent"]
    id: UUID


async def react(
    tx: Tx, conversation_id: UUID, seq: int, party: Party, emoji: str, *, told: bool = False
) -> None:
    """`party` has this emoji below the message, none where it is empty; the same again changes nothing.
    `told`: the platform has said so. Raises NotFound for what a customer does not see, Refused for what is no
    emoji, no message, or one too many."""
    if emoji and not is_emoji(emoji):
        raise Refused("conversations.no_emoji", field="emoji")
    row = await hold(tx, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is None or (party.kind == "visitor" and not seen_by_visitor(message)):
        raise NotFound("conversations.no_message")
    if message.recalled_at is not None or message.kind == Kind.EVENT:
        raise Refused("conversations.no_reaction", 409)
    found = await reactions.of_message(tx, conversation_id, seq)
    known = {Party(one["party_kind"], one["party_id"]): one["emoji"] for one in found}
    if known.get(party, "") == emoji:
        return
    if emoji and party not in known and len(known) >= MOST:
        raise Refused("conversations.many_reactions", 409, most=MOST)
    if emoji:
        await reactions.put(tx, conversation_id, seq, party, emoji)
    else:
        await reactions.remove(tx, conversation_id, seq, party)
    rev = await bump(tx, row, {})
    # Without any it still is a changed message, which is what it is found by.
    await store.change_message(tx, conversation_id, seq, {"reacted_at": now(), "rev": rev})
    known_there = told or party.kind == "visitor"
    await emit(tx, ReactionChanged(conversation_id=conversation_id, seq=seq, rev=rev, told=known_there))


async def unreact(tx: Tx, conversation_id: UUID, seq: int, party: Party, emoji: str) -> None:
    """That emoji of `party` goes, if it still is there. Raises as `react` does."""
    for one in await reactions.of_message(tx, conversation_id, seq):
        if (one["party_kind"], one["party_id"], one["emoji"]) == (*party, emoji):
            await react(tx, conversation_id, seq, party, "", told=True)


def is_emoji(text: str) -> bool:
    """One sign or a few joined into one, and no letters: a reaction is no message."""
    if not text or len(text) > 16:
        return False
    kept = text if _KEYCAP not in text else text.lstrip("0123456789*#")
    return (
        bool(kept)
        and ord(max(text)) > 0x2000
        and all(unicodedata.category(sign) in _SIGNS or unicodedata.category(sign) == "Cn" for sign in kept)
    )


async def our_reaction(tx: Tx, conversation_id: UUID, seq: int) -> str:
    """What a platform shows of us, where all of us are one: the newest, empty for none."""
    found = [
        one["emoji"]
        for one in await reactions.of_message(tx, conversation_id, seq)
        if one["party_kind"] == "agent"
    ]
    return str(found[-1]) if found else ""
