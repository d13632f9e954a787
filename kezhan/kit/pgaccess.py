"""How to log in to the database, for each driver and each role."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from kezhan.kit.pgfaults import PostgresFault

DATABASE = "kezhan"
SUPERUSER = "postgres"
OWNER = "kz_owner"
ROLES = (OWNER, "kz_app", "kz_lane", "kz_system")

_FROM_URL = {"host", "port", "dbname", "user", "password", "sslmode"}


@dataclass(frozen=True)
class Access:
    """One server. `host` is a name, an address or the folder of a unix socket.

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

    def asyncpg(self, role: str, database: str | None = None) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect`."""
        chosen: dict[str, Any] = {"host": self.host, "port": self.port, "database": database or self.database}
        chosen |= {"user": role} if self.login_per_role else {"server_settings": {"role": role}}
        if not self.login_per_role and self.user is not None:
            chosen["user"] = self.user
        if self.password is not None:
            chosen["password"] = self.password
        if self.sslmode is not None:
            chosen["ssl"] = self.sslmode
        return chosen

    def psycopg(self, role: str, database: str | None = None) -> str:
        """A libpq connection string; without a role it is the login's own."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=database or self.database,
            user=role if self.login_per_role else self.user,
            password=self.password,
            sslmode=self.sslmode,
            options=f"-c role={role}" if role and not self.login_per_role else None,
        )

    @classmethod
    def from_url(cls, url: str) -> "Access":
        """`postgresql://user:password@host:port/database?sslmode=…` with one login for all roles.

        Raises PostgresFault `bad_url`; the text never repeats the password.
        """
        if not url.startswith(("postgresql://", "postgres://")):
            raise PostgresFault("bad_url", reason="it must begin with postgresql://")
        try:
            parts = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
            port = int(parts.get("port", "5432"))
        except (psycopg.ProgrammingError, ValueError):
            raise PostgresFault(
                "bad_url", reason="it cannot be read; are special characters %-escaped?"
            ) from None
        if unknown := set(parts) - _FROM_URL:
            raise PostgresFault("bad_url", reason=f"unknown parameters: {', '.join(sorted(unknown))}")
        host, database = parts.get("host", ""), parts.get("dbname", "")
        if not host or "," in host or not database:
            raise PostgresFault("bad_url", reason="it must name one host and a database")
        return cls(
            host, port, database, parts.get("user"), parts.get("password"), sslmode=parts.get("sslmode")
        )
