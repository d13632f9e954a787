"""From one version of the schema to the next: nothing lost, one at a time, never back."""

import threading
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import sql
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

import kezhan.migrations
from kezhan.kit.ids import new_id
from kezhan.kit.migrate import upgrade, version
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.kit.testing import PATIENCE
from tests.catalogue import TABLES, granted, intended, rows

LOCK = 0x6B65_7A68  # of every program that migrates


def config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(kezhan.migrations.__file__).parent))
    return config


def alembic(access: Access, verb: Any, revision: str) -> str:
    """Run an alembic command as the owner; the lock_timeout it ran with."""
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(access.psycopg("kz_owner")),
        poolclass=NullPool,
    )
    with engine.connect() as connection:
        chosen = config()
        chosen.attributes["connection"] = connection
        verb(chosen, revision)
        return str(connection.exec_driver_sql("show lock_timeout").scalar())


@pytest.fixture
def empty(access: Access) -> Access:
    """A database without a schema."""
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        connection.execute("drop schema public cascade")
        connection.execute("create schema public")
    return access


WS, ONE, TWO = new_id(), new_id(), new_id()
# What each version brought, with a row in it; `ws`, `one` and `two` are ids.
FILLED: dict[str, tuple[str, ...]] = {
    "0001": (
        "insert into outbox (workspace_id, kind, body) values ({ws}, 'contacts.changed', '{{\"a\": 1}}')",
        "insert into outbox_cursors (handler) values ('files.remove')",
        "insert into dead_letters (workspace_id, handler, kind, body, fault)"
        " values ({ws}, 'h', 'k', '{{}}', 'x')",
        "insert into timers values ({ws}, 'files.unattached', {one}, now())",
        "insert into procrastinate_jobs (task_name, queue_name) values ('files.remove', 'default')",
    ),
    "0002": (
        "insert into workspaces (id, name) values ({ws}, '山间茶铺')",
        "insert into users (id, email, email_key) values ({one}, 'A@x.cn', 'a@x.cn')",
        "insert into memberships (workspace_id, id, user_id, email, name, sort_key, role)"
        " values ({ws}, {one}, {one}, 'A@x.cn', '林晚晴', 'lin wan qing', 'owner')",
        "insert into sessions (workspace_id, id, membership_id, token_digest, peer, user_agent, expires_at)"
        " values ({ws}, {one}, {one}, '\\x01', '127.0.0.1', '', now())",
        "insert into api_tokens (workspace_id, id, name, token_digest, scopes, created_by)"
        " values ({ws}, {one}, '接口', '\\x02', '{{member.read}}', {one})",
        "insert into teams values ({ws}, {one}, '售前', 'shou qian')",
        "insert into team_members values ({ws}, {one}, {one})",
        "insert into audit_log (workspace_id, id, actor_kind, action, subject_kind)"
        " values ({ws}, {one}, 'system', 'x', 'y')",
    ),
    "0003": (
        "insert into channel_accounts (workspace_id, id, adapter, name, public_key, settings)"
        " values ({ws}, {one}, 'webchat', '网站', 'k', '{{}}')",
        "insert into contacts (workspace_id, id, name, note) values ({ws}, {one}, '王小明', '老客户')",
        "insert into identities (workspace_id, id, contact_id, account_id, external_id)"
        " values ({ws}, {two}, {one}, {one}, 'visitor:1')",
        "insert into visits (workspace_id, id, identity_id, contact_id, account_id, address, user_agent,"
        " browser, system, device, language, time_zone, screen, referrer, source, search_word)"
        " values ({ws}, {one}, {two}, {one}, {one}, '', '', '', '', 'phone', '', '', '', '', 'direct', '')",
        "insert into page_views (workspace_id, visit_id, no, url, title, entered_at)"
        " values ({ws}, {one}, 1, 'https://x.cn/', '茶', now())",
        "insert into files (workspace_id, id, name, media_type, size, digest, owner_kind, owner_id)"
        " values ({ws}, {one}, '茶.png', 'image/png', 3, '\\x03', 'member', {one})",
    ),
}


def fill(access: Access, upto: str) -> None:
    ids = {name: sql.Literal(value) for name, value in (("ws", WS), ("one", ONE), ("two", TWO))}
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        for number, statements in FILLED.items():
            for statement in statements if number <= upto else ():
                connection.execute(sql.SQL(statement).format(**ids))


