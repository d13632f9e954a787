"""What tests of every room share: one cluster, one served house, and fresh ones for those who ask."""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import structlog
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from kezhan.app import House
from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.db import Database
from kezhan.kit.postgres import Access
from kezhan.kit.server import Server
from kezhan.kit.testing import PATIENCE, TestCluster, running_cluster
from kezhan.settings import Settings
from kezhan.wiring import wiring
from kezhan.workspaces import passwords


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    """Faults caused on purpose are logged as plain lines; coloured tracebacks cost a second each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )


_SLOW = passwords.hasher


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """Argon2 with the least it takes: a fifth of a second of processor for each who signs in is saved."""
    passwords.hasher = PasswordHash([Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)])


@pytest.fixture
def slow_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as the product does it."""
    monkeypatch.setattr(passwords, "hasher", _SLOW)


@pytest.fixture
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine counts; the log that a command sets up on its stream is set back."""
    before = structlog.get_config()
    for name in [name for name in os.environ if name.startswith("KEZHAN_")]:
        monkeypatch.delenv(name)
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def cluster() -> Iterator[TestCluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def access(cluster: TestCluster) -> Iterator[Access]:
    """A fresh database."""
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def own_db(access: Access) -> AsyncIterator[Database]:
    """A fresh database with the house's own wiring, without the house."""
    database = Database(access, wiring(), pool=4)
    yield database
    await database.close()


@dataclass
class Running:
    """The whole house, served."""

    house: House
    server: Server
    clients: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def db(self) -> Database:
        return self.house.db

    async def client(self) -> httpx2.AsyncClient:
        """A client that has not signed in."""
        # No TLS here, and making ready for it takes longer than most tests.
        client = httpx2.AsyncClient(base_url=self.url, timeout=PATIENCE, verify=False)
        return await self.clients.enter_async_context(client)


@contextlib.asynccontextmanager
async def running(
    access: Access, folder: Path, assets: Path | None = None, **changes: object
) -> AsyncIterator[Running]:
    """Serve a house on a free port until the block ends; `assets` are the built pages, if they are wanted."""
    settings = Settings(**{"data": folder, "port": 0, "demo": False, **changes}).resolved()  # type: ignore[arg-type]
    house = House(settings, access, assets)
    server = house.server()
    await server.start()
    running = Running(house, server)
    try:
        yield running
    finally:
        await running.clients.aclose()
        await server.stop()


@pytest.fixture(scope="session")
async def house(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """One house for all tests that keep to workspaces of their own."""
    async with running(cluster.fresh(), tmp_path_factory.mktemp("house")) as served:
        yield served


@pytest.fixture
async def db(house: Running) -> Database:
    """The database of that house."""
    return house.db


@pytest.fixture
async def own_house(access: Access, tmp_path: Path) -> AsyncIterator[Running]:
    """A house for one test, which may count what is in it and break what it likes."""
    async with running(access, tmp_path) as served:
        yield served


@pytest.fixture
async def shop(house: Running) -> AsyncIterator[Shop]:
    """A workspace of its own with a website channel; its people speak the real protocol."""
    shop = await make_shop(house)
    yield shop
    await shop.close()


@pytest.fixture(scope="module")
async def houses(
    cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Running, Running]]:
    """Two processes' houses on one database."""
    access, folder = cluster.fresh(), tmp_path_factory.mktemp("two")
    async with running(access, folder) as one, running(access, folder) as two:
        yield one, two
