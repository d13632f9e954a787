"""Fixtures of the room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kezhan.channels import visitor_http
from kezhan.channels.tests.front import Front, in_motion, open_front, workspace_front
from kezhan.channels.tests.people import Shop
from kezhan.channels.tests.platform import Platform, platform
from kezhan.channels.tests.wires import Wires
from kezhan.kit.postgres import Access
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


@pytest.fixture
async def own_front(access: Access, tmp_path: Path) -> AsyncIterator[Front]:
    """The front of a house that nobody else is in."""
    async with open_front(access, tmp_path) as front:
        yield front


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as place:
        yield place


@pytest.fixture
async def wires(shop: Shop) -> AsyncIterator[Wires]:
    """Sockets of visitors, closed with the test."""
    wires = Wires(shop)
    yield wires
    await wires.close()
