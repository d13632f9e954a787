"""Transactions of one workspace: isolated, all or nothing, leaking nothing, honest without a database."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, MultipleResultsFound
from sqlalchemy.ext.asyncio import create_async_engine

from kezhan.kit import db as kit_db
from kezhan.kit.clock import now
from kezhan.kit.db import Database, StructColumn, Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Event, Wiring, emit
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, queries, until
from kezhan.kit.timers import set_timer

COUNT = text("select count(*) from timers")
SETTING = text("select current_setting('kz.ws', true)")
FAR = timedelta(days=1)


class Knocked(Event, frozen=True, kw_only=True, tag="test.knocked"):
    pass


@contextlib.asynccontextmanager
async def opened(access: Access, pool: int = 2) -> AsyncIterator[Database]:
    db = Database(access, Wiring(), pool=pool)
    yield db
    await db.close()


@pytest.fixture(scope="module")
async def place(cluster: TestCluster) -> AsyncIterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def one(place: Access) -> AsyncIterator[Database]:
    """A pool of a single connection: whatever a transaction leaves behind, the next one meets."""
    async with opened(place, pool=1) as db:
        yield db


async def put(tx: Tx, ref: UUID | None = None) -> None:
    await set_timer(tx, "test.kept", ref or new_id(), now() + FAR)


async def kept(db: Database, workspace_id: UUID) -> int:
    async with db.tx(workspace_id) as tx:
        return int(await tx.value(COUNT))


async def test_a_workspace_sees_its_own_rows_and_nobody_elses(one: Database) -> None:
    mine, theirs = new_id(), new_id()
    async with one.tx(mine) as tx:
        await put(tx)
        await put(tx)
    async with one.tx(theirs) as tx:
        await put(tx)
    assert (await kept(one, mine), await kept(one, theirs), await kept(one, new_id())) == (2, 1, 0)


@pytest.mark.parametrize("end", ["commit", "refusal", "fault", "statement"])
async def test_the_workspace_ends_with_its_transaction_however_that_ends(one: Database, end: str) -> None:
    workspace_id = new_id()
    with contextlib.suppress(Refused, ZeroDivisionError, DBAPIError):
        async with one.tx(workspace_id) as tx:
            await put(tx)
            assert await tx.value(SETTING) == str(workspace_id)
            if end == "refusal":
                raise Refused("kit.forbidden", 403)
            if end == "fault":
                raise ZeroDivisionError
            if end == "statement":
                await tx.run(text("select 1 / 0"))
    async with one._app.connect() as bare:
        assert not (await bare.execute(SETTING)).scalar_one()
        assert (await bare.execute(COUNT)).scalar_one() == 0
    assert await kept(one, workspace_id) == (1 if end == "commit" else 0)


@pytest.mark.parametrize("setting", ["", "none", "0", "' or true --"])
async def test_a_connection_whose_workspace_is_none_or_nonsense_sees_nothing(
    one: Database, setting: str
) -> None:
    async with one.tx(new_id()) as tx:
        await put(tx)
    connection = await one.connect("kz_app")
    try:
        await connection.execute("select set_config('kz.ws', $1, false)", setting)
        if setting:
            with pytest.raises(Exception, match="invalid input syntax for type uuid"):
                await connection.fetchval("select count(*) from timers")
        else:
            assert await connection.fetchval("select count(*) from timers") == 0
    finally:
        await connection.close()


async def test_a_row_cannot_be_written_into_or_moved_to_another_workspace(one: Database) -> None:
    mine, theirs, ref = new_id(), new_id(), new_id()
    async with one.tx(mine) as tx:
        await put(tx, ref)
    for statement in (
        "insert into timers values (:theirs, 'test.kept', :ref, now())",
        "update timers set workspace_id = :theirs",
    ):
        with pytest.raises(DBAPIError, match="row-level security"):
            async with one.tx(mine) as tx:
                values = {"theirs": theirs, "ref": ref} if ":ref" in statement else {"theirs": theirs}
                await tx.run(text(statement), values)
    assert (await kept(one, mine), await kept(one, theirs)) == (1, 0)


async def test_what_was_done_before_a_savepoint_failed_can_be_kept(one: Database) -> None:
    workspace_id = new_id()
    async with one.tx(workspace_id) as tx:
        await put(tx)
        with contextlib.suppress(DBAPIError):
            async with tx.conn.begin_nested():
                await put(tx)
                await tx.run(text("select 1 / 0"))
        assert await tx.value(SETTING) == str(workspace_id)
    assert await kept(one, workspace_id) == 1


async def test_a_glance_that_fails_or_takes_too_long_leaves_the_transaction_whole(one: Database) -> None:
    workspace_id = new_id()
    async with one.tx(workspace_id) as tx:
        await put(tx)
        for statement, values in (
            ("select pg_sleep(5)", ()),
            ("select 1 / 0", ()),
            ("select $1::int", ("x",)),
        ):
            with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
                await tx.glance(20, statement, *values)
        assert [row["n"] for row in await tx.glance(5000, "select count(*) as n from timers")] == [1]
        (row,) = await tx.fetch("select current_setting('statement_timeout') as most")
        assert row["most"] == "0"
    async with one.tx(workspace_id) as tx:
        assert await tx.value(COUNT) == 1


async def test_a_cancelled_request_leaves_nothing_and_gives_its_connection_back(one: Database) -> None:
    workspace_id, inside = new_id(), asyncio.Event()

    async def work() -> None:
        async with one.tx(workspace_id) as tx:
            await put(tx)
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await kept(one, workspace_id) == 0


async def test_a_request_cancelled_in_the_middle_of_a_statement_does_no_harm_to_the_next(
    one: Database,
) -> None:
    async def work() -> None:
        async with one.tx(new_id()) as tx:
            await tx.value(text("select pg_sleep(30)"))

    task = asyncio.create_task(work())
    asleep = "select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()"
    with psycopg.connect(one.access.psycopg("postgres"), autocommit=True) as admin:
        await until(lambda: admin.execute(asleep).fetchone())
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await kept(one, new_id()) == 0


async def test_only_a_commit_is_announced_and_only_where_something_was_said(one: Database) -> None:
    told: list[tuple[UUID, int]] = []
    one.on_commit = lambda workspace_id, published: told.append((workspace_id, len(published)))
    loud, quiet = new_id(), new_id()
    with contextlib.suppress(Refused):
        async with one.tx(loud) as tx:
            await emit(tx, Knocked())
            raise Refused("kit.forbidden", 403)
    async with one.tx(quiet) as tx:
        await put(tx)
    async with one.tx(loud) as tx:
        await emit(tx, Knocked())
        await emit(tx, Knocked(), ["a"])
        assert told == []
    assert told == [(loud, 2)]


async def test_a_commit_that_the_database_refuses_is_not_announced(place: Access) -> None:
    with psycopg.connect(place.psycopg("kz_owner")) as owner:
        owner.execute(
            "create table vows (id int primary key, kept int references vows deferrable initially deferred)"
        )
        owner.execute("grant insert on vows to kz_app")
    told: list[Any] = []
    async with opened(place, pool=1) as db:
        db.on_commit = lambda *_: told.append(1)
        workspace_id = new_id()
        with pytest.raises(DBAPIError, match="violates foreign key"):
            async with db.tx(workspace_id) as tx:
                await emit(tx, Knocked())
                await put(tx)
                await tx.run(text("insert into vows values (1, 2)"))
        assert (told, await kept(db, workspace_id)) == ([], 0)


async def test_a_system_transaction_belongs_to_no_workspace_and_cannot_speak_for_one(one: Database) -> None:
    async with one.system_tx() as tx:
        assert tx.workspace_id is None
        with pytest.raises(RuntimeError, match="no workspace"):
            _ = tx.workspace
        with pytest.raises(RuntimeError, match="no workspace"):
            await emit(tx, Knocked())
    with pytest.raises(DBAPIError, match="permission denied"):
        async with one.system_tx() as tx:
            await tx.run(text("insert into timers values (gen_random_uuid(), '', gen_random_uuid(), now())"))


@pytest.mark.parametrize("role", ["kz_app", "kz_lane", "kz_system"])
async def test_each_role_logs_in_as_itself_waits_not_for_ever_and_lives_in_utc(
    one: Database, role: str
) -> None:
    connection = await one.connect(role)
    try:
        names = (
            "role",
            "application_name",
            "timezone",
            "lock_timeout",
            "idle_in_transaction_session_timeout",
        )
        found = {name: await connection.fetchval(f"show {name}") for name in names[1:]}
        who = await connection.fetchval("select current_user")
    finally:
        await connection.close()
    limits = ("0", "0") if role == "kz_system" else ("5s", "15s")
    assert (who, found["application_name"], found["timezone"]) == (role, role, "UTC")
    assert (found["lock_timeout"], found["idle_in_transaction_session_timeout"]) == limits


async def test_who_finds_the_pool_empty_waits_for_a_turn(one: Database) -> None:
    workspace_id, order = new_id(), list[int]()

    async def work(n: int) -> None:
        async with one.tx(workspace_id) as tx:
            await put(tx)
            order.append(n)

    async with one.tx(workspace_id):
        waiting = [asyncio.create_task(work(n)) for n in range(5)]
        await asyncio.sleep(0)
        assert order == []
    await asyncio.gather(*waiting)
    assert (sorted(order), await kept(one, workspace_id)) == ([0, 1, 2, 3, 4], 5)


async def test_who_waits_too_long_for_a_connection_is_refused_and_the_pool_stays_whole(
    place: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    def impatient(url: str, **how: Any) -> Any:
        return create_async_engine(url, **{**how, "pool_timeout": 0.05})

    monkeypatch.setattr(kit_db, "create_async_engine", impatient)
    async with opened(place, pool=1) as db:
        async with db.tx(new_id()):
            with pytest.raises(Refused) as refused:
                await kept(db, new_id())
        assert (refused.value.code, refused.value.status) == ("kit.no_database", 503)
        assert refused.value.params == {"retry_after": 1}
        assert await kept(db, new_id()) == 0


async def test_connections_that_died_while_idle_are_replaced_before_anybody_notices(
    cluster: TestCluster, place: Access
) -> None:
    async with opened(place, pool=1) as db:
        workspace_id = new_id()
        for _ in range(2):
            async with db.tx(workspace_id) as tx:
                await put(tx)
            async with db.system_tx() as tx:
                await tx.value(COUNT)
            cluster.cut(place)
        assert await kept(db, workspace_id) == 2
        async with db.system_tx() as tx:
            assert await tx.value(text("select 1")) == 1


async def test_a_connection_that_dies_in_the_middle_loses_its_work_and_no_more(
    cluster: TestCluster, place: Access
) -> None:
    async with opened(place, pool=1) as db:
        workspace_id = new_id()
        with pytest.raises(DBAPIError):
            async with db.tx(workspace_id) as tx:
                await put(tx)
                cluster.cut(place)
                await put(tx)
        assert await kept(db, workspace_id) == 0


async def test_no_server_and_no_such_database_are_a_refusal_that_may_be_tried_again(
    place: Access, tmp_path: Path
) -> None:
    nowhere = Access(str(tmp_path), 5432, "kezhan", login_per_role=True)
    missing = Access(place.host, place.port, "t_missing", login_per_role=True)
    for access in (nowhere, missing):
        async with opened(access) as db:
            for opening in (db.tx(new_id()), db.system_tx()):
                with pytest.raises(Refused) as refused:
                    async with opening:
                        raise AssertionError("there is no database")
                assert (refused.value.code, refused.value.status) == ("kit.no_database", 503)


async def test_of_several_servers_the_first_that_takes_writes_is_used(place: Access, tmp_path: Path) -> None:
    here, nowhere = (place.host, place.port), (str(tmp_path), 5432)
    for first, *others in ((nowhere, here), (here, nowhere), (nowhere, nowhere, here)):
        several = Access(*first, place.database, login_per_role=True, others=tuple(others))
        async with opened(several) as db, db.system_tx() as tx:
            assert await tx.value(text("select 1")) == 1
        with psycopg.connect(several.psycopg("kz_app")) as conn:
            assert conn.execute("select 1").fetchone() == (1,)
    read_only = f"alter database {place.database} set default_transaction_read_only = on"
    with psycopg.connect(place.psycopg("postgres"), autocommit=True) as admin:
        admin.execute(read_only)
        try:
            several = Access(*here, place.database, login_per_role=True, others=(nowhere,))
            async with opened(several) as db:
                with pytest.raises(ConnectionError, match="none of the database's servers takes writes"):
                    await db.connect("kz_lane")
                with pytest.raises(Refused) as refused:
                    async with db.system_tx():
                        raise AssertionError("nothing there takes writes")
                assert refused.value.code == "kit.no_database"
        finally:
            admin.execute("set default_transaction_read_only = off")
            admin.execute(read_only.replace("= on", "= off"))


async def test_a_role_that_owns_a_table_is_refused_at_the_start(access: Access) -> None:
    async with opened(access) as db:
        await db.check_roles()
        with psycopg.connect(access.psycopg("postgres")) as admin:
            admin.execute("alter table timers owner to kz_app")
        with pytest.raises(RuntimeError, match="could bypass row-level security"):
            await db.check_roles()


async def test_one_login_that_is_superuser_still_works_as_the_bare_role(place: Access) -> None:
    single = Access(place.host, place.port, place.database, user="postgres")
    async with opened(single, pool=1) as db:
        await db.check_roles()
        mine = new_id()
        async with db.tx(mine) as tx:
            await put(tx)
        assert (await kept(db, mine), await kept(db, new_id())) == (1, 0)


async def test_the_small_words_of_a_transaction(one: Database) -> None:
    workspace_id = new_id()
    async with one.tx(workspace_id) as tx:
        with queries(tx) as seen:
            assert await tx.run(text("delete from timers")) == 0
            for _ in range(3):
                await put(tx)
            assert await tx.run(text("update timers set kind = 'test.other'")) == 3
            assert await tx.row(text("select ref from timers where kind = 'nothing'")) is None
            assert await tx.value(text("select ref from timers where kind = 'nothing'")) is None
            assert len(await tx.rows(text("select ref from timers"))) == 3
        assert len(seen) == 8
        with pytest.raises(MultipleResultsFound):
            await tx.row(text("select ref from timers"))


class Cup(msgspec.Struct, frozen=True, kw_only=True, tag="cup"):
    v: int = 1
    leaf: str


class Pot(msgspec.Struct, frozen=True, kw_only=True, tag="pot"):
    v: int = 1
    litres: float


def test_a_struct_column_keeps_one_shape_and_refuses_another() -> None:
    column = StructColumn(Cup | Pot)
    bind = column.process_bind_param
    result = column.process_result_value
    dialect: Any = None
    for ware in (Cup(leaf="龙井"), Pot(litres=1.5), None):
        assert result(bind(ware, dialect), dialect) == ware
    assert bind(Cup(leaf="a"), dialect) == {"type": "cup", "v": 1, "leaf": "a"}
    strangers: list[Any] = [{"type": "plate"}, {"type": "cup", "v": 1}, {"type": "cup", "leaf": 7}, [], "cup"]
    for strange in strangers:
        with pytest.raises(msgspec.ValidationError):
            result(strange, dialect)
