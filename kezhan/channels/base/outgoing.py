"""What goes out, and what becomes of it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from kezhan.channels.base.able import Asks, Fault, Kind, What


class OutboundFile(Struct, frozen=True, kw_only=True):
    """A file of ours: `url` works for an hour (`by_link`: a month) and needs no credential; its bytes are
    read by the line. `milliseconds`: of a voice message, how long it is; a sound without is a file like any
    other. `made`: its bytes where they were made for the platform."""

    id: UUID | None = None
    url: str
    name: str
    media_type: str
    size: int
    milliseconds: int = 0
    made: bytes = b""


class Variable(Struct, frozen=True, kw_only=True):
    """What people are told of a template's variable: what it means, a value it may have, and how many
    characters at most, as far as the platform says."""

    label: str = ""
    example: str = ""
    most: int | None = None


Header = Literal["", "image", "video", "document"]
"""What file stands above a template's text; none where it is empty."""


class Template(Struct, frozen=True, kw_only=True):
    """A text the platform has approved for outside the window, whole as the customer sees it: `text` has its
    variables as {{1}}, {{2}} …, of which `variables` tells in this order. `title`: what people call it, where
    `name` is but a number. Each use brings a file of ours for its `header`. `shape` (≤ 4000 characters):
    whatever the adapter will need to fill it."""

    name: str
    language: str
    text: str
    category: str = ""
    title: str = ""
    variables: Sequence[Variable] = ()
    header: Header = ""
    shape: str = ""


class TemplateUse(Struct, frozen=True, kw_only=True):
    """A template with its variables filled, in their order, and its own `shape`; for its header it has the
    file of the message."""

    name: str
    language: str
    values: Sequence[str] = ()
    shape: str = ""


class Place(Struct, frozen=True, kw_only=True):
    """Degrees, north and east positive."""

    latitude: float
    longitude: float
    address: str = ""


class MiniPage(Struct, frozen=True, kw_only=True):
    """A page of a mini-program of WeChat, with its query."""

    app_id: str
    path: str


class OutboundCard(Struct, frozen=True, kw_only=True):
    """A product, an order, a page; a place or a person called `title`. `text`: lines below the title, which
    say all of it; the address of its `picture` is good for a month; `phone` is the person's. `page`: what it
    opens rather than its `url`, on channels that can (`Capabilities.pages`)."""

    title: str
    text: str = ""
    url: str = ""
    picture: OutboundFile | None = None
    place: Place | None = None
    phone: str = ""
    page: MiniPage | None = None


class Button(Struct, frozen=True, kw_only=True):
    """With `url` it opens that page; without, the platform tells us of `ref` (≤ 64 characters) when it is
    pressed, as the `tap` of a message. `asks`: it shares her phone number or where she is, which comes as a
    message of hers."""

    text: str
    url: str = ""
    ref: str = ""
    asks: Asks | Literal[""] = ""


class Outbound(Struct, frozen=True, kw_only=True):
    """Something the platform is to hear of: one part of a message, already as short as the channel wants it.

    `event_id` stays the same over all attempts; `external_id` is the customer's. A close has no message: its
    `seq` is the last one's. `message_ids`: what the platform calls the parts of the message that is edited or
    recalled or reacted to (`text` is the emoji then, empty for none any more); `quote_id` the same of the
    quoted one. `card` and `buttons` stand below the text; they are no more than the channel can carry.
    `ticket`: the newest she has brought, with the time it came; `last_message_id` her newest message.
    `first`: the first part of its message. `copies`: the addresses that get it too, where the channel has
    `copying`.
    """

    event_id: str
    what: What
    at: datetime
    conversation_id: UUID
    external_id: str
    seq: int
    client_id: str = ""
    kind: Kind = "text"
    text: str = ""
    file: OutboundFile | None = None
    quote_seq: int | None = None
    quote_id: str = ""
    message_ids: Sequence[str] = ()
    agent_name: str = ""
    template: TemplateUse | None = None
    card: OutboundCard | None = None
    buttons: Sequence[Button] = ()
    ticket: str = ""
    ticket_at: datetime | None = None
    last_message_id: str = ""
    first: bool = True
    copies: Sequence[str] = ()


class Typing(Struct, frozen=True, kw_only=True):
    """Somebody here is writing to her. `ticket` and `last_message_id` as of `Outbound`."""

    external_id: str
    ticket: str = ""
    last_message_id: str = ""


class Seen(Struct, frozen=True, kw_only=True):
    """Somebody here has read what she has written until now. `ticket` and `last_message_id` as of
    `Outbound`."""

    external_id: str
    ticket: str = ""
    last_message_id: str = ""


class Receipt(Struct, frozen=True, kw_only=True):
    """The platform has it. `external_id` is the message's name there, where it says one."""

    external_id: str = ""
    status: int | None = None


class Retry(Exception):
    """Not now: try again, at the earliest after `after` seconds where the platform says so. `sure`: nothing
    has been sent. Else, after a server's error or a broken answer, the platform may have the message; where
    it does not know a second attempt for the first (`Capabilities.idempotent`) nobody sends it again
    unasked."""

    def __init__(
        self,
        why: str,
        *,
        after: float = 0,
        status: int | None = None,
        fault: Fault = "transient",
        sure: bool = False,
    ) -> None:
        super().__init__(why)
        self.why = why
        self.after = after
        self.status = status
        self.fault = fault
        self.sure = sure


class Turned(Exception):
    """Refused for good: the same again would be refused again."""

    def __init__(self, why: str, *, status: int | None = None, fault: Fault = "permanent") -> None:
        super().__init__(why)
        self.why = why
        self.status = status
        self.fault = fault


class Expired(Exception):
    """The platform does not take the token. It is renewed and the call made once more, at once."""

    def __init__(self, why: str = "token expired", *, status: int | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.status = status
