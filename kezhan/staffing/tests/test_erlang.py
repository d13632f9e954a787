"""The Erlang formulas against what others have published, against each other, and at their edges."""

import math
import time

import pytest

from kezhan.staffing.erlang import (
    Need,
    ServiceLevel,
    erlang_b,
    erlang_c,
    impatient,
    patient,
    seats_needed,
)
from kezhan.staffing.stretch import Stint, Stretch, stretch_of

TARGET = ServiceLevel(share=0.8, within_s=20)
EIGHTY = ServiceLevel(share=0.8, within_s=20, short_s=0)

# T. S. Rappaport, Wireless Communications: Principles and Practice, "Capacity of an Erlang B system": the
# traffic that so many channels carry at a grade of service of 1 %, 0.5 %, 0.2 % and 0.1 %.
GRADES = (0.01, 0.005, 0.002, 0.001)
CAPACITY = {
    2: ("0.153", "0.105", "0.065", "0.046"),
    4: ("0.869", "0.701", "0.535", "0.439"),
    5: ("1.36", "1.13", "0.900", "0.762"),
    10: ("4.46", "3.96", "3.43", "3.09"),
    20: ("12.0", "11.1", "10.1", "9.41"),
    24: ("15.3", "14.2", "13.0", "12.2"),
    70: ("56.1", "53.7", "51.0", "49.2"),
    100: ("84.1", "80.9", "77.4", "75.2"),
}
PUBLISHED_B = [
    (servers, traffic, grade)
    for servers, row in CAPACITY.items()
    for traffic, grade in zip(row, GRADES, strict=True)
] + [(15, "8.108", 0.01)]  # Westbay Engineers, Erlang calculator manual, "How much traffic?"
# Lucent Technologies, Wireless University, "Erlang-B capacity table": the traffic at 2 %, by odd
# numbers of channels. The table goes to 89; six of its rows beyond 31 are misprinted and not here.
CAPACITY_AT_2 = (
    "0.020 0.602 1.657 2.935 4.345 5.842 7.402 9.010 10.656 12.333 14.036 15.761 17.505 19.265 21.039 22.827"
)
PUBLISHED_B += [(2 * row + 1, traffic, 0.02) for row, traffic in enumerate(CAPACITY_AT_2.split())]


@pytest.mark.parametrize(("servers", "traffic", "grade"), PUBLISHED_B)
def test_erlang_b_equals_the_published_table(servers: int, traffic: str, grade: float) -> None:
    # The table rounds some figures and cuts others.
    last_digit = 10 ** -len(traffic.partition(".")[2])
    low, high = float(traffic) - 0.51 * last_digit, float(traffic) + last_digit
    assert erlang_b(servers, low) < grade < erlang_b(servers, high)


# The delay probabilities of the M/M/c queue as textbooks print them (H. C. Tijms, A First Course in
# Stochastic Models): servers, load of a server, probability.
PUBLISHED_C = [
    (1, 0.5, 0.5000),
    (2, 0.5, 0.3333),
    (5, 0.5, 0.1304),
    (10, 0.5, 0.0361),
    (1, 0.8, 0.8000),
    (2, 0.8, 0.7111),
    (5, 0.8, 0.5541),
    (10, 0.8, 0.4092),
    (25, 0.8, 0.2091),
    (1, 0.9, 0.9000),
    (2, 0.9, 0.8526),
    (5, 0.9, 0.7625),
    (10, 0.9, 0.6687),
    (2, 0.95, 0.9256),
    (5, 0.95, 0.8778),
    (10, 0.95, 0.8256),
]


@pytest.mark.parametrize(("servers", "load", "waits"), PUBLISHED_C)
def test_erlang_c_equals_the_published_table(servers: int, load: float, waits: float) -> None:
    assert erlang_c(servers, servers * load) == pytest.approx(waits, abs=0.00006)


@pytest.mark.parametrize(
    ("servers", "traffic", "waits"),
    [
        # J. Dunlop, D. Girma, J. Irvine, Digital Mobile Communications and the TETRA System, table A.3.3.
        (8, 3.87, 0.05),
        (10, 4.08, 0.01),
        # I. Angus, "Introduction to Erlang B and Erlang C"; a library's published check value for large
        # traffic.
        (12421, 12345, 0.3812),
        (55, 48, 0.239),
    ],
)
def test_erlang_c_equals_single_published_values(servers: int, traffic: float, waits: float) -> None:
    assert erlang_c(servers, traffic) == pytest.approx(waits, rel=0.02, abs=0.0005)


def test_erlang_c_answers_the_published_examples_of_staffing() -> None:
    # Mitan Ltd, "Call Centre Mathematics": 360 calls in half an hour of 240 s, 55 agents, 15 s.
    queue = patient(55, 360 / 1800, 240, ServiceLevel(within_s=15))
    assert queue.wait_probability == pytest.approx(0.239, abs=0.0006)
    assert queue.asa_s == pytest.approx(8.2, abs=0.05)
    assert queue.service_level == pytest.approx(0.846, abs=0.001)
    # Call Centre Helper, "Erlang C formula: made simple with an easy worked example".
    need = seats_needed(100, 1800, 180, 1, TARGET, 0.3, None)
    assert (need.working, need.seats) == (14, 20)
    assert need.wait_probability == pytest.approx(0.174, abs=0.0005)
    assert need.service_level == pytest.approx(0.888, abs=0.0005)
    assert need.asa_s == pytest.approx(7.8, abs=0.05)
    assert need.occupancy == pytest.approx(0.714, abs=0.0005)


