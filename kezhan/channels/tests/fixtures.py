"""Fixtures that the tests of several rooms take from here."""

from collections.abc import AsyncIterator

import pytest

from kezhan.channels import visitor_http
from kezhan.channels.tests.front import Front, in_motion, workspace_front
from kezhan.kit.rates import Rates
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running


@pytest.fixture(autouse=True)
def fresh_arrivals(monkeypatch: pytest.MonkeyPatch) -> None:
    """All tests come from one address: what one of them has spent is not taken from the next."""
    monkeypatch.setattr(visitor_http, "_arrivals", Rates(per_minute=120, burst=60))


@pytest.fixture(scope="package")
async def moving_house(
    cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One house for the room's tests: the common one neither retries quickly nor reaches this machine."""
    async with in_motion(cluster.fresh(), tmp_path_factory.mktemp("front")) as served:
        yield served


@pytest.fixture
async def front(moving_house: Running) -> AsyncIterator[Front]:
    async with workspace_front(moving_house) as front:
        yield front
