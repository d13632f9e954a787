"""Fixtures of the room."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels import visitor_http
from kezhan.kit.rates import Rates
from kezhan.proactive.tests.site import Site, make_site
from kezhan.testing import Running


@pytest.fixture(autouse=True)
def fresh_arrivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests come from one address: what one of them has spent is not taken from the next."""
    monkeypatch.setattr(visitor_http, "_arrivals", Rates(per_minute=120, burst=60))


@pytest.fixture
async def site(house: Running) -> AsyncIterator[Site]:
    """A shop's website, its visitors, and a supervisor who is at no socket."""
    site = await make_site(house)
    yield site
    await site.shop.close()
