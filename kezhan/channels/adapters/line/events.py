"""The parts of a webhook that are read here; everything else in it is left alone."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from kezhan.channels.base import Unreadable

Id = Annotated[str, Meta(min_length=1, max_length=200)]
Milliseconds = Annotated[int, Meta(ge=0, le=253_402_300_799_999)]

NOTHING = "-"
"""In a ticket, where one of its tokens is missing."""
_decoder = msgspec.json.Decoder(dict[str, Any])


class Source(Struct, frozen=True, kw_only=True, rename="camel"):
    """`type` is user, group or room; in the latter two `user_id` is whoever speaks there."""

    type: str = ""
    user_id: str = ""
    group_id: str = ""
    room_id: str = ""


class Provider(Struct, frozen=True, kw_only=True, rename="camel"):
    """`type` is line, or external: then the file lies at the address."""

    type: str = "line"
    original_content_url: str = ""


class MessageIn(Struct, frozen=True, kw_only=True, rename="camel"):
    id: Id
    type: str
    text: str = ""
    quoted_message_id: str = ""
    mark_as_read_token: str = ""
    content_provider: Provider = Provider()
    file_name: str = ""
    title: str = ""
    address: str = ""
    latitude: float | None = None
    longitude: float | None = None
    keywords: list[str] = []


class Unsend(Struct, frozen=True, kw_only=True, rename="camel"):
    message_id: Id


class Postback(Struct, frozen=True, kw_only=True):
    """`params`: what was picked, a day or an hour."""

    data: str = ""
    params: dict[str, str] = {}


class EventIn(Struct, frozen=True, kw_only=True, rename="camel"):
    """`webhook_event_id` is the same when it is delivered again."""

    type: str
    webhook_event_id: Id
    timestamp: Milliseconds | None = None
    source: Source = Source()
    reply_token: str = ""
    message: MessageIn | None = None
    unsend: Unsend | None = None
    postback: Postback | None = None

    @property
    def at(self) -> datetime | None:
        return None if self.timestamp is None else datetime.fromtimestamp(self.timestamp / 1000, UTC)


def read_events(body: bytes) -> list[dict[str, Any]] | Unreadable:
    """The events as they came, or why they cannot be read."""
    try:
        events = _decoder.decode(body).get("events")
        return msgspec.convert(events, list[dict[str, Any]])
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
