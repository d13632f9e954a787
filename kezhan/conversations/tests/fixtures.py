"""Fixtures that the tests of several rooms take from here."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from kezhan.conversations.tests.place import Place, make_place
from kezhan.testing import Running


@pytest.fixture(scope="session")
async def http(house: Running) -> httpx2.AsyncClient:
    """One client for everybody: who is asking stands in each request's headers."""
    return await house.client()


@pytest.fixture
async def place(house: Running, http: httpx2.AsyncClient) -> AsyncIterator[Place]:
    place = await make_place(house, http)
    yield place
    await place.close()
