"""What every room's tests stand on: one PostgreSQL cluster a run, a fresh database a test from a template."""

import asyncio
import contextlib
import inspect
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, overload
from unittest.mock import patch
from urllib.parse import quote

import asyncpg
import psycopg
from sqlalchemy import event

from kezhan.kit.db import Tx
from kezhan.kit.ids import new_id
from kezhan.kit.migrate import upgrade
from kezhan.kit.postgres import SUPERUSER, Access, Cluster

PATIENCE = 60.0
"""Seconds after which a test that waits gives up: a guard against hanging, no measure of speed."""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_SHELL = shutil.which("chromium-headless-shell") or CHROMIUM
"""The same engine without a window's frame, which takes less of the processor and shows no notices."""
TEMPLATE = "kz_template"
# A test database is thrown away with its cluster; the tests of the life cycle run with the real settings.
_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}
_REST_SECONDS = 0.01
_SERVER_PORTS = range(15_000, 32_000)
T = TypeVar("T")


@overload
async def until(look: Callable[[], Awaitable[T | None]], seconds: float = PATIENCE) -> T: ...
@overload
async def until(look: Callable[[], T | None], seconds: float = PATIENCE) -> T: ...
async def until(look: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What `look` gives once that is true; AssertionError where it never is."""
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            while True:
                found = look()
                if inspect.isawaitable(found):
                    found = await found
                if found:
                    return found
                await asyncio.sleep(_REST_SECONDS)
    except TimeoutError:
        if not limit.expired():
            raise  # `look` itself failed by it
        raise AssertionError("it did not come") from None


def free_port() -> int:
    """A port nobody listens on, for a server that is told its port and may start again on it: below those
    the system hands to connections that go out, one of which would take it while the server is away."""
    for port in random.sample(_SERVER_PORTS, 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise OSError("no port is free")


class TestCluster:
    """A running cluster with a migrated template."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self._cluster = Cluster(folder, settings=_QUICK)
        self.access = self._cluster.start()
        with self._admin() as admin:
            admin.execute(f"create database {TEMPLATE} owner kz_owner")
        upgrade(self._named(TEMPLATE))

    def fresh(self) -> Access:
        """A new database, migrated and empty."""
        name = f"t_{new_id().hex}"
        with self._admin() as admin:
            admin.execute(f"create database {name} template {TEMPLATE} owner kz_owner")
        return self._named(name)

    def drop(self, access: Access) -> None:
        with self._admin() as admin:
            admin.execute(f"drop database if exists {access.database} with (force)")

    def cut(self, access: Access) -> None:
        """End every connection to one database, as a restart of the server would; gone when this returns."""
        with self._admin() as admin:
            admin.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = %s",
                (access.database,),
            )

    def stop(self) -> None:
        self._cluster.stop()

    def _named(self, database: str) -> Access:
        return Access(self.access.host, self.access.port, database, login_per_role=True)

    @contextlib.contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(self.access.psycopg(SUPERUSER, "postgres"), autocommit=True) as connection:
            yield connection


class NatsServer:
    """A NATS server of its own on a port of this machine, to be killed and started again."""

    def __init__(self, *words: str) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._words = words
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it takes connections; raises TimeoutError."""
        beside = Path(sys.executable).with_name("nats-server")  # where its wheel puts it
        program = str(beside) if beside.exists() else "nats-server"
        words = [program, "--addr", "127.0.0.1", "--port", str(self.port), *self._words]
        self._process = subprocess.Popen(  # noqa: S603
            words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise TimeoutError(f"{program} does not listen")

    def pause(self) -> None:
        """From here on it keeps its connections and says nothing."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """-9; again does nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextlib.contextmanager
def running_nats(*words: str) -> Iterator[NatsServer]:
    """`words` are options of `nats-server`."""
    server = NatsServer(*words)
    server.start()
    try:
        yield server
    finally:
        server.kill()


def url_of(access: Access) -> str:
    """The database as `--database-url` takes it."""
    return f"postgresql://postgres@{quote(access.host, safe='')}:{access.port}/{access.database}"


@contextlib.contextmanager
def queries(tx: Tx) -> Iterator[list[str]]:
    """The statements sent in the block, as the driver gets them, `tx.fetch` among them."""
    seen: list[str] = []
    fetch = tx.fetch

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        seen.append(statement)

    async def noted(statement: str, *values: Any) -> Any:
        seen.append(statement)
        return await fetch(statement, *values)

    connection = tx.conn.sync_connection
    event.listen(connection, "before_cursor_execute", note)
    try:
        with patch.object(tx, "fetch", noted):
            yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


@contextlib.contextmanager
def reads() -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """What the readers send in the block, as the driver gets it: statements with their values."""
    seen: list[tuple[str, tuple[Any, ...]]] = []
    fetch = asyncpg.Connection.fetch

    def noted(conn: Any, statement: str, *values: Any, **more: Any) -> Any:
        if not conn.is_in_transaction():  # what a transaction fetches is no reader's
            seen.append((statement, values))
        return fetch(conn, statement, *values, **more)

    with patch.object(asyncpg.Connection, "fetch", noted):
        yield seen


@contextlib.contextmanager
def running_cluster() -> Iterator[TestCluster]:
    """A cluster in a folder of its own, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kezhan-test-"))
    folder.chmod(0o755)
    cluster = TestCluster(folder)
    try:
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)
