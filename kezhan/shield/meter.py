"""How much has come from where lately: sliding windows in memory, shared with the other processes."""

import math
from collections.abc import Iterable
from uuid import UUID

from kezhan.shield.schemas import SECONDS, Bound, Counted, Flush, Level, Scope

_KEYS = 200_000
_SHARED_FROM = 4
"""A key is shared once a process has counted this part of its bound, so that the many who come nowhere near
one cost no statement. Over n processes up to n/4 of a bound may stay unseen, and what a second brings."""

Key = tuple[UUID, Counted, Scope, str]


class _Count:
    """Of one key: the window that is going on, and the one before it."""

    __slots__ = ("before", "level", "shared", "slot", "unshared")

    def __init__(self, slot: int) -> None:
        self.slot = slot
        self.before = 0
        self.shared = 0
        """What all processes had told of this window, when last heard."""
        self.unshared = 0
        self.level: Level = ""

    def turn(self, slot: int) -> None:
        if slot != self.slot:
            self.before = self.shared + self.unshared if slot == self.slot + 1 else 0
            self.slot, self.shared, self.unshared, self.level = slot, 0, 0, ""


class Meter:
    """One per process. A window slides: of the one before, so much counts as still lies within."""

    def __init__(self) -> None:
        self._counts: dict[Key, _Count] = {}
        self._dirty: dict[Key, None] = {}

    def amount(self, key: Key, at: float) -> float:
        """Counted within the window that ends at `at`."""
        count = self._counts.get(key)
        if count is None:
            return 0.0
        slot, part = _slot(key, at)
        count.turn(slot)
        return count.before * (1 - part) + count.shared + count.unshared

    def wait(self, key: Key, bound: int, at: float) -> int:
        """Seconds until one more keeps within `bound`; 0: now."""
        if self.amount(key, at) + 1 <= bound:
            return 0
        count, seconds = self._counts[key], SECONDS[key[1]]
        _, part = _slot(key, at)
        now = count.shared + count.unshared
        within = now + 1 <= bound  # what is too much lies in the window before, and leaves with it
        until = 1 - (bound - 1 - now) / count.before if within else 2 - (bound - 1) / now
        return max(1, math.ceil((until - part) * seconds))

    def add(self, key: Key, bound: Bound, at: float) -> Level:
        """Count one more; which bound that reaches, the first time in its window."""
        slot, part = _slot(key, at)
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= _KEYS:
                self.forget(at)
            count = self._counts[key] = _Count(slot)
        count.turn(slot)
        count.unshared += 1
        amount = count.before * (1 - part) + count.shared + count.unshared
        lowest = bound.soft or bound.hard
        if amount * _SHARED_FROM >= lowest:
            self._dirty[key] = None
        return self._reach(key, count, amount, bound)

    def refused(self, key: Key, at: float) -> None:
        """It would have gone beyond its hard bound: noted, not counted."""
        count = self._counts[key]
        count.turn(_slot(key, at)[0])
        if count.level != "hard":
            count.level = "hard"
            self._dirty[key] = None

    def _reach(self, key: Key, count: _Count, amount: float, bound: Bound) -> Level:
        level: Level = ""
        if bound.hard and amount >= bound.hard:
            level = "hard"
        elif bound.soft and amount >= bound.soft:
            level = "soft"
        if not level or count.level in {level, "hard"}:
            return ""
        count.level = level
        self._dirty[key] = None
        return level

    def take(self) -> dict[UUID, list[Flush]]:
        """What is to be told, by workspace; with it nothing is left to tell."""
        told: dict[UUID, list[Flush]] = {}
        for key in self._dirty:
            workspace_id, rule, scope, name = key
            count = self._counts.get(key)
            if count is None or not (count.unshared or count.level):
                continue
            starts_at = count.slot * SECONDS[rule]
            flush = Flush(rule, scope, name, starts_at, count.unshared, count.level)
            count.shared += count.unshared
            count.unshared = 0
            told.setdefault(workspace_id, []).append(flush)
        self._dirty.clear()
        return told

    def back(self, workspace_id: UUID, flushes: Iterable[Flush]) -> None:
        """These could not be told: another time."""
        for one in flushes:
            key: Key = (workspace_id, Counted(one.rule), _scope(one.scope), one.key)
            count = self._counts.get(key)
            if count is not None and count.slot * SECONDS[key[1]] == one.starts_at:
                count.shared -= one.n
                count.unshared += one.n
                self._dirty[key] = None

    def hear(self, key: Key, starts_at: float, n: int) -> None:
        """All processes together have counted this in that window."""
        count = self._counts.get(key)
        if count is not None and count.slot * SECONDS[key[1]] == starts_at:
            count.shared = max(count.shared, n)

    def forget(self, at: float) -> None:
        """What lies in the past."""
        for key in [key for key, count in self._counts.items() if count.slot + 1 < _slot(key, at)[0]]:
            del self._counts[key]
        if len(self._counts) >= _KEYS:  # a crowd: the oldest half goes
            for key in list(self._counts)[: _KEYS // 2]:
                del self._counts[key]


def _slot(key: Key, at: float) -> tuple[int, float]:
    """The window at `at`, and how much of it has passed."""
    whole, part = divmod(at, SECONDS[key[1]])
    return int(whole), part / SECONDS[key[1]]


def _scope(text: str) -> Scope:
    return "visitor" if text == "visitor" else "address" if text == "address" else "workspace"