def test_erlang_a_answers_the_published_example() -> None:
    # Garnett, Mandelbaum, Reiman, "Designing a Call Center with Impatient Customers", and Gans, Koole,
    # Mandelbaum, "Telephone Call Centers": 50 agents, 48 calls a minute, service 1 minute, patience 2
    # minutes.
    endless, leaving = patient(50, 48 / 60, 60, TARGET), impatient(50, 48 / 60, 60, 120, TARGET)
    assert endless.asa_s == pytest.approx(20.8, abs=0.05)
    assert endless.occupancy == pytest.approx(0.96, abs=0.005)
    assert leaving.abandoned == pytest.approx(0.031, abs=0.0005)
    assert leaving.wait_s == pytest.approx(3.7, abs=0.05)
    assert leaving.occupancy == pytest.approx(0.93, abs=0.005)


CASES = [
    (50, 48 / 60, 60.0, 120.0),
    (5, 0.05, 120.0, 30.0),
    (10, 0.1, 90.0, 600.0),
    (3, 0.2, 60.0, 45.0),
    (1, 0.01, 60.0, 60.0),
    (20, 0.5, 60.0, 5.0),
    (200, 2.0, 95.0, 3600.0),
    (100, 0.5, 100.0, 60.0),
]


@pytest.mark.parametrize(("servers", "rate", "handle_s", "patience_s"), CASES)
def test_erlang_a_equals_its_birth_and_death_process(
    servers: int, rate: float, handle_s: float, patience_s: float
) -> None:
    queue = impatient(servers, rate, handle_s, patience_s, EIGHTY)
    weights, states = [1.0], 3000
    for number in range(1, states):
        leaves = min(number, servers) / handle_s + max(0, number - servers) / patience_s
        weights.append(weights[-1] * rate / leaves)
    whole = math.fsum(weights)
    waiting = math.fsum(
        (number - servers) * weight for number, weight in enumerate(weights) if number > servers
    )
    assert queue.wait_probability == pytest.approx(math.fsum(weights[servers:]) / whole, rel=1e-8)
    assert queue.wait_s == pytest.approx(waiting / whole / rate, rel=1e-8)
    assert queue.abandoned == pytest.approx(waiting / whole / rate / patience_s, rel=1e-8)
    assert queue.service_level == pytest.approx(
        _served_in_time(weights, servers, handle_s, patience_s, 20) / whole, abs=2e-4
    )


def _served_in_time(
    weights: list[float], servers: int, handle_s: float, patience_s: float, within_s: float
) -> float:
    """By steps of a hundredth of a second: who comes when `ahead` wait sees them and herself leave one by
    one."""
    step, depth = 0.01, min(len(weights) - servers, 400)
    # chance[a]: somebody with `a` ahead of her in the queue is served within the time left.
    chance = [0.0] * depth
    for _ in range(round(within_s / step)):
        before = chance
        chance = []
        for ahead in range(depth):
            move = (servers / handle_s + ahead / patience_s) * step
            after = before[ahead - 1] if ahead else 1.0
            first = move * after if ahead else servers / handle_s * step
            chance.append(first + (1 - move - step / patience_s) * before[ahead])
    return math.fsum(weights[:servers]) + math.fsum(
        weight * share for weight, share in zip(weights[servers:], chance, strict=False)
    )


@pytest.mark.parametrize(("servers", "traffic"), [(1, 0.3), (5, 4.5), (50, 48.0), (300, 280.0)])
def test_with_endless_patience_erlang_a_is_erlang_c(servers: int, traffic: float) -> None:
    endless, leaving = (
        patient(servers, traffic / 60, 60, EIGHTY),
        impatient(servers, traffic / 60, 60, 1e10, EIGHTY),
    )
    assert leaving.wait_probability == pytest.approx(endless.wait_probability, rel=1e-5)
    assert leaving.asa_s == pytest.approx(endless.asa_s, rel=1e-4)
    assert leaving.service_level == pytest.approx(endless.service_level, rel=1e-5)
    assert leaving.abandoned < 1e-6


def test_without_patience_erlang_a_is_erlang_b() -> None:
    leaving = impatient(50, 1.0, 60, 1e-4, EIGHTY)
    assert leaving.abandoned == pytest.approx(erlang_b(50, 60), rel=1e-4)


def test_overload_stays_finite_where_patience_ends() -> None:
    queue = impatient(10, 10.0, 600, 1e6, TARGET)
    # Six thousand erlangs on ten servers: all but ten of them leave in the end.
    assert queue.abandoned == pytest.approx(1 - 10 / 6000, rel=1e-6)
    assert queue.service_level == 0.0
    assert queue.occupancy == pytest.approx(1.0)
    assert patient(10, 10.0, 600, TARGET).asa_s == math.inf


