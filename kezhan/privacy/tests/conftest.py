"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.testing import Running


@pytest.fixture
async def shop(house: Running) -> AsyncIterator[Shop]:
    shop = await make_shop(house)
    yield shop
    await shop.close()
