"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.tests.people import Shop
from kezhan.shield.tests.gate import Gate, make_gate
from kezhan.testing import Running


@pytest.fixture
async def gate(house: Running, shop: Shop) -> AsyncIterator[Gate]:
    yield await make_gate(house, shop)
