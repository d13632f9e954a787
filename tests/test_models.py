"""The models say what the migrations made."""

import importlib
import pkgutil

import psycopg
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

import kezhan
from kezhan.kit.db import Table
from kezhan.kit.postgres import Access


def load_all() -> None:
    for module in pkgutil.walk_packages(kezhan.__path__, "kezhan."):
        if module.name.endswith(".models"):
            importlib.import_module(module.name)


def test_every_model_has_its_table_with_just_these_columns(access: Access) -> None:
    load_all()
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(access.psycopg("kz_owner")),
        poolclass=NullPool,
    )
    found = inspect(engine)
    for table in Table.metadata.tables.values():
        columns = {column["name"]: column for column in found.get_columns(table.name)}
        assert set(columns) == {column.name for column in table.columns}, table.name
        for column in table.columns:
            assert columns[column.name]["nullable"] == bool(column.nullable), f"{table.name}.{column.name}"


def test_every_table_of_a_workspace_is_isolated_by_force(access: Access) -> None:
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        rows = connection.execute(
            "select c.relname, c.relrowsecurity and c.relforcerowsecurity from pg_class c"
            " join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id'"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
            " and not c.relispartition"
        ).fetchall()
    assert len(rows) > 20
    assert [name for name, isolated in rows if not isolated] == []


def test_every_table_of_a_workspace_begins_its_key_with_it(access: Access) -> None:
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        rows = connection.execute(
            "select c.relname, bool_or(a.attname = 'workspace_id') from pg_class c"
            " join pg_attribute w on w.attrelid = c.oid and w.attname = 'workspace_id'"
            " join pg_index i on i.indrelid = c.oid and i.indisunique"
            " join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')"
            " and not c.relispartition"
            " group by 1"
        ).fetchall()
    assert [name for name, leads in rows if not leads] == []
