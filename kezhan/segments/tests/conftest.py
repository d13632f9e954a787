"""Fixtures of the room."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from kezhan.conversations.tests.fixtures import http
from kezhan.segments.tests.people import People, make_people
from kezhan.testing import Running

__all__ = ["http", "people"]


@pytest.fixture
async def people(house: Running, http: httpx2.AsyncClient) -> AsyncIterator[People]:
    people = await make_people(house, http)
    yield people
    await people.place.close()
