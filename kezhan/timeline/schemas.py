"""What crosses the wire."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from kezhan.kit.clock import Instant
from kezhan.kit.masking import Cut, Said


class TimelineKind(StrEnum):
    """`came`: by an identity that was new; `edited`: fields of her profile; `tagged` and `untagged`: by hand
    or by rule; `merged` and `parted`: with another; `rated`: a survey was answered; `wrapped`: written down
    at the end of a conversation; `privacy`: what was asked of her data."""

    OPENED = "opened"
    CLOSED = "closed"
    WRAPPED = "wrapped"
    RATED = "rated"
    VISITED = "visited"
    CAME = "came"
    NOTED = "noted"
    EDITED = "edited"
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    MERGED = "merged"
    PARTED = "parted"
    PRIVACY = "privacy"


class ContactFigures(Struct, frozen=True, kw_only=True):
    """Of her conversations, those merged into others and spam left out, as far as the reader sees them.
    `recent`: begun in the last 30 days. `messages`: hers. `channel`: by which she comes most; `tags`: most
    often on them, the first three. `csat`: of her newest answer (1 to 5), of `rated` in all; null for who
    reads no surveys."""

    conversations: int
    recent: int
    messages: int
    first_at: Instant | None
    last_at: Instant | None
    channel: str
    tags: list[UUID]
    rated: int | None
    csat: int | None


class TimelineItem(Struct, frozen=True, kw_only=True):
    """`by`: who did it, empty for the customer and the house. `count`: of messages of hers in a conversation,
    of pages in a visit. `text`: the beginning of a note or comment, a page's title, what the other one was
    called. `what`: of a merge how, of privacy what was asked. `fields`: which of her profile, own ones by
    their labels as far as the reader may see them, never what they say."""

    id: UUID
    kind: TimelineKind
    at: Instant
    by: str = ""
    conversation_id: UUID | None = None
    channel: str = ""
    count: int | None = None
    text: Cut = ""
    what: str = ""
    state: str = ""
    csat: int | None = None
    nps: int | None = None
    tag_id: UUID | None = None
    fields: list[str] = []
    labels: list[Said] = []
