"""Hints between the processes of one installation: small JSON objects, told to all others, kept by nobody.

A hint says where to look, never what is there, and it may be lost: whoever listens must be able to find out
for himself. The bus says when that may have happened.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import asyncpg
import msgspec

from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.log import log

CHANNEL = "kz_hints"
PAYLOAD = 7_900
"""Bytes of one notification; PostgreSQL takes less than 8,000."""
HELD = 20_000
"""Hints kept while the database is away; beyond it the others are told to read afresh."""
_AT_ONCE = 100
_RECONNECT_SECONDS = 0.2
_SEND_SECONDS = 5.0
_FAREWELL_SECONDS = 1.0

OnHints = Callable[[str, list[msgspec.Raw]], None]


class Bus(Protocol):
    """What carries hints. `id` names this process among the others."""

    id: str

    def subscribe(self, on_hints: OnHints, on_up: Callable[[], None], on_missed: Callable[[], None]) -> None:
        """Whom to call, before `start`: with each sender's hints in its order; each time the line is up, so
        that what was said before may have been missed; and where a sender says that it has lost some."""

    @property
    def up(self) -> bool:
        """Whether hints of others arrive just now."""

    def publish(self, hint: bytes) -> None:
        """Tell all the other processes. Never waits, never raises."""

    async def start(self) -> None:
        """Returns when hints of others arrive."""

    async def stop(self) -> None:
        """Give what is still waiting a moment, then end."""


class PostgresBus:
    """LISTEN and NOTIFY on one connection of its own, outside every transaction of the house: a NOTIFY holds
    a lock of the whole database to its commit. While one is under way hints gather; the next takes them."""

    def __init__(self, db: Database) -> None:
        self.id = new_id().hex
        self._db = db
        self._waiting: deque[bytes] = deque()
        self._lost = False
        self._wake = asyncio.Event()
        self._sending = False
        self._conn: asyncpg.Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._on_hints: OnHints = lambda sender, hints: None
        self._on_up: Callable[[], None] = lambda: None
        self._on_missed: Callable[[], None] = lambda: None
        self._decode = msgspec.json.Decoder(list[msgspec.Raw]).decode

    def subscribe(self, on_hints: OnHints, on_up: Callable[[], None], on_missed: Callable[[], None]) -> None:
        self._on_hints, self._on_up, self._on_missed = on_hints, on_up, on_missed

    @property
    def up(self) -> bool:
        return self._conn is not None and not self._conn.is_closed()

    def publish(self, hint: bytes) -> None:
        if len(self._waiting) >= HELD or len(hint) + len(self.id) + 3 > PAYLOAD:
            self._waiting.clear()
            self._lost = True
        else:
            self._waiting.append(hint)
        self._wake.set()

    async def start(self) -> None:
        await self._connect()
        self._task = asyncio.create_task(self._run(), name="bus")

    async def stop(self) -> None:
        if self._task is None:
            return
        ends = asyncio.get_running_loop().time() + _FAREWELL_SECONDS
        while self.up and (self._waiting or self._sending) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._conn is not None:
            self._conn.terminate()

    async def _connect(self) -> None:
        # A hint is not worth an fsync.
        conn = await self._db.connect("kz_system", {"synchronous_commit": "off"})
        try:
            await conn.add_listener(CHANNEL, self._hear)
        except BaseException:
            conn.terminate()
            raise
        conn.add_termination_listener(lambda _: self._wake.set())
        self._conn = conn
        self._on_up()

    async def _run(self) -> None:
        while True:
            try:
                await self._send()
            except _FAULTS as fault:
                log.warning("bus.reconnecting", fault=type(fault).__name__)
                await self._reconnect()

    async def _reconnect(self) -> None:
        if self._conn is not None:
            self._conn.terminate()
        while True:
            await asyncio.sleep(_RECONNECT_SECONDS)
            try:
                await self._connect()
            except _FAULTS:
                continue
            return

    async def _send(self) -> None:
        """Until the connection is lost."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self.up or self._conn is None:
                raise asyncpg.InterfaceError("the bus has no connection")
            while self._waiting or self._lost:
                await self._notify(self._conn)

    async def _notify(self, conn: asyncpg.Connection) -> None:
        lost, self._lost = self._lost, False
        payloads = [f"{self.id} []"] if lost else []
        taken: list[bytes] = []
        while self._waiting and len(payloads) < _AT_ONCE:
            payloads.append(self._payload(taken))
        self._sending = True
        try:
            await conn.execute(_NOTIFY, CHANNEL, payloads, timeout=_SEND_SECONDS)
        except BaseException:
            # Whether they were heard is not known; a hint heard twice does no harm.
            self._waiting.extendleft(reversed(taken))
            self._lost |= lost
            self._wake.set()
            raise
        finally:
            self._sending = False

    def _payload(self, taken: list[bytes]) -> str:
        """As many of the waiting hints as one notification holds, in order."""
        size, first = len(self.id) + 2, len(taken)
        while self._waiting and size + len(self._waiting[0]) + 1 <= PAYLOAD:
            hint = self._waiting.popleft()
            size += len(hint) + 1
            taken.append(hint)
        return f"{self.id} [{b','.join(taken[first:]).decode()}]"

    def _hear(self, conn: Any, pid: int, channel: str, payload: Any) -> None:
        sender, _, hints = str(payload).partition(" ")
        if sender == self.id:
            return
        try:
            found = self._decode(hints.encode())
        except msgspec.MsgspecError:
            log.warning("bus.unreadable", sender=sender[:40])
            return
        if found:
            self._on_hints(sender, found)
        else:
            self._on_missed()


_NOTIFY = "select pg_notify($1, p) from unnest($2::text[]) p"
_FAULTS = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
