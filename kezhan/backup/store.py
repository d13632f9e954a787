"""Every statement of the room: of its own tables, and of a whole database at one instant."""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row
from sqlalchemy import text

from kezhan.backup.schemas import BackupPlan, Run, TableSum
from kezhan.backup.stop import Stop
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.postgres import BACKUP, OWNER, SUPERUSER, Access

# The room's own tables


async def plan(tx: Tx) -> BackupPlan:
    row = await tx.row(_PLAN)
    return BackupPlan(**row._asdict()) if row else BackupPlan()


async def save_plan(tx: Tx, plan: BackupPlan) -> None:
    await tx.run(_SAVE_PLAN, msgspec.structs.asdict(plan))


async def add_run(tx: Tx, run: Run) -> None:
    await tx.run(_ADD_RUN, msgspec.structs.asdict(run))


async def end_run(tx: Tx, run: Run) -> None:
    await tx.run(_END_RUN, msgspec.structs.asdict(run))


async def end_abandoned(tx: Tx) -> None:
    """Runs that say they run, asked by whoever has the lock: their programs were killed."""
    await tx.run(_ABANDONED)


async def drop_old_runs(tx: Tx, before: datetime) -> None:
    await tx.run(_DROP_OLD, {"before": before})


async def runs(tx: Tx, limit: int) -> list[Run]:
    """Newest first."""
    return [Run(**row._asdict()) for row in await tx.rows(_RUNS, {"limit": limit})]


async def last_good(tx: Tx, kind: str) -> Run | None:
    row = await tx.row(_LAST_GOOD, {"kind": kind})
    return Run(**row._asdict()) if row else None


async def last_try(tx: Tx, kind: str) -> datetime | None:
    """When one was last begun, however it ended."""
    at: datetime | None = await tx.value(_LAST_TRY, {"kind": kind})
    return at


async def failures(tx: Tx) -> int:
    """Backups that failed since the last good one."""
    return int(await tx.value(_FAILURES))


async def begun_at(tx: Tx) -> datetime:
    """When the installation began; before that nothing was to be kept."""
    at: datetime = await tx.value(_BEGUN)
    return at


async def is_home(tx: Tx, workspace_id: UUID) -> bool:
    """Whether the installation belongs to this workspace's owners: it is the first there was, or, for as long
    as that has no owner, the demo."""
    return bool(await tx.value(_HOME, {"ws": workspace_id}))


_COLUMNS = (
    "id, kind, cause, state, archive, place, bytes, files, row_count, damaged, fault, said, started_at,"
    " ended_at"
)
_PLAN = text(
    "select enabled, minute, time_zone, keep_daily, keep_weekly, keep_monthly, rehearse_days"
    " from backup_settings"
)
_SAVE_PLAN = text(
    """
    insert into backup_settings (id, enabled, minute, time_zone, keep_daily, keep_weekly, keep_monthly,
                                 rehearse_days)
    values (1, :enabled, :minute, :time_zone, :keep_daily, :keep_weekly, :keep_monthly, :rehearse_days)
    on conflict (id) do update set enabled = excluded.enabled, minute = excluded.minute,
        time_zone = excluded.time_zone, keep_daily = excluded.keep_daily, keep_weekly = excluded.keep_weekly,
        keep_monthly = excluded.keep_monthly, rehearse_days = excluded.rehearse_days, changed_at = now()
    """
)
_ADD_RUN = text(
    f"insert into backup_runs ({_COLUMNS}) values (:id, :kind, :cause, :state, :archive, :place, :bytes,"  # noqa: S608
    " :files, :row_count, :damaged, :fault, :said, :started_at, :ended_at)"
)
_END_RUN = text(
    "update backup_runs set state = :state, archive = :archive, bytes = :bytes, files = :files,"
    " row_count = :row_count, damaged = :damaged, fault = :fault, said = :said, ended_at = :ended_at"
    " where id = :id"
)
_ABANDONED = text(
    "update backup_runs set state = 'failed', fault = 'backup.broken_off', ended_at = now()"
    " where state = 'running'"
)
_DROP_OLD = text(
    """
    delete from backup_runs r where r.started_at < :before and exists (
        select from backup_runs n where n.kind = r.kind and n.state = 'done' and n.started_at > r.started_at)
    """
)
_RUNS = text(f"select {_COLUMNS} from backup_runs order by started_at desc limit :limit")  # noqa: S608
_LAST_GOOD = text(
    f"select {_COLUMNS} from backup_runs where kind = :kind and state = 'done'"  # noqa: S608
    " order by started_at desc limit 1"
)
_LAST_TRY = text("select max(started_at) from backup_runs where kind = :kind")
_FAILURES = text(
    """
    select count(*) from backup_runs where kind = 'backup' and state = 'failed' and started_at > coalesce(
        (select max(started_at) from backup_runs where kind = 'backup' and state = 'done'), '-infinity')
    """
)
_BEGUN = text("select coalesce(min(created_at), now()) from workspaces")
_FIRST = """
    select w.id from workspaces w
    order by w.demo = exists (select from memberships m join workspaces r on r.id = m.workspace_id
                              where not r.demo and m.role = 'owner' and m.archived_at is null),
             w.created_at, w.id limit 1
"""
_HOME = text(f"select :ws = ({_FIRST})")

# A whole database


class Frozen(NamedTuple):
    """One instant of a database, for as long as the connection lives. `bytes` on its disk; a snapshot's name
    lets further connections see the same."""

    connection: psycopg.Connection[Any]
    snapshot: str
    made_at: datetime
    revision: str
    server: int
    bytes: int


class FileRow(NamedTuple):
    workspace_id: UUID
    id: UUID
    size: int
    digest: bytes
    has_thumbnail: bool


