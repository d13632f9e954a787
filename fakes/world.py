"""What a platform lives in: trouble that can be switched on, a clock that can run ahead, tokens, limits."""

import random
import secrets
import time
from collections import defaultdict, deque

from msgspec import Struct


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Trouble on purpose. Zero is none."""

    delay: float = 0.0
    """Seconds before every answer to a call."""
    faults: float = 0.0
    """Share (0 to 1) of calls that end in 5xx, half of them after they were done."""
    error: str = ""
    """The platform's own code with which every call that sends is refused."""
    rate_limit: int = 0
    """Calls per second; one more is refused as the platform refuses it."""
    clock_ahead: float = 0.0
    """Seconds by which windows, tokens and codes are older than they are."""
    duplicate: int = 0
    """Every n-th callback is delivered twice."""
    drop: int = 0
    """Every n-th callback is lost for good."""
    reorder: bool = False
    """Hold one callback back until the next has been delivered, again and again."""
    pace: float = 1.0
    """By how much the platform's own waits (time-outs, pauses before a repeat) are quicker."""


class Clock:
    """Seconds since 1970 as the platform counts windows; what it signs carries the true time."""

    def __init__(self, switches: Switches) -> None:
        self._switches = switches

    def now(self) -> float:
        return time.time() + self._switches.clock_ahead


class Tokens:
    """Secrets given out for a time: access tokens, codes, tickets."""

    def __init__(self, clock: Clock, prefix: str = "", size: int = 64) -> None:
        self._clock, self._prefix, self._size = clock, prefix, size
        self._until: dict[str, float] = {}
        self._owner: dict[str, str] = {}

    def issue(self, owner: str, seconds: float) -> str:
        token = self._prefix + secrets.token_urlsafe(self._size)[: self._size]
        self._until[token], self._owner[token] = self._clock.now() + seconds, owner
        return token

    def current(self, owner: str, at_least: float = 0) -> tuple[str, float] | None:
        """The owner's newest token and the seconds it has, if these are more than `at_least`."""
        for token in reversed([token for token, whose in self._owner.items() if whose == owner]):
            left = self._until[token] - self._clock.now()
            if left > at_least:
                return token, left
        return None

    def owner(self, token: str) -> str | None:
        """Whose it is, expired or not; None for one never given out."""
        return self._owner.get(token)

    def good(self, token: str) -> bool:
        return self._until.get(token, 0) > self._clock.now()

    def shorten(self, token: str, seconds: float) -> None:
        self._until[token] = min(self._until[token], self._clock.now() + seconds)

    def use_up(self, token: str) -> bool:
        """Whether it was good; it is not any more."""
        good = self.good(token)
        if token in self._until:
            self._until[token] = 0
        return good

    def void_all(self) -> None:
        self._until = dict.fromkeys(self._until, 0.0)


class Meter:
    """Counts per key over a sliding time: quotas, rates."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._at: dict[str, deque[float]] = defaultdict(deque)

    def count(self, key: str, seconds: float) -> int:
        times = self._at[key]
        while times and times[0] <= self._clock.now() - seconds:
            times.popleft()
        return len(times)

    def take(self, key: str, most: int, seconds: float) -> bool:
        """False, and nothing counted, where `most` in the last `seconds` have been."""
        if self.count(key, seconds) >= most:
            return False
        self._at[key].append(self._clock.now())
        return True


class World:
    """One platform's switches, clock, dice and the counters behind the switches."""

    def __init__(self, seed: int = 1) -> None:
        self.switches = Switches()
        self.clock = Clock(self.switches)
        self.dice = random.Random(seed)  # noqa: S311
        self.calls = Meter(Clock(Switches()))
        self.callbacks = 0

    def set(self, changes: dict[str, object]) -> None:
        """ValueError for a word or a value that is no switch."""
        for name, value in changes.items():
            known = getattr(self.switches, name, None) if name in Switches.__struct_fields__ else None
            if known is None:
                raise ValueError(f"there is no switch {name}")
            if isinstance(known, str) is not isinstance(value, str) or not isinstance(
                value, str | int | float
            ):
                raise ValueError(f"{name} is no {type(value).__name__}")
            setattr(self.switches, name, type(known)(value))

    def faulty(self) -> bool:
        return self.dice.random() < self.switches.faults

    def too_many(self) -> bool:
        limit = self.switches.rate_limit
        return limit > 0 and not self.calls.take("", limit, 1)

    def lots(self) -> tuple[bool, bool]:
        """Of the next callback: whether it is lost, whether it is delivered twice."""
        self.callbacks += 1
        nth, switches = self.callbacks, self.switches
        lost = switches.drop > 0 and nth % switches.drop == 0
        return lost, switches.duplicate > 0 and nth % switches.duplicate == 0
