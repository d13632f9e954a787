"""Token buckets by key, in this process's memory."""

import math
import time
from collections import OrderedDict
from typing import NamedTuple

from kezhan.kit.errors import Refused

_KEYS = 50_000


class Left(NamedTuple):
    """What a key may do yet: `left` of `most` at once, all of it again after `seconds`."""

    most: int
    left: int
    seconds: int


class Rates:
    """At most `per_minute` on average and `burst` at once for each key."""

    def __init__(self, *, per_minute: float, burst: float) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, per_minute: float | None = None) -> None:
        """Raises Refused 429 `kit.too_many` with `retry_after` (seconds) where nothing is left. `per_minute`
        is this key's own rate, a minute of it at once."""
        rate, burst = self._of(per_minute)
        at = time.monotonic()
        left, since = self._spent.pop(key, (burst, at))
        left = min(burst, left + (at - since) * rate)
        self._spent[key] = (max(left - 1, 0.0) if left >= 1 else left, at)
        if len(self._spent) > _KEYS:
            self._spent.popitem(last=False)
        if left < 1:
            raise Refused("kit.too_many", 429, retry_after=max(1, math.ceil((1 - left) / rate)))

    def left(self, key: str, per_minute: float | None = None) -> Left:
        rate, burst = self._of(per_minute)
        at = time.monotonic()
        left, since = self._spent.get(key, (burst, at))
        left = min(burst, left + (at - since) * rate)
        return Left(int(burst), int(left), math.ceil((burst - left) / rate))

    def _of(self, per_minute: float | None) -> tuple[float, float]:
        return (self._rate, self._burst) if per_minute is None else (per_minute / 60, per_minute)
