"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels.tests.fixtures import fresh_arrivals
from kezhan.proactive.tests.site import Site, make_site
from kezhan.testing import Running

__all__ = ["fresh_arrivals"]


@pytest.fixture
async def site(house: Running) -> AsyncIterator[Site]:
    """A shop's website, its visitors, and a supervisor who is at no socket."""
    site = await make_site(house)
    yield site
    await site.shop.close()
