"""What is counted while working: plain integers of one thread, read by whoever shows them."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

Observe = Callable[[str, float, bool, Mapping[str, str | int]], None]
"""Told of a piece of work that has ended: its name, its seconds, whether it went well, and ids and counts."""


class Histogram:
    """How often values fell into each bucket. `bounds` are the buckets' upper ends, rising; what lies above
    the last has a bucket of its own at the end of `counts`."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """(upper end as text, how many values up to it), the last end being `+Inf`."""
        ends = [*(str(bound) for bound in self.bounds), "+Inf"]
        counted: list[tuple[str, float]] = []
        so_far = 0
        for end, count in zip(ends, self.counts, strict=True):
            so_far += count
            counted.append((end, so_far))
        return counted


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Ends for what one machine does within itself."""
WAITS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 86400.0)
"""Ends for what depends on other people's machines."""
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
"""Ends for how many things are done at once."""
