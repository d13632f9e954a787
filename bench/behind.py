"""What is put off: how far the outbox's handlers are behind, and what it takes until they are not."""

import asyncio
import time

import asyncpg
import msgspec

PATIENCE_SECONDS = 4.0
_LOOK_SECONDS = 0.1
_BEHIND = """
select coalesce(max(messages), 0)::int as messages, coalesce(max(seconds), 0)::float8 as seconds from (
    select sum(coalesce(jsonb_array_length(o.body #> '{each,seq}'), 1)) as messages,
           extract(epoch from clock_timestamp() - min(o.created_at)) as seconds
    from outbox_cursors c join outbox o on (o.xid, o.id) > (c.xid, c.id)
    where o.kind = 'message.appended' group by c.handler
) h
"""
_LEFT = """
select exists (select 1 from outbox_cursors c cross join lateral (
    select 1 from outbox o where (o.xid, o.id) > (c.xid, c.id) limit 1) o)
"""
_FORGET = """
update outbox_cursors c
set (xid, id) = (select o.xid, o.id from outbox o order by o.xid desc, o.id desc limit 1)
where exists (select 1 from outbox o where (o.xid, o.id) > (c.xid, c.id))
"""


class Behind(msgspec.Struct, frozen=True):
    """Of the last of the handlers: stored messages it has not dealt with, and the age of the oldest."""

    messages: int
    seconds: float


async def behind(connection: asyncpg.Connection) -> Behind:
    (found,) = await connection.fetch(_BEHIND)
    return Behind(*found)


async def caught_up(connection: asyncpg.Connection, patience: float = PATIENCE_SECONDS) -> bool:
    """Wait until every handler has passed everything; False where that takes longer than `patience`."""
    until = time.monotonic() + patience
    while await connection.fetchval(_LEFT):
        if time.monotonic() > until:
            return False
        await asyncio.sleep(_LOOK_SECONDS)
    return True


async def forget(connection: asyncpg.Connection) -> None:
    """Let the handlers pass over what is left, so that the next turn does not begin with it. Meant for a
    server that has stopped."""
    await connection.execute(_FORGET)
