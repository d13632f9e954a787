"""What crosses the wire of mentions."""

from uuid import UUID

from msgspec import Struct

from kezhan.conversations.schemas import Author, Head
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Cut


class Colleague(Struct, frozen=True):
    """A person or a team that can be named or invited; `sees`: the conversation as it stands (of a team:
    somebody of it does)."""

    id: UUID
    name: str
    sees: bool


class Colleagues(Struct, frozen=True, kw_only=True):
    people: list[Colleague]
    teams: list[Colleague]


class Mention(Struct, frozen=True, kw_only=True):
    """A note in which the caller has been named. `text`: the start of it, empty where it was recalled."""

    head: Head
    seq: int
    at: Instant
    by: Author
    text: Cut
    read: bool


class MentionCount(Struct, frozen=True):
    """Counted up to 100."""

    unread: int
