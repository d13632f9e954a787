"""Where a torture runs: a scratch folder, the servers as processes of their own, the proxies before them."""

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from kezhan.kit.postgres import SUPERUSER, PostgresFault, attach
from kezhan.kit.testing import NatsServer, free_port
from tests.faults.nets import make_nets
from tests.faults.pair import Pair
from tests.faults.proxy import Proxy
from tests.faults.wire import Gone, ask

ROOT = Path(__file__).parents[2]
_DISK_MB = 640
_START_SECONDS = 90
_DETACH = 2


class Place:
    """With one process it is the one people start, with its own embedded database. With several, they share a
    pair of servers that this program keeps running. `product` is the folder whose `kezhan` is run. `nats`: a
    server of it stands between them. `apart`: each has a network of its own, where that can be had.
    `own_ports` are the servers' own, `ports` where they are asked past their proxies."""

    def __init__(
        self,
        folder: Path,
        processes: int,
        product: Path = ROOT,
        *,
        small_disk: bool = False,
        nats: bool = False,
        apart: bool = False,
    ) -> None:
        self.folder, self.processes, self.product = folder, processes, product
        self.disks: list[Path] = []
        self.small_disk = small_disk and self._mount(folder)
        self.clock = folder / "clock-offset"
        self.data = folder / "data"
        self.data.mkdir(mode=0o711)
        self.nets = make_nets(processes) if apart and not nats else []
        self.own_ports = [free_port() for _ in range(processes)]
        self.proxies, self._asides = self._before_servers(), self._before_servers()
        self.servers: list[subprocess.Popen[bytes] | None] = [None] * processes
        self.pair = self._make_pair() if processes > 1 else None
        self.nats = NatsServer() if nats else None
        self.log = folder.with_name("server.log").open("ab", buffering=0)

    @property
    def database(self) -> Path:
        """The data folder of the server that takes writes."""
        return self.pair.primary.folder if self.pair is not None else self.data

    @property
    def filled(self) -> list[Path]:
        """The disks whose end keeps anything from being stored."""
        return [self.folder, *([self.database] if self.pair is not None else [])]

    @property
    def ports(self) -> list[int]:
        return [aside.port for aside in self._asides]

    def _before_servers(self) -> list[Proxy]:
        return [
            Proxy(port, self.nets[number] if self.nets else None)
            for number, port in enumerate(self.own_ports)
        ]

    def _make_pair(self) -> Pair:
        sides = self.folder / "left", self.folder / "right"
        for side in sides:
            side.mkdir(mode=0o711)
            if self.small_disk:
                self._mount(side)
        return Pair(sides)

    async def start(self) -> None:
        if self.nats is not None:
            await asyncio.to_thread(self.nats.start)
        if self.pair is not None:
            await self.pair.start(self.nets)
        for number, proxy in enumerate(self.proxies):
            await proxy.start()
            await self._asides[number].start()
            self.launch(number)
            await self.healthy(_START_SECONDS)  # the first one makes the schema
        if self.small_disk and self.pair is None:
            await asyncio.to_thread(self._keep_log_small)

    def launch(self, number: int) -> None:
        words = ["-m", "tests.faults.clocked", str(self.clock), "up", "--empty", "--no-pages"]
        words += ["--port", str(self.own_ports[number]), "--data", str(self.data)]
        if self.pair is not None:
            words += ["--database-url", self.pair.url]
        path = f"{self.product}{os.pathsep}{ROOT}"
        there = self.nets[number].words if self.nets else []
        self.servers[number] = subprocess.Popen(  # noqa: S603
            [*there, sys.executable, *words], cwd=self.product, stdout=subprocess.DEVNULL, stderr=self.log,
            env={**os.environ, "PYTHONPATH": path, "KEZHAN_LOG_LEVEL": "warning",
                 "KEZHAN_NATS_URL": self.nats.url if self.nats else ""},
            start_new_session=True,
        )  # fmt: skip

    def dsn(self) -> str:
        """The way past every policy, for the judge."""
        return attach(self.database).psycopg(SUPERUSER)

    async def healthy(self, seconds: float) -> bool:
        """All servers that run say that they are well, within so many seconds."""
        deadline = time.monotonic() + seconds
        for server, port in zip(self.servers, self.ports, strict=True):
            while server is not None:
                with contextlib.suppress(Gone):
                    if (await ask(port, "GET", "/healthz", {}))[0] == 200:
                        break
                if time.monotonic() > deadline or server.poll() is not None:
                    return False
                await asyncio.sleep(0.05)
        return True

    def said(self) -> str:
        """The end of what the servers have logged."""
        return Path(self.log.name).read_text(encoding="utf-8", errors="replace")[-4000:]

    def postmaster(self) -> int:
        """0 where none runs."""
        try:
            return int((self.database / "pg" / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def backends(self) -> dict[int, str]:
        """The database's processes, each with its title."""
        return children(self.postmaster())

    async def stop(self) -> None:
        """Everything that was started, in whatever state it is."""
        for proxy in (*self.proxies, *self._asides):
            await proxy.stop()
        running = [one for one in self.servers if one is not None]
        for server in running:
            with contextlib.suppress(ProcessLookupError):
                server.send_signal(signal.SIGCONT)
                server.send_signal(signal.SIGINT)
        for server in running:
            try:
                await asyncio.to_thread(server.wait, 30)
            except subprocess.TimeoutExpired:
                server.kill()
                await asyncio.to_thread(server.wait)
        if self.nats is not None:
            self.nats.kill()
        if self.pair is not None:
            await self.pair.stop()
        self.log.close()
        for net in self.nets:
            await asyncio.to_thread(net.remove)
        for disk in reversed(self.disks):
            await asyncio.to_thread(ctypes.CDLL(None).umount2, os.fsencode(disk), _DETACH)

    def _mount(self, folder: Path) -> bool:
        """A disk in memory, where this user may have one."""
        if os.geteuid() != 0 or not sys.platform.startswith("linux"):
            return False
        call = ctypes.CDLL(None, use_errno=True).mount
        options = f"size={_DISK_MB}m,mode=0711".encode()
        if call(b"kezhan-torture", os.fsencode(folder), b"tmpfs", 0, options):
            return False
        self.disks.append(folder)
        return True

    def _keep_log_small(self) -> None:
        """What a disk of this size can carry."""
        with contextlib.suppress(PostgresFault), psycopg.connect(self.dsn(), autocommit=True) as conn:
            conn.execute("alter system set max_wal_size = '128MB'")
            conn.execute("select pg_reload_conf()")


def children(parent: int) -> dict[int, str]:
    """Its processes, each with its title; none for 0."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            if parent and int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found[int(folder.name)] = (folder / "cmdline").read_text().rstrip("\0 ")
    return found
