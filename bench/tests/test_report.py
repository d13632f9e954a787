"""The arithmetic of lines and tables."""

import msgspec
import pytest

from bench.load import percentiles
from bench.report import KINDS, Column, Line, Round, medians, ratio, table, told, total, worst


class Figures(Round, frozen=True, kw_only=True):
    rate: float
    lost: int = 0


def line(limit: list[float], product: list[float]) -> Line:
    rounds = [Figures(kind="limit", rate=one) for one in limit]
    return Line(name="x", rounds=[*rounds, *(Figures(kind="product", rate=one, lost=2) for one in product)])


def test_the_ratio_is_product_over_limit_of_the_medians() -> None:
    found = line([90, 100, 5000], [40, 60, 50])
    assert found.median("limit", "rate") == 100
    assert found.ratio("rate") == 0.5


def test_a_limit_of_nothing_gives_no_ratio() -> None:
    assert line([0], [10]).ratio("rate") == 0


def test_a_side_without_rounds_is_no_median() -> None:
    with pytest.raises(ValueError, match="median"):
        line([], [1]).median("limit", "rate")


def test_one_slow_round_does_not_move_the_median() -> None:
    assert line([1], [10, 11, 9000]).median("product", "rate") == 11


def test_p50_and_p99_are_of_the_ordered_values_in_ms() -> None:
    values = [n / 1000 for n in range(100, 0, -1)]
    assert percentiles(values) == (51.0, 100.0)
    assert percentiles([0.002]) == (2.0, 2.0)
    assert percentiles([]) == (0.0, 0.0)


def test_one_in_two_hundred_is_beyond_p99() -> None:
    p50, p99 = percentiles([0.001] * 199 + [5.0])
    assert (p50, p99) == (1.0, 1.0)


def test_a_table_shows_both_sides_their_ratio_the_worst_and_the_sum() -> None:
    columns: list[Column] = [*medians("a second", "rate", digits=(1,)), ratio("×", "rate")]
    columns += [worst("worst", "rate"), total("lost", "lost")]
    title, head, row, end = table("title", columns, [line([1000, 1000], [500, 700])]).split("\n")
    assert title == "== title"
    assert head.split() == [
        "scenario",
        "limit",
        "a",
        "second",
        "product",
        "a",
        "second",
        "×",
        "worst",
        "lost",
    ]
    assert row.split() == ["x", "1,000.0", "600.0", "0.60", "700", "4"]
    assert len(head) == len(row)
    assert not end


def test_several_figures_stand_in_one_cell() -> None:
    limit, _ = medians("both", "rate", "lost", digits=(1, 0))
    assert limit.cell(line([1.26], [1])) == "1.3/0"


def test_what_is_written_down_holds_every_round_and_both_medians() -> None:
    found = msgspec.json.decode(msgspec.json.encode(told("chat", [line([100], [40, 60])])))
    scenario = found["scenarios"][0]
    assert [one["kind"] for one in scenario["rounds"]] == ["limit", "product", "product"]
    assert {kind: scenario["medians"][kind]["rate"] for kind in KINDS} == {"limit": 100, "product": 50}
    assert scenario["ratios"]["rate"] == 0.5
