"""Updates that are no messages: a button pressed, a reaction, messages deleted, the bot blocked."""

from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.telegram.place import Place, message_key
from kezhan.channels.adapters.telegram.speakers import person_of, place_of, user_person
from kezhan.channels.adapters.telegram.update import Chat, Id, Message, Seconds, User, full_name
from kezhan.channels.base import Came, Happened, Inbound, Opening, Person, Reacted, Recalled

_SHUT = Opening(seconds=0)
_OPEN = Opening(seconds=10 * 365 * 24 * 3600)
"""There is no window: whoever has not blocked the bot may be written to."""


class Deleted(Struct, frozen=True, kw_only=True):
    """In a chat of a connected business account."""

    chat: Chat
    message_ids: list[Id] = []


class Button(Struct, frozen=True, kw_only=True):
    text: str = ""
    callback_data: str = ""


class Keyboard(Struct, frozen=True, kw_only=True):
    inline_keyboard: list[list[Button]] = []


class Under(Message, frozen=True, kw_only=True, rename={"sender": "from"}):
    """The message the button stands under."""

    reply_markup: Keyboard = Keyboard()


class Pressed(Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    id: str
    sender: User
    message: Under | None = None
    data: str = ""


class Sign(Struct, frozen=True, kw_only=True):
    """An emoji, or one of those somebody has made."""

    emoji: str = ""


class Reaction(Struct, frozen=True, kw_only=True):
    """All the reactions of one user to one message, as they are now."""

    chat: Chat
    message_id: Id
    user: User | None = None
    date: Seconds | None = None
    new_reaction: list[Sign] = []


class Member(Struct, frozen=True, kw_only=True):
    status: str = ""


class Membership(Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """What the bot is in a chat: in a private one `kicked` says that it was blocked."""

    chat: Chat
    sender: User
    new_chat_member: Member


def _deleted(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    deleted = msgspec.convert(raw, Deleted)
    place = Place(chat_id=deleted.chat.id, business=True)
    return [
        Recalled(external_id=str(place), message_id=message_key(place, number))
        for number in deleted.message_ids
    ]


def _pressed(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    """A button says what stands on it; a message too old to be shown leaves the button's data only."""
    pressed = msgspec.convert(raw, Pressed)
    under = pressed.message
    if under is None or not pressed.data:
        return [Happened(external_id=str(pressed.sender.id), dedup_key=key, event=kind)]
    place = place_of(under)
    buttons = [one for row in under.reply_markup.inline_keyboard for one in row]
    text = next((one.text for one in buttons if one.callback_data == pressed.data), "")
    private = under.chat.type == "private"
    said = Inbound(
        external_id=str(place),
        dedup_key=key,
        kind="text",
        text=text or pressed.data,
        tap=pressed.data[:64],
        person=user_person(pressed.sender) if private else person_of(under),
        speaker="" if private else full_name(pressed.sender),
        quote_id=message_key(place, under.message_id),
        original_kind=kind,
        ticket=under.business_connection_id[:4000],
    )
    return [said]


def _reacted(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    """Of several the newest is hers; one that somebody has made cannot be shown elsewhere."""
    reaction = msgspec.convert(raw, Reaction)
    place = Place(chat_id=reaction.chat.id)
    emoji = next((one.emoji for one in reversed(reaction.new_reaction) if one.emoji), "")
    if reaction.user is None or (reaction.new_reaction and not emoji):
        return [Happened(external_id=str(place), dedup_key=key, event=kind)]
    named = message_key(place, reaction.message_id)
    return [Reacted(external_id=str(place), message_id=named, emoji=emoji)]


def _member(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    """The bot was let in or shown out; in a private chat: blocked, or no longer."""
    found = msgspec.convert(raw, Membership)
    status = found.new_chat_member.status
    out = status in {"kicked", "left"}
    private = found.chat.type == "private"
    happened = Happened(
        external_id=str(found.chat.id),
        dedup_key=key,
        event=f"{kind}:{status}"[:64],
        person=user_person(found.sender) if private else Person(name=full_name(found.chat)),
        opening=_SHUT if out else _OPEN,
    )
    return [happened]


HAPPENINGS: dict[str, Callable[[str, dict[str, Any], str], list[Came]]] = {
    "deleted_business_messages": _deleted,
    "callback_query": _pressed,
    "message_reaction": _reacted,
    "my_chat_member": _member,
}
"""By the update's field: its name, its content, the update's key."""
