"""What the handlers of the outbox have before them, on a real outbox."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import asyncpg
import pytest

from bench.behind import behind, caught_up, forget
from kezhan.kit.ids import new_id
from kezhan.kit.postgres import SUPERUSER, Access
from kezhan.kit.testing import until

_EVENT = (
    "insert into outbox (workspace_id, kind, body, created_at) values ($1, $2, $3, now() - interval '5 s')"
)
_MANY = '{"each": {"conversation_id": ["a", "b", "c"], "seq": [1, 2, 3]}}'
_PASS = """
update outbox_cursors set (xid, id) = (select xid, id from outbox order by xid desc, id desc limit 1)
where handler like $1
"""


@pytest.fixture
async def connection(access: Access) -> AsyncIterator[asyncpg.Connection]:
    """With a slow handler and a quick one, and nothing told; what is done here is undone."""
    made = await asyncpg.connect(**access.asyncpg(SUPERUSER))
    undone = made.transaction()
    await undone.start()
    await made.execute("delete from outbox; delete from outbox_cursors")
    await made.execute("insert into outbox_cursors (handler) values ('slow'), ('quick')")
    yield made
    await undone.rollback()
    await made.close()


async def test_each_message_of_a_flush_counts_and_other_events_do_not(connection: asyncpg.Connection) -> None:
    await connection.execute(_EVENT, new_id(), "message.appended", _MANY)
    await connection.execute(_EVENT, new_id(), "message.appended", '{"seq": 4}')
    await connection.execute(_EVENT, new_id(), "session.revoked", "{}")
    found = await behind(connection)
    assert found.messages == 4
    assert 5 <= found.seconds < 60


async def test_the_last_of_the_handlers_says_how_far_behind(connection: asyncpg.Connection) -> None:
    await connection.execute(_EVENT, new_id(), "message.appended", _MANY)
    await connection.execute(_PASS, "quick")
    assert (await behind(connection)).messages == 3
    assert not await caught_up(connection, patience=0)
    await connection.execute(_PASS, "slow")
    assert (await behind(connection)).messages == 0


async def test_nothing_told_is_nothing_behind(connection: asyncpg.Connection) -> None:
    assert await caught_up(connection, patience=0)
    assert await behind(connection) == await behind(connection)


async def test_catching_up_is_waited_for(connection: asyncpg.Connection) -> None:
    await connection.execute(_EVENT, new_id(), "message.appended", _MANY)
    waiting = asyncio.create_task(caught_up(connection))
    await asyncio.sleep(0.02)
    assert not waiting.done()

    async def passed() -> bool:
        with contextlib.suppress(asyncpg.InterfaceError):  # a look is under way on it
            await connection.execute(_PASS, "%")
            return True
        return False

    await until(passed)
    assert await waiting


async def test_what_is_forgotten_is_behind_nobody_twice_over(connection: asyncpg.Connection) -> None:
    await connection.execute(_EVENT, new_id(), "message.appended", _MANY)
    await forget(connection)
    await forget(connection)
    assert await caught_up(connection, patience=0)
