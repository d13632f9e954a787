"""The choice of a seat against queueing theory: virtual time, the product's own `choose`, Erlang C beside it.

Customers come by Poisson and are served for an exponential time, a seat serves as many at once as it has
units. Each is given to a seat by `choose`, when she comes or when somebody leaves; who finds no seat waits,
first come first served. The share that waits and the mean wait, of batches of customers in a row, give an
interval that must hold what Erlang C says. Seeds are fixed: a run is the same each time, whatever machine it
is on.
"""

import heapq
import math
import os
import random
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import msgspec

from bench.report import Column, Line, Round
from kezhan.routing.choose import Seat, Waiting, choose
from kezhan.routing.policy import Order, Policy, Rule
from kezhan.staffing.erlang import ServiceLevel, patient

TITLE = "choice of a seat in virtual time, Erlang C beside it"
BATCHES = 40
WIDEST = 0.05
"""Half of an interval over the formula's value, at the most."""
_STUDENT = 2.0227  # 0.975 of Student's t with 39 degrees of freedom
_WARM_UP = 0.02
_BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
_RULE = UUID(int=7)


class Case(NamedTuple):
    """`load` is that of one unit; a seat has `units` of them. Handling takes one second on the average."""

    seats: int
    units: int
    load: float
    order: Order
    customers: int
    seed: int = 1

    @property
    def servers(self) -> int:
        return self.seats * self.units

    @property
    def name(self) -> str:
        beside = f" × {self.units} at once" if self.units > 1 else ""
        return f"{self.seats} seat{'s' * (self.seats > 1)}{beside}, load {self.load:.2f}"


CASES = (
    Case(1, 1, 0.5, Order.ROUND_ROBIN, 150_000),
    Case(2, 1, 0.6, Order.LONGEST_IDLE, 200_000),
    Case(3, 1, 0.7, Order.ROUND_ROBIN, 400_000),
    Case(5, 1, 0.7, Order.LEAST_LOADED, 450_000),
    Case(10, 1, 0.75, Order.LONGEST_IDLE, 750_000),
    Case(20, 1, 0.8, Order.ROUND_ROBIN, 1_500_000),
    Case(30, 1, 0.8, Order.LEAST_LOADED, 3_000_000),
    Case(50, 1, 0.84, Order.ROUND_ROBIN, 2_800_000),
    Case(4, 5, 0.8, Order.LEAST_LOADED, 1_500_000, seed=2),
    Case(10, 3, 0.8, Order.LEAST_LOADED, 3_000_000, seed=2),
)


class Interval(msgspec.Struct, frozen=True):
    """Of batch means, 95 %."""

    mean: float
    half: float

    def holds(self, value: float) -> bool:
        return abs(self.mean - value) <= self.half


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    waits: Interval
    wait_s: Interval
    assigned: int


class ErlangRound(Round, frozen=True, kw_only=True):
    """`…_half` are halves of the interval; 0 for the formula."""

    waits: float
    waits_half: float = 0.0
    wait_s: float
    wait_s_half: float = 0.0


class _Floor:
    """Seats and those who wait, as the product keeps them: units in use, turns, since when a seat is idle."""

    def __init__(self, case: Case) -> None:
        rule = Rule(id=_RULE, name="everybody", order=[case.order])
        self._policy = Policy(rules=[rule])
        self._seats = [
            Seat(id=UUID(int=number + 1), name="", state="online", live=(0, case.units), idle_since=_BEGIN)
            for number in range(case.seats)
        ]
        self._by_id = {seat.id: seat for seat in self._seats}
        self._turn = 0
        self.assigned = 0

    def give(self, conversation: Waiting, at: datetime) -> Seat | None:
        """The seat that `choose` names, one unit fuller; a seat over its capacity is a fault."""
        decision = choose(conversation, self._seats, self._policy, at)
        if decision.seat_id is None:
            return None
        seat = self._by_id[decision.seat_id]
        used, there = seat.live
        if used >= there:
            raise AssertionError(f"given to a full seat at {at}")
        self._turn += 1
        self.assigned += 1
        seat.live, seat.last_turn, seat.idle_since = (used + 1, there), self._turn, None
        return seat

    def free(self, seat: Seat, at: datetime) -> None:
        used, there = seat.live
        seat.live = (used - 1, there)
        if used == 1:
            seat.idle_since = at


