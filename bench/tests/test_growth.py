"""Steps of growth and the arithmetic over them; processes beside each other."""

import msgspec
import pytest

from bench.cast import Cast
from bench.growth import GrowthRound, by_step, columns, grown, joined, steps_from
from bench.machine import Machine, statement
from bench.report import Line, table, told
from bench.two import TwoRound, gain, spread, verdict


def line(name: str, step: int, *p50: float) -> Line:
    rounds = [GrowthRound(kind="product", step=step, p50=one, server_us=100, database_us=0) for one in p50]
    return Line(name=name, rounds=rounds)


def test_data_grow_by_tens_up_to_what_was_asked_for() -> None:
    assert steps_from(0, 10_000_000) == [10_000, 100_000, 1_000_000, 10_000_000]
    assert steps_from(0, 250_000) == [10_000, 100_000, 250_000]


def test_a_folder_that_has_data_begins_with_what_it_has() -> None:
    assert steps_from(105_584, 1_000_000) == [105_584, 1_000_000]
    assert steps_from(2_000_000, 1_000_000) == [2_000_000]


def test_growth_is_the_last_step_by_the_first_of_medians() -> None:
    found = joined([[line("list", 10, 2.0, 2.2, 90.0)], [line("list", 100, 3.3)]])
    assert grown(found[0], "p50", 10, 100) == pytest.approx(1.5)
    assert grown(found[0], "database_us", 10, 100) == 0
    _, head, row, _ = table("x", columns(found), found).split("\n")
    assert "100: p50 ms/µs/DB µs" in head
    assert row.split() == ["list", "2.20/100/0", "3.30/100/0", "1.50", "1.00", "0.00"]


def test_requests_keep_their_order_and_their_steps_apart() -> None:
    found = joined([[line("b", 1, 1.0), line("a", 1, 2.0)], [line("a", 20, 4.0), line("b", 20, 3.0)]])
    assert [one.name for one in found] == ["b", "a"]
    written = msgspec.json.decode(msgspec.json.encode(told("growth", by_step(found))))
    assert [one["name"] for one in written["scenarios"]] == ["b, 1", "b, 20", "a, 1", "a, 20"]
    assert written["scenarios"][3]["medians"] == {
        "product": {"step": 20, "p50": 4.0, "server_us": 100, "database_us": 0}
    }
    assert written["scenarios"][3]["ratios"] == {}


def pair(one: float, two: float, busy: float) -> Line:
    def turn(processes: int, rate: float, others: float) -> TwoRound:
        return TwoRound(
            kind="product", processes=processes, per_second=rate, p50=1, p99=2, servers=(0.5,) * processes,
            database=0.3, load=0.3, others=others, cores=2, lost=0, repeated=0,
        )  # fmt: skip

    return Line(name="x", rounds=[turn(1, one, 0), turn(2, two, busy - 1.6)])


def test_a_full_machine_is_named_with_everybodys_share() -> None:
    found = pair(1000, 1200, 2.0)
    assert gain(found) == pytest.approx(1.2)
    told = verdict(found)
    assert "carry 1.20 × one; by their CPU a message (500 and 833 µs) it would be 1.20 × where each" in told
    assert "core of its own; the machine stops it: beside one process 0.90 of 2 cores were free" in told
    assert "(product 1.00, PostgreSQL 0.30, load program 0.30, others 0.40)" in told


def test_a_machine_with_idle_cores_is_not_blamed() -> None:
    assert "0.4 of 2 cores stayed idle: not CPU" in verdict(pair(1000, 1600, 1.6))


def test_half_of_the_visitors_have_their_agent_on_the_other_process() -> None:
    cast = Cast(tokens=["t"] * 1000, conversations=["c"] * 1000, cookies=["k"] * 50)
    visitors, agents = spread(cast, ["ws://a", "ws://b"])
    assert (len(visitors), len(agents)) == (1000, 50)
    hosts = [(one.url[5], agents[n % 50].url[5]) for n, one in enumerate(visitors)]
    crossing = sum(visitor != agent for visitor, agent in hosts)
    assert sum(visitor == "a" for visitor, _ in hosts) == 500
    assert 400 <= crossing <= 600
    assert {one.url for one in spread(cast, ["ws://a"])[0]} == {"ws://a/w/v1/ws"}


def test_the_features_that_are_on_are_listed_and_what_is_off_is_told() -> None:
    one = Machine(
        cores=2, processor="x", memory_gb=1, kernel="k", python="3", load=0.1, postgresql="18", settings={},
        features={"isolation": True, "search": True, "counts": False},
    )  # fmt: skip
    told = statement(one, 0.2)
    assert "on in the product: isolation, search (" in told
    assert "off: counts" in told
