"""What a channel can carry, and why something may not arrive."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

Kind = Literal["text", "file"]
What = Literal["message", "edited", "recalled", "closed", "reacted"]
Unit = Literal["characters", "bytes", "utf16"]
Asks = Literal["phone", "place"]
Fault = Literal[
    "token_expired",
    "rate_limited",
    "window_closed",
    "recipient_blocked",
    "content_rejected",
    "too_long",
    "media_error",
    "not_allowed",
    "transient",
    "bad_address",
    "no_such_host",
    "unreachable",
    "refused",
    "certificate",
    "timed_out",
    "broken_off",
    "not_understood",
    "internal",
    "unsure",
    "permanent",
]
"""Why something could not be delivered, as people are told: the credentials are bad; too fast; the customer
has to write first; she takes nothing from us; the content is refused; too long; the file is refused; the
account may not do this; the platform is ill; its address cannot be called, or its name is not known; no way
leads there; nobody listens; its certificate is not good; no answer in time; the connection broke; the answer
is none of the platform's; a fault of ours; it may have arrived, and nobody knows; anything else."""


class Window(Struct, frozen=True, kw_only=True):
    """After each message of the customer: for how many seconds she may be written to, and how often (None: as
    often as one likes)."""

    seconds: int
    messages: int | None = None


class Rate(Struct, frozen=True, kw_only=True):
    """At most `calls` in any `seconds`."""

    calls: int
    seconds: float = 1.0


class Voice(Struct, frozen=True, kw_only=True):
    """What goes as a voice message: sound of one of these types, of which others are made into the first, of
    at most so many `seconds` and bytes."""

    media_types: tuple[str, ...]
    seconds: int
    most: int


class CardNeeds(Struct, frozen=True, kw_only=True):
    """What a card has to have for the platform to draw it: no text and no buttons beside it (`alone`, as goes
    for a place too), a page (`url`), a picture of one of these media types (none: it may go without). Else it
    goes as text."""

    alone: bool = False
    url: bool = False
    pictures: frozenset[str] = frozenset()


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can carry. `receives` and `sends` are kinds of message; `text_length` the longest text
    out in `text_unit`, and longer ones go in parts; `file_bytes` the largest file. `files`: the media types
    that go as files ("image/jpeg", "image/*") with the largest of each in bytes, where not all do; any other
    file goes as a link. `voice`: sound that fits goes as a voice message, whatever `files` says. `captions`:
    a file goes with its text in one message; `by_link`: as our address of it, which the customer's own app
    opens whenever she looks. `cards`: a card as the platform draws one, where it has what that takes
    (`card_needs`), below a text or (`cards_alone`) by itself, its title and its text of at most `card_text`
    each; `places` and `persons`: a place on the map, somebody's name and phone; `pages`: a mini-program's
    page, where the card has what that takes, of the app `pages_of` alone where one is named. `buttons`: how
    many below a text, each of at most `button_text` characters, the text of at most `button_body`, whether
    some may open a page (`button_links`, then `buttons_linked` together at most), what one may share instead
    (`asks`), which then stands alone; what does not fit goes as lines of text. `reactions`: an emoji
    of ours below a message. The rest says what may happen to a message after it (`recall` and `edit` ours,
    `receipts` the platform's word that it was delivered or read), whether the platform knows a second
    attempt by the event's id (`idempotent`, for `repeat_seconds` where it forgets), how fast one may send,
    and for how long after the customer has written."""

    receives: frozenset[Kind] = frozenset({"text"})
    sends: frozenset[Kind] = frozenset({"text"})
    text_length: int = 10_000
    text_unit: Unit = "characters"
    file_bytes: int = 20 * 1024 * 1024
    files: Mapping[str, int] = {}
    voice: Voice | None = None
    captions: bool = False
    by_link: bool = False
    cards: bool = False
    cards_alone: bool = False
    card_text: int = 10_000
    places: bool = False
    persons: bool = False
    card_needs: CardNeeds = CardNeeds()
    pages: CardNeeds | None = None
    pages_of: str = ""
    buttons: int = 0
    button_text: int = 40
    button_body: int = 10_000
    button_links: bool = False
    buttons_linked: int | None = None
    asks: frozenset[Asks] = frozenset()
    reactions: bool = False
    quote: bool = False
    edit: bool = False
    recall: bool = False
    closing: bool = False
    receipts: bool = False
    typing: bool = False
    templates: bool = False
    idempotent: bool = False
    repeat_seconds: int | None = None
    window: Window | None = None
    rate: Rate | None = None
    recipient_rate: Rate | None = None
