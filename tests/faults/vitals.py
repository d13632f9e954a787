"""What servers say of themselves all the time, beside whether the database really stores: for the judge."""

import asyncio
import contextlib
import time
from pathlib import Path

import asyncpg
from asyncpg.connect_utils import SessionAttribute

from kezhan.kit.postgres import SUPERUSER, PostgresFault
from tests.faults.ledger import Ledger, Said, Stores
from tests.faults.place import Place
from tests.faults.wire import Gone, ask

_EVERY_SECONDS = 0.5
_PATIENCE_SECONDS = 2.0
_SHADOW_SECONDS = 6.0
"""After a stop a server owes no answer for so long."""
_END_SECONDS = 0.3
"""A process that is killed loses its sockets a moment before it ends."""
_TABLE = "create unlogged table if not exists probe (body text)"
_STORE = "insert into probe values (repeat(md5(random()::text), 60))"


class Vitals:
    """Asks each server past its proxy, and writes to the database by the way the servers have to it."""

    def __init__(self, place: Place, ledger: Ledger) -> None:
        self._place, self._ledger = place, ledger
        self._excused = [0.0] * place.processes
        self._pids = [0] * place.processes
        self._up = [0] * place.processes

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._probe())
            for number in range(self._place.processes):
                group.create_task(self._listen(number))

    async def _listen(self, number: int) -> None:
        port = self._place.ports[number]
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            self._excuse(number)
            at = time.time()
            live, ready = await asyncio.gather(_status(port, "/livez"), _status(port, "/healthz"))
            if live != 200:
                await asyncio.sleep(_END_SECONDS)
            self._excuse(number)
            if live == 200 and self._pids[number]:
                self._up[number] = self._pids[number]
            up = self._up[number] == self._pids[number] != 0
            owed = up and time.monotonic() > self._excused[number]
            said = Said(by=f"s{number}", at=round(at, 3), live=live, ready=ready, owed=owed)
            self._ledger.put(said)

    def _excuse(self, number: int) -> None:
        """A process that is stopped or cut off need not answer, nor for a while after, nor before it has
        come up."""
        server = self._place.servers[number]
        pid = server.pid if server is not None and server.poll() is None else 0
        nets = self._place.nets
        if (pid and _stopped(pid)) or (nets and not nets[number].whole):
            self._excused[number] = time.monotonic() + _SHADOW_SECONDS
        self._pids[number] = pid

    async def _probe(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            at = time.time()
            try:
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    stored = await self._stored()
            except TimeoutError:
                stored = False
            self._ledger.put(Stores(by="", at=round(at, 3), until=round(time.time(), 3), stored=stored))

    async def _stored(self) -> bool:
        for place in self._ways():
            with contextlib.suppress(*_FAULTS):
                host, port = place
                conn = await asyncpg.connect(
                    host=host, port=port, user=SUPERUSER, database="postgres",
                    target_session_attrs=SessionAttribute.read_write,
                )  # fmt: skip
                try:
                    await conn.execute(_TABLE)
                    await conn.execute(_STORE)
                    return True
                finally:
                    conn.terminate()
        return False

    def _ways(self) -> list[tuple[str, int]]:
        pair = self._place.pair
        if pair is not None:
            return [("127.0.0.1", node.proxy.port) for node in pair.nodes]
        try:
            lines = (self._place.database / "pg" / "postmaster.pid").read_text().splitlines()
            return [(lines[4].strip(), int(lines[3]))]
        except (OSError, IndexError, ValueError):
            return []


_FAULTS = (
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, PostgresFault, OSError,
)  # fmt: skip


async def _status(port: int, path: str) -> int:
    """0 where there is no answer."""
    try:
        return (await ask(port, "GET", path, {}))[0]
    except Gone as gone:
        return gone.code


def _stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return True