def test_who_leaves_at_once_is_not_held_against_the_service_level() -> None:
    counted, not_counted = (
        impatient(10, 0.25, 60, 10, ServiceLevel(share=0.8, within_s=20, short_s=short)) for short in (0, 5)
    )
    assert counted.service_level < not_counted.service_level <= 1
    assert counted.abandoned == not_counted.abandoned


@pytest.mark.parametrize("patience_s", [None, 30, 300, 86400])
@pytest.mark.parametrize("arrivals", [0.5, 3, 40, 600])
@pytest.mark.parametrize("concurrency", [1, 2.5, 5])
def test_the_seats_needed_are_just_enough(
    patience_s: float | None, arrivals: float, concurrency: float
) -> None:
    def level(working: int) -> float:
        servers, rate = math.floor(working * concurrency), arrivals / 1800
        if servers == 0:
            return 0.0
        if patience_s is None:
            return patient(servers, rate, 420, TARGET).service_level
        return impatient(servers, rate, 420, patience_s, TARGET).service_level

    need = seats_needed(arrivals, 1800, 420, concurrency, TARGET, 0.0, patience_s)
    assert level(need.working) >= TARGET.share > level(need.working - 1)
    assert need.service_level == level(need.working)
    assert need.seats == need.working


def test_who_may_leave_needs_no_more_seats_than_who_stays() -> None:
    for arrivals in (5, 50, 500):
        stays = seats_needed(arrivals, 1800, 300, 1, TARGET, 0, None)
        leaves = [seats_needed(arrivals, 1800, 300, 1, TARGET, 0, patience).working for patience in (30, 300)]
        assert sorted(leaves) == leaves
        assert leaves[-1] <= stays.working


def test_side_by_side_counts_as_servers_and_shrinkage_is_laid_on_top() -> None:
    one = seats_needed(120, 1800, 300, 1, TARGET, 0, None)
    three = seats_needed(120, 1800, 300, 3, TARGET, 0, None)
    assert three.working == math.ceil(one.working / 3)
    assert seats_needed(120, 1800, 300, 3, TARGET, 0.25, None).seats == math.ceil(three.working / 0.75)
    assert seats_needed(0, 1800, 300, 3, TARGET, 0.25, 60) == Need(
        seats=0,
        working=0,
        occupancy=0,
        service_level=1,
        asa_s=0,
        abandoned=0,
        wait_probability=0,
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"arrivals_per_interval": -1},
        {"arrivals_per_interval": math.nan},
        {"interval_s": 0},
        {"handle_s": 0},
        {"handle_s": math.inf},
        {"concurrency": 0.5},
        {"target": ServiceLevel(share=1.0)},
        {"target": ServiceLevel(share=0)},
        {"shrinkage": 1},
        {"patience_s": 0},
        {"arrivals_per_interval": 1e9},
    ],
)
def test_numbers_out_of_range_are_refused_and_not_searched_for(wrong: dict[str, object]) -> None:
    right: dict[str, object] = {
        "arrivals_per_interval": 10,
        "interval_s": 1800,
        "handle_s": 300,
        "concurrency": 1,
        "target": TARGET,
        "shrinkage": 0,
        "patience_s": None,
    }
    began = time.perf_counter()
    with pytest.raises(ValueError, match=r"out of range|more servers"):
        seats_needed(**{**right, **wrong})  # type: ignore[arg-type]
    assert time.perf_counter() - began < 1


def test_what_chats_cost_each_other_is_read_from_days_that_differ() -> None:
    days = [
        Stint(chats=20 + n, handle_s=300 * (1 + 0.2 * (c - 1)), concurrency=c)
        for n, c in enumerate((1, 2, 3))
    ]
    stretch = stretch_of(days)
    assert stretch is not None
    assert stretch.alone_s == pytest.approx(300)
    assert stretch.each == pytest.approx(0.2)
    assert stretch.handle_s(4) == pytest.approx(480)
    assert stretch.factor(stretch.usual) == 1
    assert stretch.factor(4) == pytest.approx(480 / stretch.handle_s(stretch.usual))


def test_what_cannot_be_told_from_history_is_not_made_up() -> None:
    assert stretch_of([]) is None
    assert stretch_of([Stint(chats=0, handle_s=0, concurrency=1)]) is None
    alike = stretch_of(
        [Stint(chats=9, handle_s=200, concurrency=2), Stint(chats=1, handle_s=700, concurrency=2)]
    )
    assert alike == Stretch(alone_s=250, each=0, usual=2)
    # Shorter beside others than alone: no stretch is no gain either.
    faster = stretch_of(
        [Stint(chats=5, handle_s=400, concurrency=1), Stint(chats=5, handle_s=200, concurrency=3)]
    )
    assert faster == Stretch(alone_s=300, each=0, usual=2)
    steep = stretch_of(
        [Stint(chats=5, handle_s=10, concurrency=1), Stint(chats=5, handle_s=900, concurrency=2)]
    )
    assert steep is not None
    assert steep.each == 1
    assert steep.handle_s(1.5) == pytest.approx(455)
