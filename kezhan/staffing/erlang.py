"""How many seats a load needs: Erlang B, C and A, and chats one seat serves side by side. Pure.

Arrivals are Poisson, handling is exponential, the queue is served in order. *Erlang C* lets everybody wait
for as long as it takes, *Erlang A* lets them leave after an exponential patience. Traffic is in erlangs
(arrivals × handle time), times are in seconds unless a name says otherwise.

A seat that serves k chats at once counts as k servers, since k chats advance while one of them waits for its
customer; what they cost each other is in the handle time, which grows with the number side by side
(`stretch.py`).
"""

import math
from collections.abc import Iterator

from msgspec import Struct

MOST_SERVERS = 100_000
# Gauss-Legendre on [-1, 1], eight points.
_GAUSS = (
    (0.1834346424956498, 0.3626837833783620),
    (0.5255324099163290, 0.3137066458778873),
    (0.7966664774136267, 0.2223810344533745),
    (0.9602898564975363, 0.1012285362903763),
)
_POINTS = tuple((side * x, weight) for x, weight in _GAUSS for side in (-1, 1))
_PANELS = 24
_FEWEST_PANELS = 4
_NEGLIGIBLE = 45.0
"""e to the minus this is nothing beside one."""


class Queue(Struct, frozen=True, kw_only=True):
    """How a queue does in its steady state. `wait_s` is the mean over all, whether they leave or wait at all;
    `asa_s` over those who are served. Both are infinite where the queue grows for ever."""

    wait_probability: float
    wait_s: float
    asa_s: float
    abandoned: float
    service_level: float
    occupancy: float


class ServiceLevel(Struct, frozen=True, kw_only=True):
    """A promise: this share is accepted within so many seconds; who leaves within `short_s` is not
    counted."""

    share: float = 0.8
    within_s: float = 20
    short_s: float = 5


class Need(Struct, frozen=True, kw_only=True):
    """Seats to plan so that `working` of them are there, shrinkage taken off, and how they then do."""

    seats: int
    working: int
    occupancy: float
    service_level: float
    asa_s: float
    abandoned: float
    wait_probability: float


def erlang_b(servers: int, traffic: float) -> float:
    """The share that finds all servers taken where nobody waits. Each step stays within 0 and 1."""
    blocked = 1.0
    for number in range(1, servers + 1):
        blocked = traffic * blocked / (number + traffic * blocked)
    return blocked


def erlang_c(servers: int, traffic: float) -> float:
    """The share that has to wait; all of them where the load is as much as the servers or more."""
    if traffic >= servers:
        return 1.0
    blocked = erlang_b(servers, traffic)
    return servers * blocked / (servers - traffic * (1 - blocked))


def patient(servers: int, arrivals_s: float, handle_s: float, target: ServiceLevel) -> Queue:
    """Erlang C: `arrivals_s` come each second and all of them stay."""
    traffic = arrivals_s * handle_s
    waits = erlang_c(servers, traffic)
    if traffic >= servers:
        return Queue(
            wait_probability=1.0,
            wait_s=math.inf,
            asa_s=math.inf,
            abandoned=0.0,
            service_level=0.0,
            occupancy=1.0,
        )
    drain = (servers - traffic) / handle_s
    return Queue(
        wait_probability=waits,
        wait_s=waits / drain,
        asa_s=waits / drain,
        abandoned=0.0,
        service_level=1 - waits * math.exp(-drain * target.within_s),
        occupancy=traffic / servers,
    )


def impatient(
    servers: int, arrivals_s: float, handle_s: float, patience_s: float, target: ServiceLevel
) -> Queue:
    """Erlang A: who has waited for `patience_s` on the average leaves.

    The wait that is offered to somebody who has to wait has the density g(x) ~ exp(f(x)), where f(x) =
    arrivals · (1 - exp(-x/patience)) · patience - servers · x / handle is concave (Baccelli and Hebuterne).
    All figures are integrals over g, taken about its peak, where nothing overflows and nothing cancels; its
    mass and Erlang B give the share that has to wait (Palm; Mandelbaum and Zeltyn).
    """
    traffic, leave = arrivals_s * handle_s, 1 / patience_s
    offered = _Offered(servers / handle_s, arrivals_s, patience_s)
    waits = _odds(erlang_b(servers, traffic), offered.log_mass + math.log(servers / handle_s))
    gone = waited_s = in_time = before = gone_before = 0.0
    for x, mass in offered.points():
        stays = math.exp(-leave * x)
        gone -= mass * math.expm1(-leave * x)
        waited_s += mass * x * stays
    for x, mass in offered.points(target.within_s):
        in_time += mass * math.exp(-leave * x)
    for x, mass in offered.points(target.short_s):
        before += mass
        gone_before -= mass * math.expm1(-leave * x)
    # Of those who are offered more than `short_s`, they leave before it whose patience is shorter than it.
    short = waits * (gone_before - (1 - before) * math.expm1(-leave * target.short_s))
    served = 1 - waits * gone
    return Queue(
        wait_probability=waits,
        wait_s=waits * gone * patience_s,
        asa_s=waits * waited_s / served if served > 0 else math.inf,
        abandoned=waits * gone,
        service_level=min(1.0, (1 - waits + waits * in_time) / (1 - short)) if short < 1 else 0.0,
        occupancy=min(1.0, traffic * served / servers),
    )


