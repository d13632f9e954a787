"""Hints between the processes of one installation: small JSON objects, told to all others, kept by nobody.

A hint says where to look, never what is there, and it may be lost: whoever listens must be able to find out
for himself. The bus says when that may have happened.
"""

import asyncio
import random
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar

import asyncpg
import msgspec

from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.settings import Settings

CHANNEL = "kz_hints"
PAYLOAD = 7_900
"""Bytes of one payload; PostgreSQL takes less than 8,000, and what fits one carrier fits the other."""
HELD = 20_000
"""Hints kept while the carrier is away; beyond it the others are told to read afresh."""
SEND_SECONDS = 5.0
_AT_ONCE = 100
_PAUSES = (0.2, 3.0)
"""Before the first attempt to connect again, and at most; it doubles, and chance takes up to half of it."""
_FAREWELL_SECONDS = 1.0

OnHints = Callable[[str, list[msgspec.Raw]], None]


class BusUnfit(Exception):
    """The bus that is asked for cannot be had here; the message is fit for a person."""


class Bus(ABC):
    """What carries hints. `id` names this process among the others.

    While one delivery is under way hints gather; the next takes them. A carrier opens a line, delivers
    payloads, tells what it hears, and wakes the bus when the line is lost.
    """

    name: ClassVar[str]
    apart: ClassVar[bool]
    """Whether it can be away while the database is there. Then the process does its work without it."""

    def __init__(self) -> None:
        self.id = new_id().hex
        self.reconnects = 0
        self.refused = 0
        """Payloads heard that nobody of this installation has said, or that cannot be read."""
        self._waiting: deque[bytes] = deque()
        self._lost = False
        self._wake = asyncio.Event()
        self._sending = False
        self._failures = 0
        self._task: asyncio.Task[None] | None = None
        self._on_hints: OnHints = lambda sender, hints: None
        self._on_up: Callable[[], None] = lambda: None
        self._on_missed: Callable[[], None] = lambda: None
        self._decode = msgspec.json.Decoder(list[msgspec.Raw]).decode

    @property
    @abstractmethod
    def up(self) -> bool:
        """Whether hints of others arrive just now."""

    @abstractmethod
    async def _open(self) -> None:
        """Return when what others say is heard. Raises whatever the carrier's client does."""

    @abstractmethod
    async def _deliver(self, payloads: list[str]) -> None:
        """Return when the carrier has them all, in order. Raises whatever the carrier's client does."""

    @abstractmethod
    async def _close(self) -> None:
        """Let go of the line, in whatever state it is."""

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def subscribe(self, on_hints: OnHints, on_up: Callable[[], None], on_missed: Callable[[], None]) -> None:
        """Whom to call, before `start`: with each sender's hints in its order; each time the line is up, so
        that what was said before may have been missed; and where some are known to be lost."""
        self._on_hints, self._on_up, self._on_missed = on_hints, on_up, on_missed

    def publish(self, hint: bytes) -> None:
        """Tell all the other processes. Never waits, never raises."""
        if len(self._waiting) >= HELD or len(hint) + len(self.id) + 3 > PAYLOAD:
            self._waiting.clear()
            self._lost = True
        else:
            self._waiting.append(hint)
        self._wake.set()

    async def start(self) -> None:
        """Returns when hints of others arrive, or, of a bus `apart`, when they could not yet."""
        try:
            await self._connect()
        except Exception as fault:
            if not self.apart:
                raise
            log.warning("bus.away", carrier=self.name, fault=repr(fault))
            self._wake.set()
        self._task = asyncio.create_task(self._run(), name="bus")

    async def stop(self) -> None:
        """Give what is still waiting a moment, then end."""
        if self._task is None:
            return
        ends = asyncio.get_running_loop().time() + _FAREWELL_SECONDS
        while self.up and (self._waiting or self._sending) and asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(0.01)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._close()

    async def _connect(self) -> None:
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        self._on_up()

    async def _run(self) -> None:
        while True:
            try:
                await self._send()
            except Exception as fault:
                # Whatever it is, a process that no longer hears the others must not go on so.
                log.warning("bus.reconnecting", carrier=self.name, fault=repr(fault))
                await self._reconnect()

    async def _reconnect(self) -> None:
        await self._close()
        while True:
            await asyncio.sleep(_pause(self._failures))
            self._failures += 1
            try:
                await self._connect()
            except Exception as fault:
                log.info("bus.still_away", carrier=self.name, fault=repr(fault))
                continue
            self.reconnects += 1
            return

    async def _send(self) -> None:
        """Until the line is lost."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            if not self.up:
                raise ConnectionError("the bus has no connection")
            while self._waiting or self._lost:
                await self._next()

    async def _next(self) -> None:
        lost, self._lost = self._lost, False
        payloads = [f"{self.id} []"] if lost else []
        taken: list[bytes] = []
        while self._waiting and len(payloads) < _AT_ONCE:
            payloads.append(self._payload(taken))
        self._sending = True
        try:
            await self._deliver(payloads)
            self._failures = 0
        except BaseException:
            # Whether they were heard is not known; a hint heard twice does no harm.
            self._waiting.extendleft(reversed(taken))
            self._lost |= lost
            self._wake.set()
            raise
        finally:
            self._sending = False

    def _payload(self, taken: list[bytes]) -> str:
        """As many of the waiting hints as one payload holds, in order."""
        size, first = len(self.id) + 2, len(taken)
        while self._waiting and size + len(self._waiting[0]) + 1 <= PAYLOAD:
            hint = self._waiting.popleft()
            size += len(hint) + 1
            taken.append(hint)
        return f"{self.id} [{b','.join(taken[first:]).decode()}]"

    def _hear(self, payload: str) -> None:
        sender, _, hints = payload.partition(" ")
        if sender == self.id:
            return
        try:
            found = self._decode(hints.encode())
        except (msgspec.MsgspecError, UnicodeError):
            self._refuse()
            return
        if found:
            self._on_hints(sender, found)
        else:
            self._on_missed()

    def _refuse(self) -> None:
        self.refused += 1
        if self.refused & (self.refused - 1) == 0:
            # Each doubling: whoever sends rubbish must not fill the log as well.
            log.warning("bus.refused", carrier=self.name, count=self.refused)


def _pause(failures: int) -> float:
    """Seconds. Many processes that lost the same server do not come back to it in the same moment."""
    first, most = _PAUSES
    return float(min(most, first * 2 ** min(failures, 10)) * random.uniform(0.5, 1))  # noqa: S311 — no secret


class PostgresBus(Bus):
    """LISTEN and NOTIFY on one connection of its own, outside every transaction of the house: a NOTIFY holds
    a lock of the whole database to its commit."""

    name = "postgresql"
    apart = False

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._db = db
        self._conn: asyncpg.Connection | None = None

    @property
    def up(self) -> bool:
        return self._conn is not None and not self._conn.is_closed()

    async def _open(self) -> None:
        # A hint is not worth an fsync.
        conn = self._conn = await self._db.connect("kz_system", {"synchronous_commit": "off"})
        await conn.add_listener(CHANNEL, self._notified)
        conn.add_termination_listener(lambda _: self._wake.set())

    async def _close(self) -> None:
        if self._conn is not None:
            self._conn.terminate()
            self._conn = None

    async def _deliver(self, payloads: list[str]) -> None:
        if self._conn is None:
            raise ConnectionError("the bus has no connection")
        await self._conn.execute(_NOTIFY, CHANNEL, payloads, timeout=SEND_SECONDS)

    def _notified(self, conn: Any, pid: int, channel: str, payload: Any) -> None:
        self._hear(str(payload))


def choose_bus(settings: Settings, db: Database, keyring: KeyRing) -> Bus:
    """NATS where it is configured, else the database. Raises BusUnfit."""
    if not settings.nats_servers:
        return PostgresBus(db)
    try:
        # Its client is an extra: where nobody asks for it, it need not be installed.
        from kezhan.kit.bus_nats import NatsBus  # noqa: PLC0415
    except ModuleNotFoundError as missing:
        raise BusUnfit(
            f"KEZHAN_NATS_URL needs a package that is not installed ({missing.name}): "
            "pip install 'kezhan[nats]' "
            f"KEZHAN_NATS_URL 需要的依赖包未安装（{missing.name}）：pip install 'kezhan[nats]'"
        ) from None
    return NatsBus(settings, db, keyring)


_NOTIFY = "select pg_notify($1, p) from unnest($2::text[]) p"
