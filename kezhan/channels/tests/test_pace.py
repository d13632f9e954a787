"""How fast a channel is sent to."""

import pytest

from kezhan.channels import pace
from kezhan.channels.base import Capabilities, Rate
from kezhan.channels.pace import Pace
from kezhan.kit.ids import new_id


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    at = [100.0]
    monkeypatch.setattr(pace, "monotonic", lambda: at[0])
    return at


def test_without_a_rate_nobody_waits() -> None:
    steps = Pace()
    assert [steps.ask(new_id(), "c", Capabilities()) for _ in range(50)] == [0.0] * 50


def test_one_more_than_the_rate_waits_until_the_first_is_long_enough_ago(clock: list[float]) -> None:
    steps, account, able = Pace(), new_id(), Capabilities(rate=Rate(calls=2, seconds=10))
    assert steps.ask(account, "a", able) == 0
    clock[0] += 4
    assert steps.ask(account, "b", able) == 0
    assert steps.ask(account, "c", able) == 6
    assert steps.ask(new_id(), "c", able) == 0, "another account has its own rate"
    clock[0] += 6
    assert steps.ask(account, "c", able) == 0
    assert steps.ask(account, "c", able) == 4


def test_one_customer_may_be_slower_than_all_together_and_waiting_counts_for_nothing(
    clock: list[float],
) -> None:
    able = Capabilities(rate=Rate(calls=3, seconds=1), recipient_rate=Rate(calls=1, seconds=6))
    steps, account = Pace(), new_id()
    assert steps.ask(account, "a", able) == 0
    assert [steps.ask(account, "a", able) for _ in range(5)] == [6.0] * 5
    assert [steps.ask(account, name, able) for name in "bc"] == [0, 0]
    assert steps.ask(account, "d", able) == 1
