"""What a search answers."""

from msgspec import Struct

from kezhan.conversations.schemas import Author, Head, Kind
from kezhan.kit.clock import Instant


class Hit(Struct, frozen=True, kw_only=True):
    """A message that contains what was asked for. `snippet` is the text around the first match; `matches` are
    the matches in it, [start, end) in UTF-16 units."""

    head: Head
    seq: int
    kind: Kind
    author: Author
    at: Instant
    snippet: str
    matches: list[tuple[int, int]]
