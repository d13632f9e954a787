"""The parts of an `Update` that are read here; everything else in it is left alone."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from kezhan.channels.base import Unreadable

Id = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]

_decoder = msgspec.json.Decoder(dict[str, Any])


class User(Struct, frozen=True, kw_only=True):
    id: Id
    is_bot: bool = False
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    language_code: str = ""


class Chat(Struct, frozen=True, kw_only=True):
    """`type` is private, group, supergroup or channel."""

    id: Id
    type: str = "private"
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str = ""


class Media(Struct, frozen=True, kw_only=True):
    """Any file: a size of a photo, voice, document, sticker …"""

    file_id: Annotated[str, Meta(min_length=1, max_length=500)]
    file_name: str = ""
    mime_type: str = ""
    emoji: str = ""
    is_animated: bool = False
    is_video: bool = False


class Entity(Struct, frozen=True, kw_only=True):
    """A mark over part of a text, counted in UTF-16 units. `url` where the words hide an address."""

    offset: Id = 0
    length: Id = 0
    url: str = ""


class Location(Struct, frozen=True, kw_only=True):
    latitude: float
    longitude: float


class Venue(Struct, frozen=True, kw_only=True):
    location: Location
    title: str = ""
    address: str = ""


class Contact(Struct, frozen=True, kw_only=True):
    phone_number: str = ""
    first_name: str = ""
    last_name: str = ""
    user_id: Id | None = None


class Dice(Struct, frozen=True, kw_only=True):
    emoji: str = ""
    value: Id = 0


class Option(Struct, frozen=True, kw_only=True):
    text: str = ""


class Poll(Struct, frozen=True, kw_only=True):
    question: str = ""
    options: list[Option] = []


class Replied(Struct, frozen=True, kw_only=True):
    message_id: Id


class Message(Struct, frozen=True, kw_only=True, rename={"sender": "from"}):
    """One message. `message_id` is unique within its chat only."""

    message_id: Id
    chat: Chat
    date: Seconds | None = None
    edit_date: Seconds | None = None
    sender: User | None = None
    sender_chat: Chat | None = None
    business_connection_id: str = ""
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    reply_to_message: Replied | None = None
    text: str = ""
    entities: list[Entity] = []
    caption: str = ""
    caption_entities: list[Entity] = []
    photo: list[Media] = []
    voice: Media | None = None
    audio: Media | None = None
    video: Media | None = None
    video_note: Media | None = None
    animation: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    venue: Venue | None = None
    location: Location | None = None
    contact: Contact | None = None
    dice: Dice | None = None
    poll: Poll | None = None

    @property
    def sent_at(self) -> datetime | None:
        return None if self.date is None else datetime.fromtimestamp(self.date, UTC)


def read_update(body: bytes) -> dict[str, Any] | Unreadable:
    """The update as it came, or why it cannot be read."""
    try:
        update = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    number = update.get("update_id")
    if not isinstance(number, int) or isinstance(number, bool) or abs(number) >= 2**63:
        return Unreadable("Expected a number - at `$.update_id`")
    return update


def kind_of(update: dict[str, Any]) -> str:
    """Which of the optional fields it brings; empty where it brings none."""
    return next((name for name, value in update.items() if name != "update_id" and value is not None), "")


def full_name(one: User | Chat) -> str:
    """As the platform shows it."""
    named = " ".join(part for part in (one.first_name, one.last_name) if part)
    return named or (one.title if isinstance(one, Chat) else "") or one.username