def reader_of(access: Access) -> str:
    """As whom everything is read: the superuser of our own cluster, elsewhere the role made for it."""
    return SUPERUSER if access.login_per_role else BACKUP


# How a row is written depends on these.
_PLAIN = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


@contextlib.contextmanager
def _reading(access: Access) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        access.psycopg(reader_of(access)), autocommit=True, row_factory=namedtuple_row
    ) as connection:
        for name, value in _PLAIN.items():
            connection.execute("select set_config(%s, %s, false)", (name, value))
        connection.autocommit = False
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection


@contextlib.contextmanager
def frozen(access: Access) -> Iterator[Frozen]:
    """Raises Refused `backup.unreadable` where a table would not show all its rows."""
    with _reading(access) as connection:
        row = connection.execute(_INSTANT).fetchone()
        if row is None:
            raise RuntimeError("the statement gives one row")
        hidden = [found[0] for found in connection.execute(_HIDDEN)]
        if hidden or row.revision_table is None:
            raise Refused("backup.unreadable", 409, said=", ".join(hidden) or "alembic_version")
        (revision,) = connection.execute("select version_num from alembic_version").fetchone() or ("",)
        yield Frozen(connection, row.snapshot, row.made_at, revision, row.server, row.bytes)


_INSTANT = """
    select pg_export_snapshot() as snapshot, transaction_timestamp() as made_at,
           current_setting('server_version_num')::int / 10000 as server,
           pg_database_size(current_database()) as bytes,
           to_regclass('public.alembic_version') as revision_table
"""
# A superuser sees all; the role for backups by a policy of its own on each table.
_HIDDEN = """
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not (select r.rolsuper or r.rolbypassrls from pg_roles r where r.rolname = current_user)
      and (not has_table_privilege(c.oid, 'select') or c.relrowsecurity and not exists (
          select 1 from pg_policies p where p.schemaname = 'public' and p.tablename = c.relname
            and current_user = any(p.roles) and p.qual = 'true'))
    order by 1
"""
_TABLES = """
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by pg_total_relation_size(c.oid) desc
"""
_SUM = sql.SQL(
    """
    select count(*) as rows,
           coalesce(sum(('x' || left(md5("the row"::text), 16))::bit(64)::bigint::numeric), 0)::text as digest
    from {} as "the row"
    """
)
_FILES = "select workspace_id, id, size, digest, has_thumbnail from files"


def sums(access: Access, stop: Stop, snapshot: str | None = None) -> dict[str, TableSum]:
    """Of every table, now or at the instant of an exported snapshot."""
    with _reading(access) as connection, stop.watching(connection):
        if snapshot is not None:
            connection.execute(sql.SQL("set transaction snapshot {}").format(sql.Literal(snapshot)))
        tables = [row[0] for row in connection.execute(_TABLES)]
        found = {}
        for table in tables:
            stop.check()
            row = connection.execute(_SUM.format(sql.Identifier("public", table))).fetchone()
            if row is None:
                raise RuntimeError("an aggregate has one row")
            found[table] = TableSum(rows=row.rows, digest=row.digest)
        return found


def file_rows(frozen: Frozen) -> Iterator[FileRow]:
    """What the rows of that instant say of files, a thousand at a time."""
    with frozen.connection.cursor("files") as cursor:
        cursor.itersize = 1000
        for row in cursor.execute(_FILES):
            yield FileRow(*row)


def file_bytes(frozen: Frozen) -> int:
    row = frozen.connection.execute("select coalesce(sum(size), 0)::bigint from files").fetchone()
    return int(row[0]) if row else 0


def still_known(access: Access, ids: Sequence[UUID]) -> int:
    """How many of these files have a row now."""
    with _reading(access) as connection:
        row = connection.execute("select count(*) from files where id = any(%s)", (list(ids),)).fetchone()
    return int(row[0]) if row else 0


def is_empty(access: Access) -> bool:
    """Whether nothing of anybody's lies in the database; an extension's own does not count."""
    with psycopg.connect(access.psycopg(OWNER)) as connection:
        row = connection.execute(_ANYTHING).fetchone()
    return row is None


_ANYTHING = """
    select 1 from pg_class c where c.relnamespace = 'public'::regnamespace
      and not exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e') limit 1
"""


def admit(access: Access) -> None:
    """What a dump of what is in the schema does not say of the schema itself, as migrations 0001 and 0032."""
    with psycopg.connect(access.psycopg(OWNER)) as connection:
        connection.execute("grant usage on schema public to kz_app, kz_lane, kz_system, kz_backup")


def settle(access: Access) -> None:
    """Make what was restored go on where it was. Places in the outbox are told by the transaction counter of
    the server they were written on; here another one counts. What was there becomes older than all to come,
    in its old order, and every handler stands where it stood."""
    with psycopg.connect(access.psycopg(OWNER)) as connection:
        for statement in _SETTLE:
            connection.execute(statement)


_SETTLE = (
    "alter table outbox disable row level security",
    "create temporary table placed on commit drop as"
    " select *, row_number() over (order by xid, id) as place from outbox",
    "update outbox_cursors c set xid = '1',"
    " id = (select count(*) from placed p where (p.xid, p.id) <= (c.xid, c.id))",
    "delete from outbox",
    "insert into outbox (day, id, xid, workspace_id, kind, body, created_at)"
    " select day, place, '1', workspace_id, kind, body, created_at from placed",
    "select setval('outbox_id', greatest((select last_value from outbox_id),"
    " (select max(place) from placed), 1))",
    "alter table outbox enable row level security",
    # The backup itself, as it stood in its own snapshot.
    "delete from backup_runs where state = 'running'",
    "analyze",
    # Without figures of its tables the server plans as if they were empty until it has looked at them itself.
    "analyze",
)
