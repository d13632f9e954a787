"""Fixtures of the room."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from kezhan.conversations.tests.fixtures import http
from kezhan.screening.tests.desk import Desk, make_desk
from kezhan.testing import Running

__all__ = ["desk", "http"]


@pytest.fixture
async def desk(house: Running, http: httpx2.AsyncClient) -> AsyncIterator[Desk]:
    desk = await make_desk(house, http)
    yield desk
    await desk.place.close()
