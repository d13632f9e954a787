"""Two processes on one PostgreSQL behind nginx with the configuration of `deploy/`, its places changed."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import psycopg

from kezhan.kit.testing import free_port
from tests.deploy.stream import StreamLine
from tests.faults.cast import Cast, make_cast
from tests.faults.judge import Fault, judge, read_stored
from tests.faults.ledger import Ledger, read
from tests.faults.party import Client, Ports
from tests.faults.people import Agent, Customer
from tests.faults.place import ROOT, Place
from tests.faults.wire import Gone

DEPLOY = ROOT / "deploy"
NGINX = shutil.which("nginx")
WHY_NOT = "nginx is not installed (Debian: apt-get install nginx-light)"
CALLER = "127.0.0.77"
ENVIRONMENT = {
    "KEZHAN_TRUSTED_PROXIES": "127.0.0.1/32",
    "KEZHAN_METRICS_NETWORKS": "127.0.0.1/32",
    "KEZHAN_DRAIN_SECONDS": "0.3",
}
_QUIET_SECONDS = 30


def certificate(folder: Path) -> None:
    """Self-signed, for 127.0.0.1."""
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=chat.example"
    words += " -addext subjectAltName=IP:127.0.0.1 -keyout privkey.pem -out fullchain.pem"
    subprocess.run(["openssl", *words.split()], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def configuration(folder: Path, plain: int, tls: int, processes: Sequence[int]) -> str:
    """`deploy/nginx.conf` for this machine. `plain` is a door of the same server that speaks no TLS."""
    found = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    changes = {
        "user www-data;": "user root;" if os.geteuid() == 0 else "",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/log/nginx/error.log": f"{folder}/error.log",
        "worker_rlimit_nofile 65536;": "",
        "worker_connections 30000;": "worker_connections 1000;",
        "server_tokens off;": "server_tokens off; "
        + " ".join(f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi"))
        + " ".join(f" {kind}_temp_path {folder}/{kind};" for kind in ("uwsgi", "scgi")),
        "listen 80 default_server;": f"listen 127.0.0.1:{free_port()} default_server;",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{tls} ssl http2; listen 127.0.0.1:{plain};",
        "/etc/kezhan/": f"{folder}/",
        "127.0.0.1:8701": f"127.0.0.1:{processes[0]}",
        "127.0.0.1:8702": f"127.0.0.1:{processes[1]}",
    }
    for written, ours in changes.items():
        if written not in found:
            raise ValueError(f"deploy/nginx.conf has no {written!r}")
        found = found.replace(written, ours)
    return found


class Returning(Client):
    """A client that notes how long it takes to be back after the server had sent it off, once it tries."""

    away: list[float]
    _sent_off = False
    _since = 0.0

    async def _live(self) -> None:
        self._since = time.monotonic() if self._sent_off else 0.0
        try:
            await super()._live()
        except Gone as gone:
            self._sent_off |= gone.code == 1012
            raise

    def _back(self) -> None:
        if self.ready and self._since:
            self.away.append(time.monotonic() - self._since)
            self._sent_off, self._since = False, 0.0

    def _hear(self, frame: dict[str, Any]) -> None:
        super()._hear(frame)
        self._back()


class Visitor(Returning, Customer):
    pass


class StreamVisitor(Visitor):
    dial = StreamLine.connect


class Desk(Returning, Agent):
    pass


class StreamDesk(Desk):
    dial = StreamLine.connect


class Site:
    def __init__(self, folder: Path, place: Place, plain: int, tls: int) -> None:
        self.folder, self.place = folder, place
        self.plain, self.tls = plain, tls
        self.away: list[float] = []
        self.session: dict[str, Any] = {}
        """Of a customer who is there."""

    async def call(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> int:
        """The status nginx answers CALLER with."""
        lines = [f"{method} {path} HTTP/1.0", "Host: chat.example", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.plain, local_addr=(CALLER, 0))
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        status = int((await reader.readuntil(b"\r\n")).split()[1])
        writer.transport.abort()
        return status

    async def restart(self, number: int) -> None:
        """As `systemctl restart` does: the end, and then a start that is over when the process is ready."""
        server = self.place.servers[number]
        if server is None:
            raise RuntimeError(f"process {number} does not run")
        server.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(server.wait, 30)
        if code:
            raise RuntimeError(f"process {number} ended with {code}")
        self.place.launch(number)
        if not await self.place.healthy(60):
            raise RuntimeError(f"process {number} is not ready: {self.place.said()}")

    def address_of_last_visit(self) -> str:
        with psycopg.connect(self.place.dsn()) as conn:
            row = conn.execute("select address from visits order by id desc limit 1").fetchone()
        return str(row[0]) if row else ""

    async def rolled(self, customers: int, rounds: int, pause: float) -> tuple[Ledger, list[Fault]]:
        """Everybody talks through nginx while one process after the other is restarted: the judge says what
        came of it. Once a site, for the judge looks at the whole database."""
        log = self.folder / f"clients-{time.monotonic_ns()}.log"
        ledger = Ledger(log)
        clients = self._people(await make_cast(self.place, customers, 2), ledger, pause)
        tasks = [asyncio.create_task(client.run()) for client in clients]
        try:
            for client in clients:
                client.talking = True
            for number in range(2 * rounds):
                await asyncio.sleep(0.7)
                await self.restart(number % 2)
            await asyncio.sleep(0.7)
            found = await self._settled(clients, log)
            ended = [Fault("ended", repr(task.exception())) for task in tasks if task.done()]
            return ledger, [*found, *ended]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            ledger.close()

    def _people(self, cast: Cast, ledger: Ledger, pause: float) -> list[Returning]:
        ports, agents, found = Ports([self.plain]), list[Desk](), list[Returning]()
        for n, (member, cookie) in enumerate(cast.agents):
            kind = (Desk, StreamDesk)[n % 2]
            agents.append(kind(f"a{n}", member, cookie, ports, ledger, random.Random(n), pause))
        for n, session in enumerate(cast.sessions):
            made = (Visitor, StreamVisitor)[n % 2]
            chance, meet = random.Random(f"c{n}"), agents[n // 2 % 2].adopt
            found.append(made(f"c{n}", session, ports, ledger, chance, pause, meet))
        found += agents
        for client in found:
            client.away = self.away
        return found

    async def _settled(self, clients: list[Returning], log: Path) -> list[Fault]:
        for client in clients:
            client.talking = False
        deadline = time.monotonic() + _QUIET_SECONDS
        while True:
            await asyncio.sleep(0.3)
            late = time.monotonic() > deadline
            if not late and not all(client.ready and not client.waiting for client in clients):
                continue
            shown = [line for client in clients for line in client.state()]
            found = judge([*read(log), *shown], await asyncio.to_thread(read_stored, self.place.dsn()))
            if late or not found:
                away = [client.name for client in clients if not client.ready]
                return [*found, *(Fault("away", name) for name in away)]


@contextlib.asynccontextmanager
async def open_site(folder: Path) -> AsyncIterator[Site]:
    """Both processes and nginx, until the block ends. The environment must hold ENVIRONMENT."""
    plain, tls = free_port(), free_port()
    (folder / "place").mkdir(mode=0o711)
    place = Place(folder / "place", 2)
    certificate(folder)
    written = folder / "nginx.conf"
    written.write_text(configuration(folder, plain, tls, place.own_ports), encoding="utf-8")
    nginx: asyncio.subprocess.Process | None = None
    try:
        await place.start()
        words = ["-c", str(written), "-g", "daemon off;"]
        nginx = await asyncio.create_subprocess_exec(str(NGINX), *words)
        site = Site(folder, place, plain, tls)
        site.session = dict((await make_cast(place, 1, 0)).sessions[0])
        yield site
    finally:
        if nginx is not None and nginx.returncode is None:
            nginx.terminate()
            await nginx.wait()
        await place.stop()
