"""The parts of a Messenger or Instagram webhook that are read here; everything else in it is left alone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

Id = Annotated[str, Meta(min_length=1, max_length=500)]
Moment = int | float | str | None
"""Milliseconds; seconds as text in what the console's test button sends."""
_SECONDS_END = 100_000_000_000
_YEAR_9999 = 253_402_300_799


class Party(Struct, frozen=True, kw_only=True):
    id: Id


class Coordinates(Struct, frozen=True, kw_only=True):
    lat: float
    long: float


class Payload(Struct, frozen=True, kw_only=True):
    url: str = ""
    title: str = ""
    coordinates: Coordinates | None = None


class Attachment(Struct, frozen=True, kw_only=True):
    """`title` and `url` stand here in older shapes of a shared link."""

    type: str = "unknown"
    payload: Payload | None = None
    title: str = ""
    url: str = ""


class Story(Struct, frozen=True, kw_only=True):
    url: str = ""


class ReplyTo(Struct, frozen=True, kw_only=True):
    """A message, or a story of ours."""

    mid: str = ""
    story: Story | None = None


class QuickReply(Struct, frozen=True, kw_only=True):
    """The button she has answered by; its words are the message's."""

    payload: str = ""


class Referral(Struct, frozen=True, kw_only=True):
    """By what she has come: an advertisement (`source` is ADS), or a link of ours with a `ref` in it."""

    ref: str = ""
    source: str = ""
    ad_id: str | int = ""

    @property
    def word(self) -> str:
        return self.ref or str(self.ad_id)


class MessageIn(Struct, frozen=True, kw_only=True):
    """`is_echo`: written by our side, by whatever means; `app_id` says by which program."""

    mid: Id
    text: str = ""
    reply_to: ReplyTo | None = None
    attachments: list[Attachment] = []
    is_echo: bool = False
    is_deleted: bool = False
    app_id: int | str = ""
    metadata: str = ""
    quick_reply: QuickReply | None = None
    referral: Referral | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """Everything until `watermark`, or just these."""

    mids: list[str] = []
    watermark: Moment = None


class Read(Struct, frozen=True, kw_only=True):
    mid: str = ""
    watermark: Moment = None


class Postback(Struct, frozen=True, kw_only=True):
    mid: str = ""
    title: str = ""
    payload: str = ""
    referral: Referral | None = None


class Reaction(Struct, frozen=True, kw_only=True):
    """`action` is react or unreact."""

    mid: str = ""
    action: str = "react"
    emoji: str = ""
    reaction: str = ""


class MessageEdit(Struct, frozen=True, kw_only=True):
    mid: Id
    text: str = ""


class Item(Struct, frozen=True, kw_only=True):
    """One thing that happened between `sender` and `recipient`."""

    sender: Party
    recipient: Party | None = None
    timestamp: Moment = None
    message: MessageIn | None = None
    delivery: Delivery | None = None
    read: Read | None = None
    postback: Postback | None = None
    reaction: Reaction | None = None
    message_edit: MessageEdit | None = None
    referral: Referral | None = None

    @property
    def came_by(self) -> Referral | None:
        """It stands alone, or comes with what she says."""
        said = self.message or self.postback
        return self.referral or (said.referral if said is not None else None)


class Change(Struct, frozen=True, kw_only=True):
    """What the console's test button sends instead."""

    field: str = ""
    value: dict[str, Any] = {}


class Entry(Struct, frozen=True, kw_only=True):
    """`standby` is what another program of the page is talking about just now."""

    messaging: list[dict[str, Any]] = []
    standby: list[dict[str, Any]] = []
    changes: list[Change] = []


class Body(Struct, frozen=True, kw_only=True):
    object: str = ""
    entry: list[Entry] = []


_TESTED = frozenset(
    {"messages", "message_reactions", "messaging_postbacks", "messaging_seen", "message_edit"}
)


def raw_items(body: Body) -> Iterator[dict[str, Any]]:
    for entry in body.entry:
        yield from entry.messaging
        yield from entry.standby
        yield from (change.value for change in entry.changes if change.field in _TESTED)


def moment_of(value: Moment) -> datetime | None:
    """None where it cannot be a time."""
    try:
        number = float(value if value is not None else "nan")
    except ValueError:
        return None
    seconds = number if number < _SECONDS_END else number / 1000
    return datetime.fromtimestamp(seconds, UTC) if 0 <= seconds <= _YEAR_9999 else None
