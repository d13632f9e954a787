"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.base import Capabilities, Window
from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.fixtures import fresh_arrivals, front, moving_house
from kezhan.channels.tests.front import Front
from kezhan.kit.rates import Rates
from kezhan.surveys import http
from kezhan.surveys.tests.counter import Counter, make_counter
from kezhan.testing import Running

__all__ = ["fresh_arrivals", "front", "moving_house"]


@pytest.fixture(autouse=True)
def fresh_visits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same of those who open a survey's page."""
    monkeypatch.setattr(http, "_visits", Rates(per_minute=600, burst=60))


@pytest.fixture
async def counter(house: Running) -> AsyncIterator[Counter]:
    """A shop, its owner, and one who serves."""
    counter = await make_counter(house)
    yield counter
    await counter.shop.close()


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    """An account of a platform on which nothing can be drawn."""
    box = Box()
    with installed(box, box.channel(Capabilities(window=Window(seconds=3600, messages=10)))):
        yield await connected(front, box)
