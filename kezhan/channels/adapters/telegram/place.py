"""Where something is said. A customer's `external_id` is her chat's number; `b` before it where she writes
to a connected business account instead of the bot; `/` and the topic's number after it in a group with
topics. A message is called by its place and its number there: `-1001234/7:55`."""

import re

from msgspec import Struct

from kezhan.channels.base import Turned

_PLACE = re.compile(r"(b?)(-?\d{1,19})(?:/(\d{1,19}))?", re.ASCII)
_MESSAGE = re.compile(r"b?-?\d{1,19}(?:/\d{1,19})?:(\d{1,19})", re.ASCII)


class Place(Struct, frozen=True, kw_only=True):
    chat_id: int
    business: bool = False
    topic: int | None = None

    def __str__(self) -> str:
        topic = "" if self.topic is None else f"/{self.topic}"
        return f"{'b' if self.business else ''}{self.chat_id}{topic}"


def read_place(external_id: str) -> Place:
    """Raises Turned where it names no chat."""
    found = _PLACE.fullmatch(external_id)
    if found is None:
        raise Turned("not a chat of Telegram")
    business, chat_id, topic = found.groups()
    return Place(chat_id=int(chat_id), business=bool(business), topic=int(topic) if topic else None)


def message_key(place: Place, number: int) -> str:
    return f"{place}:{number}"


def message_number(key: str) -> int | None:
    """The message's number in its chat; None where it is not named as one."""
    found = _MESSAGE.fullmatch(key)
    return None if found is None else int(found[1])
