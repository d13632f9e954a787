"""Fixtures of the room."""

import pytest

from kezhan.channels import visitor_http
from kezhan.kit.rates import Rates


@pytest.fixture(autouse=True)
def fresh_arrivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """All customers come from one address: what one test has spent is not taken from the next."""
    monkeypatch.setattr(visitor_http, "_arrivals", Rates(per_minute=120, burst=60))
