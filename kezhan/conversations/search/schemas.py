"""What a search asks for and answers."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from kezhan.conversations.schemas import Author, Head, Kind
from kezhan.kit.clock import Instant
from kezhan.kit.masking import Said


class By(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"


class Filters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What narrows a search down: `contact_id` whose conversations, `assignee_id` who serves in them, `by`
    which side has spoken; `tag_id` is on the conversation or its customer. `since` is in, `until` out."""

    conversation_id: UUID | None = None
    contact_id: UUID | None = None
    assignee_id: UUID | None = None
    team_id: UUID | None = None
    channel: str | None = None
    by: By | None = None
    tag_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None


class Hit(Struct, frozen=True, kw_only=True, tag="message", tag_field="is"):
    """A message that contains what was asked for. `snippet` is the text around the first match; `matches` are
    the matches in it, [start, end) in UTF-16 units."""

    head: Head
    seq: int
    kind: Kind
    author: Author
    at: Instant
    snippet: Said
    matches: list[tuple[int, int]]
