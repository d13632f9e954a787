"""Callers whom this process has looked up a moment ago, for requests that change nothing.

What they may do ends with a hint: the topics on which sockets hear that they are over (`session:<id>`,
`member:<id>`) are those under which callers are kept. Where hints do not arrive nobody is known.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
KEPT_SECONDS = 3.0
"""How long a caller is known at most: as long as one is whose end was told on a line that broke unnoticed."""
_MOST = 10_000


class _Entry(NamedTuple, Generic[T]):
    value: T
    topics: Sequence[str]
    until: float


class Known(Generic[T]):
    """One per process. `hears` says whether hints of other processes arrive just now."""

    def __init__(self, hears: Callable[[], bool]) -> None:
        self._hears = hears
        self._entries: dict[Hashable, _Entry[T]] = {}
        self._by_topic: defaultdict[str, set[Hashable]] = defaultdict(set)
        self.moment = 0
        """Changes when anybody is forgotten: who was looked up before that may be no more what was found."""

    def find(self, key: Hashable) -> T | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.until < time.monotonic() or not self._hears():
            self._drop(key)
            return None
        return entry.value

    def keep(self, key: Hashable, value: T, topics: Sequence[str], moment: int, seconds: float) -> None:
        """`moment` is that of before the look-up, `seconds` what is left of the credential's life."""
        if moment != self.moment or not self._hears():
            return
        if len(self._entries) >= _MOST:
            self.forget_all()
        self._entries[key] = _Entry(value, topics, time.monotonic() + min(seconds, KEPT_SECONDS))
        for topic in topics:
            self._by_topic[topic].add(key)

    def forget(self, topic: str) -> None:
        self.moment += 1
        for key in tuple(self._by_topic.get(topic, ())):
            self._drop(key)

    def forget_all(self) -> None:
        self.moment += 1
        self._entries.clear()
        self._by_topic.clear()

    def _drop(self, key: Hashable) -> None:
        for topic in self._entries.pop(key).topics:
            self._by_topic[topic].discard(key)
            if not self._by_topic[topic]:
                del self._by_topic[topic]
