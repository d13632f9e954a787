"""Reads outside transactions: of one workspace whatever a line has been through, of none where it writes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from kezhan.kit import reading
from kezhan.kit.clock import now
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Wiring
from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster, reads, until
from kezhan.kit.timers import set_timer

MINE = "select workspace_id, count(*) over () as number from timers limit 1"


@pytest.fixture(scope="module")
async def place(cluster: TestCluster) -> AsyncIterator[Access]:
    access = cluster.fresh()
    yield access
    cluster.drop(access)


@pytest.fixture
async def db(place: Access) -> AsyncIterator[Database]:
    """With a single line: whatever one read leaves behind, the next one meets."""
    db = Database(place, Wiring(), pool=1)
    yield db
    await db.close()


async def workspace(db: Database, rows: int) -> UUID:
    workspace_id = new_id()
    async with db.tx(workspace_id) as tx:
        for _ in range(rows):
            await set_timer(tx, "test.kept", new_id(), now() + timedelta(days=1))
    return workspace_id


async def seen(db: Database, workspace_id: UUID) -> tuple[UUID, int] | None:
    """Whose rows a read of the workspace sees, and how many."""
    row = await db.reader(workspace_id).row(MINE)
    return None if row is None else (row.workspace_id, row["number"])


async def test_each_read_sees_its_workspace_whichever_the_line_was_used_for_before(db: Database) -> None:
    mine, theirs, empty = await workspace(db, 2), await workspace(db, 3), new_id()
    for _ in range(2):
        assert await seen(db, mine) == (mine, 2)
        assert await seen(db, theirs) == (theirs, 3)
        assert await seen(db, empty) is None


async def test_reads_at_the_same_time_take_turns_and_stay_apart(db: Database) -> None:
    mine, theirs = await workspace(db, 1), await workspace(db, 2)
    found = await asyncio.gather(*(seen(db, one) for one in (mine, theirs) * 10))
    assert found == [(mine, 1), (theirs, 2)] * 10
    assert db.pools()["read"] == (0, 1)


async def test_the_workspace_is_set_when_it_changes_and_a_read_is_one_statement(db: Database) -> None:
    mine, theirs = await workspace(db, 1), await workspace(db, 1)
    await seen(db, mine)
    with reads() as sent:
        await seen(db, mine)
        await seen(db, mine)
        assert [statement for statement, _ in sent] == [MINE, MINE]
        await seen(db, theirs)
    assert len(sent) == 4


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("select 1 / 0", asyncpg.DivisionByZeroError),
        ("select nonsense", asyncpg.UndefinedColumnError),
        ("delete from timers", asyncpg.ReadOnlySQLTransactionError),
        ("with gone as (delete from timers returning 1) select * from gone", asyncpg.PostgresError),
    ],
)
async def test_a_refused_statement_changes_nothing_for_the_next_read(
    db: Database, statement: str, fault: type[Exception]
) -> None:
    mine, theirs = await workspace(db, 1), await workspace(db, 2)
    await seen(db, theirs)
    with pytest.raises(fault):
        await db.reader(mine).rows(statement)
    assert (await seen(db, theirs), await seen(db, mine)) == ((theirs, 2), (mine, 1))


async def test_a_value_that_does_not_fit_is_the_callers_fault_and_not_the_databases(db: Database) -> None:
    mine = await workspace(db, 1)
    with pytest.raises(asyncpg.DataError):
        await db.reader(mine).rows("select $1::int", "many")
    assert await seen(db, mine) == (mine, 1)


async def test_a_read_that_takes_too_long_ends_and_the_next_one_is_whole(db: Database) -> None:
    mine, theirs = await workspace(db, 1), await workspace(db, 2)
    await db.reader(theirs).rows("select set_config('statement_timeout', '20', false)")
    with pytest.raises(Refused) as refused:
        await db.reader(mine).rows("select pg_sleep(5)")
    assert (refused.value.code, refused.value.status) == ("kit.too_slow", 503)
    assert (await seen(db, theirs), await seen(db, mine)) == ((theirs, 2), (mine, 1))


async def test_a_read_cancelled_at_any_moment_leaves_no_line_set_to_its_workspace(db: Database) -> None:
    mine, theirs = await workspace(db, 1), await workspace(db, 2)
    for ticks in range(12):
        assert await seen(db, mine) == (mine, 1)
        task = asyncio.create_task(db.reader(theirs).rows("select pg_sleep(0.01), * from timers"))
        for _ in range(ticks):
            await asyncio.sleep(0.0005 if ticks > 6 else 0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert await seen(db, mine) == (mine, 1)
    assert db.pools()["read"] == (0, 1)


async def test_a_read_that_nobody_waits_for_any_more_ends_in_the_database_too(db: Database) -> None:
    mine, slow = await workspace(db, 1), "select pg_sleep(600) as nobody_waits"
    await db.reader(mine).rows("select set_config('statement_timeout', '0', false)")
    at_work = "select from pg_stat_activity where state = 'active' and query = $1"

    async def there(count: int) -> bool:
        return len(await seen_by.fetch(at_work, slow)) == count

    seen_by = await db.connect("kz_app")
    task = asyncio.create_task(db.reader(mine).rows(slow))
    await until(lambda: there(1))
    task.cancel()
    await until(lambda: there(0))
    await seen_by.close()


async def test_a_line_that_died_while_it_lay_idle_costs_nobody_an_answer(
    db: Database, cluster: TestCluster
) -> None:
    mine = await workspace(db, 1)
    await seen(db, mine)
    for wait in (0, 0.05):
        cluster.cut(db.access)
        await asyncio.sleep(wait)
        assert await seen(db, mine) == (mine, 1)


async def test_without_a_database_a_read_is_refused_as_a_transaction_is(place: Access) -> None:
    db = Database(replace(place, host="/nowhere"), Wiring(), pool=1)
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await db.reader(new_id()).rows("select 1")
        assert (refused.value.code, refused.value.status) == ("kit.no_database", 503)
    await db.close()


async def test_who_waits_too_long_for_a_line_is_refused(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_PATIENCE_SECONDS", 0.02)
    mine = await workspace(db, 1)
    slow = asyncio.create_task(db.reader(mine).rows("select pg_sleep(0.2)"))
    await asyncio.sleep(0.01)
    with pytest.raises(Refused) as refused:
        await seen(db, mine)
    assert refused.value.code == "kit.no_database"
    await slow
    assert await seen(db, mine) == (mine, 1)
