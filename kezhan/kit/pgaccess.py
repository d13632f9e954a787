"""How to log in to the database, for each driver and each role."""

from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kezhan.kit.pgfaults import PostgresFault

DATABASE = "kezhan"
SUPERUSER = "postgres"
OWNER = "kz_owner"
BACKUP = "kz_backup"
"""Reads every row of every workspace and writes none."""
ROLES = (OWNER, "kz_app", "kz_lane", "kz_system", BACKUP)

_FROM_URL = {"host", "port", "dbname", "user", "password", "sslmode", "target_session_attrs"}
_WRITABLE = "read-write"
_DEAD_SECONDS = 15
"""A line on which nothing arrives any more is given up after so long, not after the system's hours."""
_SERVER_SECONDS = 3
"""How long one of several servers may take to answer before the next one is asked."""


@dataclass(frozen=True)
class Access:
    """One server, or several of which one takes writes. `host` is a name, an address or the folder of a unix
    socket; `others` are further hosts with their ports, asked in this order for the one that takes writes.

    With `login_per_role` each role logs in by its own name; else `user` logs in and becomes the role by a
    start-up parameter, which a later RESET or DISCARD returns to. `sslmode` is libpq's; certificates come
    from libpq's own variables (PGSSLROOTCERT …), which both drivers read.
    """

    host: str
    port: int
    database: str
    user: str | None = None
    password: str | None = None
    login_per_role: bool = False
    sslmode: str | None = None
    others: tuple[tuple[str, int], ...] = ()

    def servers(self) -> tuple["Access", ...]:
        """Each server on its own."""
        places = ((self.host, self.port), *self.others)
        return tuple(replace(self, host=host, port=port, others=()) for host, port in places)

    def asyncpg(self, role: str, database: str | None = None) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect` to the first server."""
        chosen: dict[str, Any] = {"host": self.host, "port": self.port, "database": database or self.database}
        chosen |= {"user": role} if self.login_per_role else {"server_settings": {"role": role}}
        if not self.login_per_role and self.user is not None:
            chosen["user"] = self.user
        if self.password is not None:
            chosen["password"] = self.password
        if self.sslmode is not None:
            chosen["ssl"] = self.sslmode
        return chosen

    def asyncpg_each(self, role: str) -> list[dict[str, Any]]:
        """The same for every server, in the order to ask them. One of several must take writes."""
        each = [server.asyncpg(role) for server in self.servers()]
        if len(each) == 1:
            return each
        return [{**one, "target_session_attrs": _WRITABLE, "timeout": _SERVER_SECONDS} for one in each]

    def psycopg(self, role: str, database: str | None = None) -> str:
        """A libpq connection string; without a role it is the login's own."""
        return make_conninfo(
            host=",".join(server.host for server in self.servers()),
            port=",".join(str(server.port) for server in self.servers()),
            dbname=database or self.database,
            user=role if self.login_per_role else self.user,
            password=self.password,
            sslmode=self.sslmode,
            options=f"-c role={role}" if role and not self.login_per_role else None,
            target_session_attrs=_WRITABLE if self.others else None,
            connect_timeout=_SERVER_SECONDS if self.others else None,
            keepalives_idle=_DEAD_SECONDS,
            keepalives_interval=_DEAD_SECONDS // 3,
            keepalives_count=3,
            tcp_user_timeout=_DEAD_SECONDS * 1000,
        )

    @classmethod
    def from_url(cls, url: str) -> "Access":
        """`postgresql://user:password@host:port/database?sslmode=…` with one login for all roles. Several
        servers as libpq writes them: `host1:port1,host2:port2`.

        Raises PostgresFault `bad_url`; the text never repeats the password.
        """
        if not url.startswith(("postgresql://", "postgres://")):
            raise PostgresFault("bad_url", reason="it must begin with postgresql://")
        try:
            parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
            ports = [int(port or "5432") for port in parts.get("port", "").split(",")]
        except (psycopg.ProgrammingError, ValueError):
            raise PostgresFault(
                "bad_url", reason="it cannot be read; are special characters %-escaped?"
            ) from None
        if unknown := set(parts) - _FROM_URL:
            raise PostgresFault("bad_url", reason=f"unknown parameters: {', '.join(sorted(unknown))}")
        hosts, database = parts.get("host", "").split(","), parts.get("dbname", "")
        if not all(hosts) or not database:
            raise PostgresFault("bad_url", reason="it must name a host, or several, and a database")
        if len(ports) not in {1, len(hosts)}:
            raise PostgresFault("bad_url", reason="it must name one port, or one for each host")
        if parts.get("target_session_attrs", _WRITABLE) not in {_WRITABLE, "primary"}:
            raise PostgresFault("bad_url", reason="target_session_attrs must be read-write or primary")
        places = list(zip(hosts, ports * len(hosts), strict=False))
        return cls(
            *places[0], database, parts.get("user"), parts.get("password"), sslmode=parts.get("sslmode"),
            others=tuple(places[1:]),
        )  # fmt: skip
