"""Fixtures of the room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kezhan.channels.tests.box import Box, Connected, connected, installed
from kezhan.channels.tests.fixtures import fresh_arrivals, front, moving_house
from kezhan.channels.tests.front import Front, open_front
from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import Platform, platform
from kezhan.channels.tests.sending import SHORT
from kezhan.channels.tests.wires import Wires
from kezhan.kit.postgres import Access

__all__ = ["fresh_arrivals", "front", "moving_house"]


@pytest.fixture
async def door(front: Front) -> AsyncIterator[Connected]:
    """An account of a platform that takes short texts."""
    box = Box()
    with installed(box, box.channel(SHORT)):
        yield await connected(front, box)


@pytest.fixture
async def own_front(access: Access, tmp_path: Path) -> AsyncIterator[Front]:
    """The front of a house that nobody else is in."""
    async with open_front(access, tmp_path) as front:
        yield front


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


@pytest.fixture
async def wires(shop: Shop) -> AsyncIterator[Wires]:
    """Sockets of visitors, closed with the test."""
    wires = Wires(shop)
    yield wires
    await wires.close()
