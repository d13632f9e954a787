"""Both carriers of hints, as tests make and break them."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec

from kezhan.kit.bus import Bus, choose_bus
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import NatsServer, TestCluster, until
from kezhan.settings import Settings


class Process:
    """One end of the bus and what it has heard."""

    def __init__(self, access: Access, folder: Path, url: str = "", **settings: object) -> None:
        self.db = Database(access, Wiring(), pool=1)
        given = Settings(data=folder, nats_url=url, **settings)  # type: ignore[arg-type]
        self.keyring = KeyRing.open(folder / "keys.json")
        self.bus: Bus = choose_bus(given, self.db, self.keyring)
        self.heard: list[tuple[str, bytes]] = []
        self.ups = self.missed = 0
        self.bus.subscribe(self._hear, self._up, self._miss)

    @property
    def hints(self) -> list[bytes]:
        return [hint for _, hint in self.heard]

    def _hear(self, sender: str, hints: list[msgspec.Raw]) -> None:
        self.heard += [(sender, bytes(hint)) for hint in hints]

    def _up(self) -> None:
        self.ups += 1

    def _miss(self) -> None:
        self.missed += 1

    async def until(self, count: int) -> list[bytes]:
        await until(lambda: len(self.heard) >= count)
        return self.hints

    async def until_up(self, times: int) -> None:
        await until(lambda: self.ups >= times and self.bus.up)

    async def until_away(self) -> None:
        await until(lambda: not self.bus.up)


@contextlib.asynccontextmanager
async def started(*ends: Process) -> AsyncIterator[None]:
    async with contextlib.AsyncExitStack() as stack:
        for end in ends:
            stack.push_async_callback(end.db.close)
            await end.bus.start()
            stack.push_async_callback(end.bus.stop)
        yield


class Carrier:
    """The database or a NATS server."""

    def __init__(self, cluster: TestCluster, nats: NatsServer | None) -> None:
        self._cluster, self.nats = cluster, nats

    @property
    def url(self) -> str:
        return self.nats.url if self.nats else ""

    def cut(self, access: Access) -> None:
        """Every line breaks; new ones can be had at once."""
        if self.nats is None:
            self._cluster.cut(access)
        else:
            self.nats.kill()
            self.nats.start()
