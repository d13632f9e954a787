"""One-workspace transactions: opened at the edge, isolated by the database, committed once."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import DateTime, Executable, Row, Select, Text, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import CursorResult, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from kezhan.kit.crypto import KeyRing
from kezhan.kit.errors import Refused
from kezhan.kit.postgres import Access
from kezhan.kit.reading import READ_SETTINGS, Reader, Readers, ReadRow, prepare

if TYPE_CHECKING:
    from kezhan.kit.outbox import Published, Wiring

T = TypeVar("T")

_SET_WORKSPACE = text("select set_config('kz.ws', :ws, true)")
_NOTHING = text("select 1")
_TRY_ALONE = "select pg_try_advisory_lock(hashtextextended('kezhan.' || $1, 0))"
_STATEMENT_LIMIT_MS = "5000"
_SILENCE_SECONDS = 15
"""A statement that has no answer for so long has none to come: the line is dead, and nobody was told."""
_READERS = 4


class Table(DeclarativeBase):
    """Base of every room's models; statements are Core style, rows are plain."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True), str: Text()}


class StructColumn(TypeDecorator[Any]):
    """A jsonb column that holds one Struct, or one of a tagged union (`shape`), with its version field
    `v`, and nothing else."""

    impl = JSONB(none_as_null=True)
    cache_ok = True

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self.shape = shape

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.to_builtins(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else msgspec.convert(value, self.shape)


class Tx:
    """One transaction for one workspace (None: the installation itself, see `system_tx`)."""

    def __init__(
        self,
        conn: AsyncConnection,
        workspace_id: UUID | None,
        wiring: "Wiring",
        ring: KeyRing | None = None,
    ) -> None:
        self.conn = conn
        self.workspace_id = workspace_id
        self.wiring = wiring
        self._ring = ring
        self.published: list[Published] = []
        self.before_commit: Callable[[Tx], Awaitable[None]] | None = None

    @property
    def workspace(self) -> UUID:
        """The workspace's id, where the transaction has one."""
        if self.workspace_id is None:
            raise RuntimeError("a system transaction has no workspace")
        return self.workspace_id

    @property
    def ring(self) -> KeyRing:
        """The installation's keys, for what is kept sealed."""
        if self._ring is None:
            raise RuntimeError("this database was opened without a key ring")
        return self._ring

    async def rows(self, statement: Executable, values: dict[str, Any] | None = None) -> Sequence[Row[Any]]:
        return (await self.conn.execute(statement, values)).all()

    async def row(self, statement: Executable, values: dict[str, Any] | None = None) -> Row[Any] | None:
        return (await self.conn.execute(statement, values)).one_or_none()

    async def values(self, statement: Select[T]) -> Sequence[T]:
        """The first column of every row."""
        return (await self.conn.execute(statement)).scalars().all()

    async def value(self, statement: Executable, values: dict[str, Any] | None = None) -> Any:
        """The first column of the only row, or None."""
        return (await self.conn.execute(statement, values)).scalar_one_or_none()

    async def run(
        self, statement: Executable, values: dict[str, Any] | list[dict[str, Any]] | None = None
    ) -> int:
        """Carry out a statement; the count of rows it touched."""
        result = cast("CursorResult[Any]", await self.conn.execute(statement, values))
        return result.rowcount

    async def fetch(self, statement: str, *values: Any) -> list[ReadRow]:
        """`statement` in PostgreSQL's own words, its parameters as $1, $2 …: past SQLAlchemy, which costs a
        fifth of what is done with some thousand rows."""
        driver: Any = (await self.conn.get_raw_connection()).driver_connection
        return cast("list[ReadRow]", await driver.fetch(statement, *values, record_class=ReadRow))

    async def glance(self, most_ms: int, statement: str, *values: Any) -> list[ReadRow]:
        """As `fetch`, of what only reads: where it fails or takes longer, the transaction goes on as if
        nothing had been asked. Raises the driver's faults."""
        driver: Any = (await self.conn.get_raw_connection()).driver_connection
        await driver.execute(f"savepoint glance; set local statement_timeout = {int(most_ms)}")
        try:
            return cast("list[ReadRow]", await driver.fetch(statement, *values, record_class=ReadRow))
        finally:
            await driver.execute("rollback to savepoint glance; release savepoint glance")


class Database:
    """The connections of one process: a pool as kz_app, a small one as kz_system, a few that only read."""

    def __init__(
        self, access: Access, wiring: "Wiring", *, pool: int = 8, ring: KeyRing | None = None
    ) -> None:
        self.access = access
        self.wiring = wiring
        self.ring = ring
        self._app = _engine(access, "kz_app", pool)
        self._system = _engine(access, "kz_system", 2)
        self._readers = Readers(self._connect_reader, min(pool, _READERS))
        self.on_commit: Callable[[UUID, list[Published]], None] = lambda workspace, published: None

    @asynccontextmanager
    async def tx(self, workspace_id: UUID) -> AsyncIterator[Tx]:
        """A transaction that sees and writes one workspace. Commits when the block ends well.

        Raises Refused `kit.no_database` (503) where none can be opened.
        """
        async with _begun(self._app, _SET_WORKSPACE, {"ws": str(workspace_id)}) as conn:
            tx = Tx(conn, workspace_id, self.wiring, self.ring)
            yield tx
            if tx.before_commit is not None:
                await tx.before_commit(tx)
        if tx.published:
            self.on_commit(workspace_id, tx.published)

    @asynccontextmanager
    async def system_tx(self) -> AsyncIterator[Tx]:
        """For the few places that work before or across workspaces (credential → workspace, claiming
        outbox, timers, jobs). `house_lint.py` lists its callers."""
        async with _begun(self._system, _NOTHING, {}) as conn:
            yield Tx(conn, None, self.wiring, self.ring)

    def reader(self, workspace_id: UUID) -> Reader:
        """Reads of one workspace outside any transaction, each a single statement."""
        return Reader(self._readers, workspace_id)

    async def _connect_reader(self) -> asyncpg.Connection:
        conn = await self.connect("kz_app", READ_SETTINGS)
        await prepare(conn)
        return conn

    async def connect(self, role: str, settings: Mapping[str, str] | None = None) -> asyncpg.Connection:
        """A bare connection for the append lane or a listener, with PostgreSQL `settings` of its own; the
        caller closes it."""
        return await _connect(self.access, role, settings)

    def pools(self) -> dict[str, tuple[int, int]]:
        """Connections lent out, and at most, of each pool."""
        engines = {"app": self._app, "system": self._system}
        pools = {name: cast(QueuePool, engine.pool) for name, engine in engines.items()}
        read = {"read": (self._readers.lent, self._readers.size)}
        return read | {name: (pool.checkedout(), pool.size()) for name, pool in pools.items()}

    @asynccontextmanager
    async def alone(self, name: str) -> AsyncIterator[bool]:
        """Whether no other process is at work of this name; while the block runs none can begin it. On a
        connection of its own, gone with a process that dies."""
        conn = await self.connect("kz_system")
        try:
            yield bool(await conn.fetchval(_TRY_ALONE, name))
        finally:
            await conn.close(timeout=2)

    async def close(self) -> None:
        await self._app.dispose()
        await self._system.dispose()
        await self._readers.close()

    async def check_roles(self) -> None:
        """Refuse to run where row-level security would not hold for the application's role."""
        async with self._app.connect() as conn:
            found = (await conn.execute(_COULD_BYPASS)).one()
        if found.bypass or found.owns:
            raise RuntimeError(
                "The application's database role could bypass row-level security "
                f"(role {found.role}). Give it NOSUPERUSER NOBYPASSRLS and no ownership of tables."
            )


@asynccontextmanager
async def _begun(
    engine: AsyncEngine, first: TextClause, values: dict[str, Any]
) -> AsyncIterator[AsyncConnection]:
    """A connection in a transaction that has carried out `first`. A pooled connection that died while it lay
    idle is found out by that statement and replaced, so that nobody pays for asking first."""
    conn = await _alive(engine, first, values)
    try:
        yield conn
    except BaseException:
        with contextlib.suppress(DBAPIError):  # a dead connection has rolled back by itself
            await conn.rollback()
        raise
    else:
        await conn.commit()
    finally:
        await conn.close()


async def _alive(engine: AsyncEngine, first: TextClause, values: dict[str, Any]) -> AsyncConnection:
    for last in (False, True):
        try:
            conn = await engine.connect()
        except (OSError, asyncpg.PostgresError, DBAPIError, PoolTimeout, TimeoutError) as fault:
            raise Refused("kit.no_database", 503, retry_after=1) from fault
        try:
            await conn.execute(first, values)
        except TimeoutError as fault:
            await conn.invalidate()  # nothing more is said on a line that gives no answer
            await conn.close()
            raise Refused("kit.no_database", 503, retry_after=1) from fault
        except DBAPIError as fault:
            await conn.close()
            if last or not fault.connection_invalidated:
                raise Refused("kit.no_database", 503, retry_after=1) from fault
        except BaseException:
            await conn.close()
            raise
        else:
            return conn
    raise AssertionError("unreachable")


_COULD_BYPASS: TextClause = text(
    """
    select current_user as role,
           exists (select 1 from pg_roles where rolname in (current_user) and (rolsuper or rolbypassrls))
               as bypass,
           exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
                   where n.nspname = 'public' and c.relkind in ('r', 'p')
                     and pg_has_role(current_user, c.relowner, 'USAGE')) as owns
    """
)


async def _connect(
    access: Access, role: str, settings: Mapping[str, str] | None = None
) -> asyncpg.Connection:
    """To the first server that answers and, of several, takes writes; OSError where none of several does."""
    server = {"application_name": role, "timezone": "UTC"}
    if role in {"kz_app", "kz_lane"}:
        server["lock_timeout"] = _STATEMENT_LIMIT_MS
        server["idle_in_transaction_session_timeout"] = "15000"
    every = access.asyncpg_each(role)
    fault: Exception | None = None
    for arguments in every:
        whole = {**arguments.pop("server_settings", {}), **server, **(settings or {})}
        try:
            connection = await asyncpg.connect(
                **arguments, server_settings=whole, command_timeout=_SILENCE_SECONDS
            )
        except _NOT_THIS_ONE as away:
            if len(every) == 1:
                raise
            fault = away
        else:
            return cast(asyncpg.Connection, connection)
    raise ConnectionError("none of the database's servers takes writes") from fault


_NOT_THIS_ONE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)


def _engine(access: Access, role: str, pool: int) -> AsyncEngine:
    async def connect(*_: Any, **__: Any) -> asyncpg.Connection:
        return await _connect(access, role)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,  # a fault in the log must not carry what people wrote
        json_serializer=lambda value: msgspec.json.encode(value).decode(),
        json_deserializer=msgspec.json.decode,
    )