def content(access: Access) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the version's own, as json."""
    with psycopg.connect(access.psycopg(SUPERUSER)) as connection:
        tables = connection.execute(
            "select relname from pg_class where relnamespace = 'public'::regnamespace"
            " and relkind in ('r', 'p') and not relispartition and relname <> 'alembic_version'"
        ).fetchall()
        found = {}
        for (table,) in tables:
            query = sql.SQL("select to_jsonb(t) from {} t order by 1").format(sql.Identifier(table))
            found[table] = [row[0] for row in connection.execute(query).fetchall()]
    return found


@pytest.mark.parametrize("earlier", list(FILLED))
def test_a_database_of_each_earlier_version_comes_up_with_every_row_it_had(
    empty: Access, earlier: str
) -> None:
    assert alembic(empty, command.upgrade, earlier) == "5s"
    fill(empty, earlier)
    before = content(empty)
    assert sum(map(len, before.values())) >= sum(len(FILLED[n]) for n in FILLED if n <= earlier)
    upgrade(empty)
    upgrade(empty)
    after = content(empty)
    # What was there before is taken into the search.
    for kind in ("conversations.words", "search.people", "search.talks"):
        words = [row for row in after["timers"] if row["kind"] == kind]
        assert [row["workspace_id"] for row in words] == [row["id"] for row in before.get("workspaces", [])]
        after["timers"] = [row for row in after["timers"] if row not in words]
    for table, old in before.items():
        for row, kept in zip(old, after[table], strict=True):
            assert {name: kept[name] for name in row} == row, table
    assert version(empty) == (ScriptDirectory.from_config(config()).get_current_head(),) * 2
    assert granted(empty, TABLES) == intended()


_LOCKS = (
    "select count(*) from pg_locks where locktype = 'advisory'"
    " and database = (select oid from pg_database where datname = current_database())"
)


def test_a_program_that_starts_while_another_migrates_waits_and_goes_on(empty: Access) -> None:
    waiting = f"{_LOCKS} and not granted"
    started = threading.Thread(target=upgrade, args=(empty,))
    with psycopg.connect(empty.psycopg("kz_owner"), autocommit=True) as other:
        other.execute("select pg_advisory_lock(%s)", [LOCK])
        started.start()
        deadline = time.monotonic() + PATIENCE
        while rows(empty, waiting) != [(1,)] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rows(empty, "select to_regclass('workspaces')") == [(None,)]
    started.join(PATIENCE)
    assert version(empty)[0] == version(empty)[1]
    assert rows(empty, _LOCKS) == [(0,)]


def test_a_step_that_breaks_leaves_the_version_before_it_whole_and_can_be_taken_again(empty: Access) -> None:
    alembic(empty, command.upgrade, "0002")
    with psycopg.connect(empty.psycopg("kz_owner")) as connection:
        connection.execute("create table visits (in_the_way int)")
    with pytest.raises(DBAPIError):
        upgrade(empty)
    assert version(empty)[0] == "0002"
    assert rows(empty, "select to_regclass('files'), to_regclass('contacts')") == [(None, None)]
    with psycopg.connect(empty.psycopg("kz_owner")) as connection:
        connection.execute("drop table visits")
    upgrade(empty)
    assert version(empty)[0] == version(empty)[1]


def test_a_database_from_a_later_program_is_left_alone(access: Access) -> None:
    with psycopg.connect(access.psycopg("kz_owner")) as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    before = content(access)
    with pytest.raises(CommandError):
        upgrade(access)
    assert content(access) == before
    assert rows(access, "select version_num from alembic_version") == [("9999",)]


def test_nothing_leads_back(access: Access) -> None:
    with pytest.raises(Exception, match="downgrade"):
        alembic(access, command.downgrade, "-1")
    assert version(access)[0] == version(access)[1]
    assert rows(access, "select to_regclass('messages') is not null") == [(True,)]


def test_the_versions_are_one_line_named_by_number_and_described() -> None:
    scripts = ScriptDirectory.from_config(config())
    line = list(scripts.walk_revisions())
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1
    assert [step.revision for step in reversed(line)] == [f"{n:04}" for n in range(1, len(line) + 1)]
    for step in line:
        assert Path(step.path).name.startswith(f"v{step.revision}_")
        assert step.module.__doc__
        assert not hasattr(step.module, "downgrade")
