"""Where a benchmark runs: a cluster of its own, servers started and stopped on free ports."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec

from kezhan.kit.migrate import upgrade
from kezhan.kit.postgres import Access, Cluster
from kezhan.settings import Settings

_ROOT = Path(__file__).parents[1]
_SETTLE_SECONDS = 3.2
"""A product's process knows after its first beat whether it is alone; before that it tells others."""


class Serving(msgspec.Struct, frozen=True):
    port: int
    pid: int


class Place:
    """One data folder with its running cluster. Use as a context."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data=folder, demo=False).resolved()
        self._cluster = Cluster(folder)
        self.access: Access
        self.postmaster = 0

    def __enter__(self) -> "Place":
        self.settings.data.mkdir(parents=True, exist_ok=True)
        self.access = self._cluster.start()
        upgrade(self.access)
        self.postmaster = self._cluster.pid
        return self

    def __exit__(self, *_: object) -> None:
        self._cluster.stop()

    @contextlib.asynccontextmanager
    async def serving(self, kind: str) -> AsyncIterator[Serving]:
        """One server, for as long as the block lasts; `kind` as in `bench.serve`."""
        port = free_port()
        words = ("-m", "bench.serve", kind, str(port), str(self.settings.data))
        access = msgspec.json.encode(self.access).decode()
        program = await asyncio.create_subprocess_exec(sys.executable, *words, access, cwd=_ROOT)
        try:
            await _answering(port, kind)
            if kind == "product":
                await asyncio.sleep(_SETTLE_SECONDS)
            yield Serving(port, program.pid)
        finally:
            with contextlib.suppress(ProcessLookupError):
                program.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(program.wait(), 20)
            except TimeoutError:
                program.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def _answering(port: int, kind: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if kind != "product":
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            async with httpx2.AsyncClient() as http:
                if (await http.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200:
                    return
        except (OSError, httpx2.HTTPError):
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{kind} does not answer on port {port}")


def noise() -> float:
    """How much of the last moments' CPU others took: load average per core."""
    return os.getloadavg()[0] / (os.cpu_count() or 1)
