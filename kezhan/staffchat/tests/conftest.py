"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.tests.pair import Pair
from kezhan.channels.tests.people import make_shop
from kezhan.staffchat.tests.office import Office
from kezhan.testing import Running


@pytest.fixture
async def office(houses: tuple[Running, Running]) -> AsyncIterator[Office]:
    one, two = houses
    pair = Pair(one, two, await make_shop(one))
    yield Office(pair)
    await pair.close()
    await pair.shop.close()
