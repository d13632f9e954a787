"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.reports import monitor
from kezhan.reports.tests.factories import Watchtower
from kezhan.routing import live
from kezhan.testing import Running


@pytest.fixture(autouse=True)
def read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one look has read of the day is not shown to the next."""
    monkeypatch.setattr(monitor, "FRESH_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def seats_without_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seats put down by hand have nobody connected to them, and stay as they are all the same."""
    monkeypatch.setattr(live, "SETTLING_SECONDS", 1e9)


@pytest.fixture
async def tower(house: Running, shop: Shop) -> AsyncIterator[Watchtower]:
    """A reception and its supervisor."""
    yield await Watchtower(house, shop).open()
