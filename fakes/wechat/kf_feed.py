"""What happened on one service account, in order, as `sync_msg` reads it."""

import secrets
from typing import Any

from msgspec import Struct

from fakes.base import letters
from fakes.wechat.envelope import refuse
from fakes.world import Clock

HORIZON_S = 3 * 86400
PAGE = 1000


class Entry(Struct, kw_only=True):
    """`item` is None for what we sent ourselves: it has a place in the order and is never read back."""

    at: float
    item: dict[str, Any] | None = None


class Feed:
    """Cursors are secrets for places in the order; one made up is refused."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: list[Entry] = []
        self._places: dict[str, int] = {}

    def add(self, item: dict[str, Any] | None) -> None:
        self._entries.append(Entry(at=self._clock.now(), item=item))

    def read(self, cursor: str, limit: int) -> tuple[list[dict[str, Any]], str, bool]:
        """Items (perhaps none although there are more), the next cursor, whether there are more."""
        start = self._places.get(cursor) if cursor else self._first()
        if start is None:
            refuse(40058, "cursor")
        end = min(start + limit, len(self._entries))
        items = [entry.item for entry in self._entries[start:end] if entry.item is not None]
        following = letters(40) + secrets.token_hex(4)
        self._places[following] = end
        return items, following, end < len(self._entries)

    def _first(self) -> int:
        since = self._clock.now() - HORIZON_S
        return next((n for n, entry in enumerate(self._entries) if entry.at >= since), len(self._entries))