def simulate(case: Case) -> Simulated:
    """Play a case; the first few customers, who come into an empty house, are not counted."""
    waited = _waits(case)
    begin = round(case.customers * _WARM_UP)
    size = (case.customers - begin) // BATCHES
    batches = [waited[begin + n * size : begin + (n + 1) * size] for n in range(BATCHES)]
    return Simulated(
        waits=_interval([sum(wait > 0 for wait in batch) / size for batch in batches]),
        wait_s=_interval([math.fsum(batch) / size for batch in batches]),
        assigned=len(waited),
    )


def _waits(case: Case) -> list[float]:
    """How long each customer waited, in the order of their coming; 0 for who found a seat at once."""
    chance = random.Random(case.seed)  # noqa: S311 - a simulation
    floor, rate = _Floor(case), case.load * case.servers
    waited = [0.0] * case.customers
    queue: deque[tuple[int, float, Waiting]] = deque()
    leaving: list[tuple[float, int, Seat]] = []
    coming, number = chance.expovariate(rate), 0
    while number < case.customers or queue:
        if number < case.customers and (not leaving or coming <= leaving[0][0]):
            at, moment = coming, _BEGIN + timedelta(seconds=coming)
            conversation = Waiting(id=UUID(int=number), rule_id=_RULE)
            seat = None if queue else floor.give(conversation, moment)
            if seat is None:
                queue.append((number, at, conversation))
            else:
                heapq.heappush(leaving, (at + chance.expovariate(1), number, seat))
            number, coming = number + 1, at + chance.expovariate(rate)
            continue
        if not leaving:
            raise AssertionError(f"somebody waits beside a free seat after {coming}")
        at, _, seat = heapq.heappop(leaving)
        moment = _BEGIN + timedelta(seconds=at)
        floor.free(seat, moment)
        if queue:
            first, since, conversation = queue[0]
            taker = floor.give(conversation, moment)
            if taker is None:
                raise AssertionError(f"somebody waits beside a free seat at {moment}")
            queue.popleft()
            waited[first] = at - since
            heapq.heappush(leaving, (at + chance.expovariate(1), first, taker))
    return waited


def _interval(means: Sequence[float]) -> Interval:
    mean = math.fsum(means) / len(means)
    variance = math.fsum((one - mean) ** 2 for one in means) / (len(means) - 1)
    return Interval(mean, _STUDENT * math.sqrt(variance / len(means)))


def formula(case: Case) -> tuple[float, float]:
    """Erlang C: the share that waits and the mean wait of all."""
    queue = patient(case.servers, case.load * case.servers, 1, ServiceLevel())
    return queue.wait_probability, queue.wait_s


def line(case: Case) -> Line:
    waits, wait_s = formula(case)
    found = simulate(case)
    played = ErlangRound(
        kind="product",
        waits=found.waits.mean,
        waits_half=found.waits.half,
        wait_s=found.wait_s.mean,
        wait_s_half=found.wait_s.half,
    )
    return Line(name=case.name, rounds=[ErlangRound(kind="limit", waits=waits, wait_s=wait_s), played])


def run_erlang() -> list[Line]:
    """All cases, on as many processes as there are cores, the longest first."""
    longest = sorted(CASES, key=lambda case: -case.customers * case.seats)
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        lines = dict(zip(longest, pool.map(line, longest), strict=True))
    return [lines[case] for case in CASES]


def fits(played: Line, field: str) -> bool:
    """The interval is narrow enough and holds what the formula says."""
    said = played.median("limit", field)
    off = abs(played.median("product", field) - said)
    half = played.median("product", f"{field}_half")
    return off <= half <= WIDEST * said


def verdict(lines: Sequence[Line]) -> str:
    good = sum(fits(one, "waits") and fits(one, "wait_s") for one in lines)
    return f"erlang: {good} of {len(lines)} cases hold Erlang C in an interval of at most ± {WIDEST:.0%}"


def _columns(head: str, field: str) -> list[Column]:
    def shown(one: Line) -> str:
        value, half = one.median("product", field), one.median("product", f"{field}_half")
        return f"{value:.4f} ± {half / one.median('limit', field):.1%}"

    return [
        Column(f"{head}, simulated", shown),
        Column("Erlang C", lambda one: f"{one.median('limit', field):.4f}"),
        Column("", lambda one: "holds" if fits(one, field) else "MISSES"),
    ]


COLUMNS = [*_columns("share that waits", "waits"), *_columns("mean wait, handle times", "wait_s")]
