"""How long it will take, honestly: from how quickly this queue has been served of late."""

from math import ceil, floor, sqrt

from msgspec import Struct

WINDOW_SECONDS = 1800
LEAST = 3
"""Served in the window, below which nothing is said."""
_SHARE = 1.28
"""Standard deviations on either side: eight of ten waits end within the range."""


class Range(Struct, frozen=True):
    """Seconds, from and to."""

    low: int
    high: int


def expected(place: int, served: int, window: float = WINDOW_SECONDS) -> Range | None:
    """The wait of somebody with `place - 1` before her, in a queue of which `served` have been served in the
    last `window` seconds; None where that says too little.

    Served at the rate r, the n-th is served after the sum of n exponential gaps: a gamma with mean n/r and
    variance n/r². The rate itself was counted from `served` events, which adds its own share, 1/served. The
    range holds eight of ten, by Wilson and Hilferty's approximation.
    """
    if served < LEAST or place < 1 or window <= 0:
        return None
    mean = place * window / served
    # Relative variance of a sum of `place` gaps, and of the rate.
    spread = sqrt(1 / place + 1 / served)
    low, high = mean * _quantile(spread, -_SHARE), mean * _quantile(spread, _SHARE)
    return Range(floor(low / _unit(low)) * _unit(low), rounded_up(high))


def rounded_up(seconds: float) -> int:
    """As people say it, ten seconds at least, and never less than it is."""
    return max(ceil(seconds / _unit(seconds)) * _unit(seconds), 10)


def _quantile(spread: float, deviations: float) -> float:
    """Of a gamma with mean 1 and this standard deviation."""
    shape = 1 / (spread * spread)
    return max(0.0, (1 - 1 / (9 * shape) + deviations / (3 * sqrt(shape))) ** 3)


def _unit(seconds: float) -> int:
    """Ten seconds, half a minute, minutes."""
    return 10 if seconds < 60 else 30 if seconds < 300 else 60
