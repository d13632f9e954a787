"""Bring the database to this version: roles where they are missing, then the migrations under one lock."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

from kezhan.kit.postgres import ROLES, Access

_ROLES_LOCK = 0x6B65_7A72  # "kezr"
_SCRIPTS = Path(__file__).parents[1] / "migrations"


def upgrade(access: Access, database: str | None = None) -> None:
    """Run what is missing, as kz_owner. Of several processes that start at once one works, the rest wait."""
    make_roles(access, database)
    with _connect(access, "kz_owner", database) as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def version(access: Access) -> tuple[str | None, str | None]:
    """(the database's version, this program's)."""
    with _connect(access, "kz_owner", None) as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current, ScriptDirectory.from_config(_config()).get_current_head()


def is_behind(access: Access) -> bool:
    """Whether the database lacks something this program brings. A newer one does not: versions only add."""
    scripts = ScriptDirectory.from_config(_config())
    older = {script.revision for script in scripts.walk_revisions()} - {scripts.get_current_head()}
    current, _ = version(access)
    return current is None or current in older


def knows(revision: str) -> bool:
    """Whether this program's line of versions has `revision`."""
    return revision in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    return config


def _connect(access: Access, role: str, database: str | None) -> Connection:
    conninfo = access.psycopg(role, database)
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool
    )
    return engine.connect()


def make_roles(access: Access, database: str | None = None) -> None:
    """With a one-login URL the roles may be missing: make them and let the login take each by SET ROLE. With
    a login per role whoever made the cluster has made them."""
    if access.login_per_role:
        return
    with _connect(access, "", database) as connection:
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _ROLES_LOCK})
        for role in ROLES:
            known = connection.execute(
                text("select 1 from pg_roles where rolname = :r"), {"r": role}
            ).scalar()
            if known is None:
                connection.execute(text(f"create role {role} nologin nosuperuser nobypassrls"))
                connection.execute(text(f"grant {role} to current_user"))
        connection.execute(text("grant create, usage on schema public to kz_owner"))
        connection.commit()
