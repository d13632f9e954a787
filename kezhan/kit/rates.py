"""Token buckets by key, in this process's memory."""

import math
import time
from collections import OrderedDict

from kezhan.kit.errors import Refused

_KEYS = 50_000


class Rates:
    """At most `per_minute` on average and `burst` at once for each key."""

    def __init__(self, *, per_minute: float, burst: float) -> None:
        self._rate = per_minute / 60
        self._burst = burst
        self._spent: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str) -> None:
        """Raises Refused 429 `kit.too_many` with `retry_after` (seconds) where nothing is left."""
        at = time.monotonic()
        left, since = self._spent.pop(key, (self._burst, at))
        left = min(self._burst, left + (at - since) * self._rate)
        self._spent[key] = (max(left - 1, 0.0) if left >= 1 else left, at)
        if len(self._spent) > _KEYS:
            self._spent.popitem(last=False)
        if left < 1:
            raise Refused("kit.too_many", 429, retry_after=max(1, math.ceil((1 - left) / self._rate)))
