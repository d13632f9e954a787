"""Alembic's entry: one connection as kz_owner, one advisory lock, a short lock_timeout."""

from alembic import context
from sqlalchemy import text
from sqlalchemy.engine import Connection

LOCK = 0x6B65_7A68  # "kezh"


def run(connection: Connection) -> None:
    connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": LOCK})
    connection.execute(text("set lock_timeout = '5s'"))
    connection.commit()
    try:
        # All or nothing: a step that breaks leaves the version the program was started on.
        context.configure(connection=connection, transaction_per_migration=False)
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("select pg_advisory_unlock(:lock)"), {"lock": LOCK})
        connection.commit()


run(context.config.attributes["connection"])
