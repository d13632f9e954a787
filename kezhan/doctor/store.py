"""Every statement of the doctor. They read, and none of them a customer's row; customers are but counted."""

from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import namedtuple_row

from kezhan.kit.postgres import ROLES, Access

_SERVER = """
    select current_setting('server_version') as version,
           current_setting('server_version_num')::int / 10000 as major,
           pg_is_in_recovery() as replica,
           current_setting('fsync') as fsync,
           current_setting('full_page_writes') as full_page_writes,
           current_setting('synchronous_commit') as synchronous_commit,
           current_setting('synchronous_standby_names') as standby_names,
           (select count(*)::int from pg_stat_replication) as standbys,
           (select count(*)::int from pg_stat_replication where sync_state in ('sync', 'quorum')) as in_sync,
           (select count(*)::int from pg_stat_replication where sync_state is null) as unseen,
           current_setting('max_connections')::int
               - current_setting('superuser_reserved_connections')::int as most,
           (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as used,
           (select count(*)::int from pg_stat_activity
            where application_name = 'kz_lane' and datname = current_database()) as lanes
"""
_CLOCK = "select extract(epoch from clock_timestamp())::float"
_ROLES = "select rolname from pg_roles where rolname = any(%s)"
# Besides its own attributes a role has what the roles it may become have.
_BYPASS = """
    select r.rolname from pg_roles r where r.rolname = any(%s) and (
        exists (select 1 from pg_roles s where (s.rolsuper or s.rolbypassrls)
                and pg_has_role(r.rolname, s.oid, 'MEMBER'))
        or exists (select 1 from pg_class c where c.relnamespace = 'public'::regnamespace
                   and c.relkind in ('r', 'p') and pg_has_role(r.rolname, c.relowner, 'MEMBER')))
    order by 1
"""
_UNWALLED = """
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and (c.relname = 'workspaces' or exists (
          select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id'))
      and not (c.relrowsecurity and c.relforcerowsecurity)
    order by 1
"""
# This machine's own address is not counted.
_CALLERS = """
    select (count(distinct key) filter (where scope = 'visitor'))::int as visitors,
           (count(distinct key) filter (where scope = 'address'))::int as addresses,
           coalesce(min(key) filter (where scope = 'address'), '') as address
    from flood_counts where rule = 'messages' and starts_at > now() - interval '1 day'
"""
_SEEN = "select exists (select 1 from workspaces) or exists (select 1 from memberships)"
_SECONDS = 5


def connect(access: Access, role: str) -> psycopg.Connection[Any]:
    """A connection that reads. Raises psycopg.OperationalError."""
    connection = psycopg.connect(
        access.psycopg(role), connect_timeout=_SECONDS, autocommit=True, row_factory=namedtuple_row
    )
    connection.execute(sql.SQL("set statement_timeout = {}").format(sql.Literal(f"{_SECONDS}s")))
    return connection


def server(connection: psycopg.Connection[Any]) -> Any:
    """Version and settings; `most` connections for everybody, `used` now, `lanes`: processes of ours. Of the
    replicas (`standbys`) some may be `unseen`, their state being told to monitoring roles only."""
    return connection.execute(_SERVER).fetchone()


def clock(connection: psycopg.Connection[Any]) -> float:
    """Seconds since 1970."""
    return float(_first(connection, _CLOCK))


def missing_roles(connection: psycopg.Connection[Any]) -> list[str]:
    found = {row[0] for row in connection.execute(_ROLES, (list(ROLES),))}
    return [role for role in ROLES if role not in found]


def bypassing(connection: psycopg.Connection[Any], roles: list[str]) -> list[str]:
    """Those that row-level security would not hold."""
    return [row[0] for row in connection.execute(_BYPASS, (roles,))]


def unwalled(connection: psycopg.Connection[Any]) -> list[str]:
    """Tables with rows of workspaces on which row-level security is not forced."""
    return [row[0] for row in connection.execute(_UNWALLED)]


def callers(connection: psycopg.Connection[Any]) -> Any:
    """Asked as kz_system: how many `visitors` have written within a day, from how many `addresses`, and one
    of these."""
    return connection.execute(_CALLERS).fetchone()


def sees_without_workspace(connection: psycopg.Connection[Any]) -> bool:
    """Asked as kz_app, which has no workspace here and so must see nothing."""
    return bool(_first(connection, _SEEN))


def _first(connection: psycopg.Connection[Any], statement: Any) -> Any:
    row = connection.execute(statement).fetchone()
    if row is None:
        raise RuntimeError("the statement gives one row")
    return row[0]
