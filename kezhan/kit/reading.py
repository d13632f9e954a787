"""Reads outside transactions: one statement each, which is one snapshot and one round trip.

The lines belong to kz_app and are read-only. Each remembers the workspace its session is set to, so that the
isolating setting is sent when the workspace changes and not with every read. That asks for a session of one's
own: a pooler between the house and PostgreSQL must pool sessions, not transactions or statements.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kezhan.kit.errors import Refused
from kezhan.kit.log import log

READ_SETTINGS = {
    "default_transaction_read_only": "on",
    "statement_timeout": "5000",
    # Whoever has gone in the middle of a read is not read on for.
    "client_connection_check_interval": "1000",
    # A statement is planned once a line: planning takes longer than carrying it out. Tables are met by their
    # indexes, because a plan outlives the moment when they are small.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "random_page_cost": "1.1",
    "jit": "off",
}
_SET_WORKSPACE = "select set_config('kz.ws', $1, false)"
_PATIENCE_SECONDS = 10.0
_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.AdminShutdownError, asyncpg.CrashShutdownError)


class ReadRow(asyncpg.Record):
    """A row; its columns go by name and as attributes."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _Line:
    def __init__(self, conn: asyncpg.Connection) -> None:
        self.conn = conn
        self.workspace_id: UUID | None = None

    async def fetch(self, workspace_id: UUID, statement: str, values: tuple[Any, ...]) -> list[ReadRow]:
        if self.workspace_id != workspace_id:
            self.workspace_id = None  # unknown, until the server has said yes
            await self.conn.fetch(_SET_WORKSPACE, str(workspace_id))
            self.workspace_id = workspace_id
        return await self.conn.fetch(statement, *values, record_class=ReadRow)


class Readers:
    """At most `size` lines, opened by `connect` when they are first needed."""

    def __init__(self, connect: Callable[[], Awaitable[asyncpg.Connection]], size: int) -> None:
        self.size = size
        self.lent = 0
        self._connect = connect
        self._turn = asyncio.Semaphore(size)
        self._long_turn = asyncio.Semaphore(1)
        self._idle: list[_Line] = []

    async def fetch(self, workspace_id: UUID, statement: str, values: tuple[Any, ...]) -> list[ReadRow]:
        """Raises Refused (503): `kit.no_database` where no line can be had, `kit.too_slow` where the answer
        takes longer than a read may."""
        await self._wait()
        self.lent += 1
        try:
            if (line := self._take(workspace_id)) is not None:
                try:
                    return await self._ask(line, workspace_id, statement, values)
                except ConnectionError:
                    pass  # it died while it lay idle; to read once more does no harm
            try:
                return await self._ask(await self._open(), workspace_id, statement, values)
            except (OSError, asyncpg.PostgresConnectionError) as fault:
                raise Refused("kit.no_database", 503, retry_after=1) from fault
        finally:
            self.lent -= 1
            self._turn.release()

    @asynccontextmanager
    async def long_turn(self) -> AsyncIterator[None]:
        """The one turn of all that looks at a great many: the other lines stay free for what people wait for.
        Raises Refused (503) `kit.too_slow` where others take too long."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._long_turn.acquire()
        except TimeoutError as fault:
            raise Refused("kit.too_slow", 503, retry_after=1) from fault
        try:
            yield
        finally:
            self._long_turn.release()

    async def close(self) -> None:
        lines, self._idle = self._idle, []
        for line in lines:
            await line.conn.close(timeout=2)

    async def _wait(self) -> None:
        if not self._turn.locked():
            await self._turn.acquire()
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._turn.acquire()
        except TimeoutError as fault:
            raise Refused("kit.no_database", 503, retry_after=1) from fault

    def _take(self, workspace_id: UUID) -> _Line | None:
        """One that is set to the workspace already, else the one used longest ago."""
        for place in range(len(self._idle) - 1, -1, -1):
            if self._idle[place].workspace_id == workspace_id:
                return self._idle.pop(place)
        return self._idle.pop(0) if self._idle else None

    async def _open(self) -> _Line:
        try:
            return _Line(await self._connect())
        except (OSError, asyncpg.PostgresError, TimeoutError) as fault:
            raise Refused("kit.no_database", 503, retry_after=1) from fault

    async def _ask(
        self, line: _Line, workspace_id: UUID, statement: str, values: tuple[Any, ...]
    ) -> list[ReadRow]:
        """A line comes back only from a read that has ended, well or refused. Where it broke off in the
        middle (cancelled, out of time) nobody knows what the session is still at, so it is cut. Raises
        ConnectionError where the line was lost."""
        try:
            rows = await line.fetch(workspace_id, statement, values)
        except asyncpg.PostgresError as fault:
            if isinstance(fault, _LOST):
                line.conn.terminate()
                raise ConnectionError from fault
            self._idle.append(line)
            if isinstance(fault, asyncpg.QueryCanceledError):
                log.warning("reading.too_slow", statement=statement)
                raise Refused("kit.too_slow", 503, retry_after=1) from fault
            raise
        except BaseException as fault:
            lost = isinstance(fault, OSError) or line.conn.is_closed()
            line.conn.terminate()
            if lost and isinstance(fault, Exception):
                raise ConnectionError from fault
            raise
        self._idle.append(line)
        return rows


class Reader:
    """Reads of one workspace. Two statements see two moments; what must agree goes into one."""

    def __init__(self, readers: Readers, workspace_id: UUID) -> None:
        self._readers = readers
        self.workspace_id = workspace_id

    async def rows(self, statement: str, *values: Any) -> list[ReadRow]:
        """`statement` in PostgreSQL's own words, its parameters as $1, $2 …"""
        return await self._readers.fetch(self.workspace_id, statement, values)

    async def row(self, statement: str, *values: Any) -> ReadRow | None:
        """The only row, or None."""
        rows = await self._readers.fetch(self.workspace_id, statement, values)
        return rows[0] if rows else None

    async def long_row(self, statement: str, *values: Any) -> ReadRow | None:
        """As `row`, in a `long_turn`."""
        async with self._readers.long_turn():
            return await self.row(statement, *values)


async def prepare(conn: asyncpg.Connection) -> None:
    """Teach a line the house's jsonb."""
    await conn.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        encoder=lambda value: msgspec.json.encode(value).decode(),
        decoder=msgspec.json.decode,
    )
