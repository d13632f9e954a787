"""Stale lists: told at once, then once a second at the most, to those who follow, on every process."""

import asyncio
from typing import Any, cast
from uuid import UUID

import pytest

from kezhan.realtime import pulse
from kezhan.realtime.across import Across
from kezhan.realtime.hints import Hint, Touched
from kezhan.realtime.hub import Hub
from kezhan.realtime.pulse import Pulse
from kezhan.realtime.tests.test_hub import Ear

WORKSPACE, OTHER = UUID(int=1), UUID(int=2)
TOPICS = ("visitors", "queue")
STALE = b'{"type":"stale","topic":"visitors"}'


class Neighbours:
    """The other processes: what they are told, and what they tell."""

    def __init__(self, *, alone: bool) -> None:
        self.alone = alone
        self.told: list[Hint] = []
        self.hear: Any = None

    def on(self, kind: type[Hint], handler: Any) -> None:
        assert kind is Touched
        self.hear = handler

    def tell(self, hint: Hint) -> None:
        self.told.append(hint)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "PAUSE_SECONDS", 0.05)


def made(*, alone: bool = False) -> tuple[Pulse, Neighbours]:
    neighbours = Neighbours(alone=alone)
    return Pulse(cast(Across, neighbours), Hub()), neighbours


async def test_the_first_change_is_told_at_once_and_the_rest_together() -> None:
    pulse, _ = made()
    ear = Ear()
    pulse.follow(ear, WORKSPACE, ["visitors"], TOPICS)
    pulse.touch("visitors", WORKSPACE)
    assert ear.heard == [STALE]
    for _ in range(50):
        pulse.touch("visitors", WORKSPACE)
    assert ear.heard == [STALE]
    await asyncio.sleep(0.08)
    assert ear.heard == [STALE] * 2
    await asyncio.sleep(0.12)
    assert ear.heard == [STALE] * 2
    pulse.touch("visitors", WORKSPACE)
    assert ear.heard == [STALE] * 3


async def test_only_followers_of_that_list_of_that_workspace_hear() -> None:
    pulse, _ = made()
    ears = [Ear() for _ in range(3)]
    pulse.follow(ears[0], OTHER, ["visitors"], TOPICS)
    pulse.follow(ears[1], WORKSPACE, ["queue"], TOPICS)
    pulse.follow(ears[2], WORKSPACE, ["visitors"], TOPICS)
    pulse.follow(ears[2], WORKSPACE, ["queue"], TOPICS)
    pulse.touch("visitors", WORKSPACE)
    assert [ear.heard for ear in ears] == [[], [], []]


async def test_other_processes_are_told_as_seldom_and_one_that_is_alone_tells_nobody() -> None:
    pulse, neighbours = made()
    for _ in range(20):
        pulse.touch("visitors", WORKSPACE)
    pulse.show("visitors", WORKSPACE)
    assert neighbours.told == [Touched(topic="visitors", workspace_id=WORKSPACE)]
    await asyncio.sleep(0.08)
    assert len(neighbours.told) == 2
    single, nobody = made(alone=True)
    single.touch("visitors", WORKSPACE)
    assert nobody.told == []


async def test_what_another_process_tells_is_shown_here_and_told_no_further() -> None:
    pulse, neighbours = made()
    ear = Ear()
    pulse.follow(ear, WORKSPACE, ["visitors"], TOPICS)
    neighbours.hear(Touched(topic="visitors", workspace_id=WORKSPACE))
    assert (ear.heard, neighbours.told) == ([STALE], [])


async def test_after_hints_were_lost_every_followed_list_is_stale() -> None:
    pulse, _ = made()
    ear, left = Ear(), Ear()
    pulse.follow(ear, WORKSPACE, ["visitors"], TOPICS)
    pulse.follow(left, OTHER, ["visitors"], TOPICS)
    pulse.follow(left, OTHER, [], TOPICS)
    await pulse.resync()
    assert (ear.heard, left.heard) == ([STALE], [])
