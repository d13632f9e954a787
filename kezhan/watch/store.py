"""Every statement of the room, all across workspaces and therefore in a system transaction. Whatever could be
long is looked at up to a limit, so that a great backlog is no great query."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text

from kezhan.kit.db import Tx

# By the index on (xid, id): one row of each cursor.
_LAG = text(
    """
    select c.handler, coalesce(extract(epoch from clock_timestamp() - (
        select o.created_at from outbox o where (o.xid, o.id) > (c.xid, c.id) order by o.xid, o.id limit 1
    ))::float, 0) as seconds from outbox_cursors c
    """
)
_LETTERS = text(
    "select handler, count(*) as letters from (select handler from dead_letters limit :limit) l"
    " group by handler"
)
_JOBS = text(
    """
    select j.task_name, count(*) as waiting, coalesce(max(extract(epoch from now() - greatest(
        j.scheduled_at, (select max(e.at) from procrastinate_events e
                         where e.job_id = j.id and e.type in ('deferred', 'deferred_for_retry'))
    ))), 0)::float as seconds
    from (select id, task_name, scheduled_at from procrastinate_jobs where status = 'todo'
          order by priority desc, id limit :limit) j
    where j.scheduled_at is null or j.scheduled_at <= now()
    group by j.task_name
    """
)
_TIMERS = text(
    """
    select count(*) as waiting, coalesce(extract(epoch from now() - min(due_at)), 0)::float as seconds
    from (select due_at from timers where due_at <= now() order by due_at limit :limit) t
    """
)


_RECEPTION = text(
    """
    select count(*) as waiting, coalesce(extract(epoch from now() - min(queued_at)), 0)::float as seconds
    from (select queued_at from waits where state = 'waiting' and not message limit :limit) w
    """
)


async def lag(tx: Tx) -> Sequence[Row[Any]]:
    """Of each handler the age of the oldest event it has not passed, in seconds."""
    return await tx.rows(_LAG)


async def dead_letters(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    return await tx.rows(_LETTERS, {"limit": limit})


async def jobs(tx: Tx, limit: int) -> Sequence[Row[Any]]:
    """Jobs that could run now, by name; `seconds` is how long the oldest has."""
    return await tx.rows(_JOBS, {"limit": limit})


async def reception(tx: Tx, limit: int) -> Row[Any]:
    """Customers who wait for somebody to be free."""
    return await _only(tx, _RECEPTION, limit)


async def timers(tx: Tx, limit: int) -> Row[Any]:
    return await _only(tx, _TIMERS, limit)


async def _only(tx: Tx, aggregate: TextClause, limit: int) -> Row[Any]:
    row = await tx.row(aggregate, {"limit": limit})
    if row is None:
        raise RuntimeError("an aggregate without groups has one row")
    return row
