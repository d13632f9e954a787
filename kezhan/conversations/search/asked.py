"""What a look-up by words is asked with and written with, here and in the rooms above."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

# As the function takes them from `Asked`.
ASKED = """$1::text::tsquery, $2, $3, $4, $5, $6, $7, $8, $9, $10, coalesce($11::timestamptz, '-infinity'),
            coalesce($12::timestamptz, 'infinity'), $13, $14, $15,
            case when $18::uuid is not null then array(
                select unnest(array[t.id, t.merged_into]) from tags t where t.id = $18) end"""

# Where no phrase is asked for, no text is brought to another form in vain.
HOLDS_PHRASES = "(cardinality($16::text[]) = 0 or normalize({}, nfkc) like all ($16::text[]))"


class Asked(NamedTuple):
    """The parameters of `message_search` and `thing_search`; what is before (`at`, `thing`, `seq`) is looked
    at, newest first; of a message `thing` is its conversation. `reads_all`, `reader_id` and `teams` say what
    the caller may see. Of `many` that are found at most `shown` come, and only those that contain the
    `phrases`, patterns of `like`. `tag_id`: which may have been merged into another."""

    query: str
    reads_all: bool
    reader_id: UUID
    teams: list[UUID]
    conversation_id: UUID | None
    contact_id: UUID | None
    channel: str | None
    assignee_id: UUID | None
    team_id: UUID | None
    author: str | None
    since: datetime | None
    at: datetime | None
    thing: UUID
    seq: int
    many: int
    phrases: list[str]
    shown: int
    tag_id: UUID | None
    size: int
    """Of the page; not asked of the database."""