def _odds(blocked: float, log_a: float) -> float:
    """A·B / (1 - B + A·B), where A may be beyond every float."""
    if blocked <= 0:
        return 0.0
    if blocked >= 1:
        return 1.0
    log_odds = log_a + math.log(blocked) - math.log1p(-blocked)
    if log_odds > 0:
        return 1 / (1 + math.exp(-log_odds))
    return math.exp(log_odds) / (1 + math.exp(log_odds))


class _Offered:
    """The wait offered to those who have to wait: integrals over its density, between where it is
    negligible."""

    def __init__(self, drain: float, arrivals_s: float, patience_s: float) -> None:
        self._drain, self._arrivals, self._patience = drain, arrivals_s, patience_s
        self._peak = max(0.0, patience_s * math.log(arrivals_s / drain))
        self._top = self._log(self._peak)
        # The first guess is the width of the peak, or the way to the first e-th part beside it.
        curve = math.sqrt(patience_s / drain)
        slope = drain - arrivals_s
        step = curve if slope <= 0 else min(curve, 1 / slope) or curve
        self._low = 0.0 if self._peak == 0 else self._edge(-step)
        self._high = self._edge(step)
        self._mass = 1.0
        self._mass = sum(mass for _, mass in self.points())
        self.log_mass = self._top + math.log(self._mass)

    def points(self, up_to: float = math.inf) -> Iterator[tuple[float, float]]:
        """(wait, mass) up to a wait; the masses over all of it are one."""
        high = min(up_to, self._high)
        if high <= self._low:
            return
        width = high - self._low
        panels = max(_FEWEST_PANELS, math.ceil(_PANELS * width / (self._high - self._low)))
        half = width / panels / 2
        for panel in range(panels):
            middle = self._low + (2 * panel + 1) * half
            for point, weight in _POINTS:
                x = middle + half * point
                yield x, weight * half * math.exp(self._log(x) - self._top) / self._mass

    def _log(self, x: float) -> float:
        return -self._arrivals * self._patience * math.expm1(-x / self._patience) - self._drain * x

    def _edge(self, step: float) -> float:
        """Where the density has become negligible on this side of its peak."""
        reach = self._peak
        while reach >= 0 and self._log(reach) > self._top - _NEGLIGIBLE:
            reach += step
            step *= 1.5
        return max(0.0, reach)


def seats_needed(
    arrivals_per_interval: float,
    interval_s: float,
    handle_s: float,
    concurrency: float,
    target: ServiceLevel,
    shrinkage: float,
    patience_s: float | None,
) -> Need:
    """The fewest seats that keep `target`; by Erlang C, or by Erlang A where there is a patience.

    `handle_s` is that of a chat with `concurrency` side by side (`Stretch.handle_s`). A seat is `concurrency`
    servers, and of all seats together only whole servers count. `shrinkage` is the part of planned time in
    which a seat is not there (breaks, training, illness). Nothing arriving needs no seat.

    Raises ValueError where a number is out of its range or more than MOST_SERVERS servers would be needed.
    """
    _check(arrivals_per_interval, interval_s, handle_s, concurrency, target, shrinkage, patience_s)
    if arrivals_per_interval == 0:
        return _need(0, Queue(**_IDLE), shrinkage)
    rate = arrivals_per_interval / interval_s

    def queue(seats: int) -> Queue:
        servers = max(1, math.floor(seats * concurrency))
        if patience_s is None:
            return patient(servers, rate, handle_s, target)
        return impatient(servers, rate, handle_s, patience_s, target)

    def enough(seats: int) -> bool:
        return queue(seats).service_level >= target.share

    traffic = rate * handle_s
    if traffic > MOST_SERVERS:
        raise ValueError("more servers than there may be")
    # Too few in any case: without patience those who can be served at all, with it those who must be.
    stay = 1.0 if patience_s is None else target.share * math.exp(-target.short_s / patience_s)
    low = max(0, math.ceil(traffic * stay / concurrency) - 1)
    high, step = low + 1, 1
    while not enough(high):
        if high * concurrency > MOST_SERVERS:
            raise ValueError("more servers than there may be")
        low, high, step = high, high + step, step * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return _need(high, queue(high), shrinkage)


_IDLE = {
    "wait_probability": 0.0,
    "wait_s": 0.0,
    "asa_s": 0.0,
    "abandoned": 0.0,
    "service_level": 1.0,
    "occupancy": 0.0,
}


def _need(working: int, queue: Queue, shrinkage: float) -> Need:
    return Need(
        seats=math.ceil(working / (1 - shrinkage) - 1e-9),
        working=working,
        occupancy=queue.occupancy,
        service_level=queue.service_level,
        asa_s=queue.asa_s,
        abandoned=queue.abandoned,
        wait_probability=queue.wait_probability,
    )


def _check(
    arrivals: float,
    interval_s: float,
    handle_s: float,
    concurrency: float,
    target: ServiceLevel,
    shrinkage: float,
    patience_s: float | None,
) -> None:
    ranges = {
        "arrivals": 0 <= arrivals < math.inf,
        "interval": 0 < interval_s < math.inf,
        "handle time": 0 < handle_s < math.inf,
        "concurrency": 1 <= concurrency <= 100,
        "share": 0 < target.share < 1,
        "within": 0 <= target.within_s < math.inf,
        "shrinkage": 0 <= shrinkage < 1,
        "patience": patience_s is None or 0 < patience_s < math.inf,
    }
    wrong = [name for name, right in ranges.items() if not right]
    if wrong:
        raise ValueError(f"out of range: {', '.join(wrong)}")
