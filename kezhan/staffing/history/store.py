"""Statements over `queue_events`, grouped, so that weeks of them are read in a moment.

A handling begins where somebody is given a conversation and ends with the next step away from her. What was
never closed counts with four hours. A conversation that was given back to the queue has come once. One that
tried a channel counts nowhere.
"""

from datetime import datetime
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow

LONGEST_HANDLE = "4 hours"
LONGEST_WAIT_MS = 60 * 60 * 1000


async def began(tx: Tx) -> datetime | None:
    """When the first conversation was queued."""
    rows = await tx.fetch("select min(at) as at from queue_events where kind = 'enqueued'")
    found: datetime | None = rows[0]["at"]
    return found


async def arrivals(
    tx: Tx, since: datetime, until: datetime, zone: str, queue_id: UUID | None
) -> list[ReadRow]:
    """(day, slot, arrivals): local days, half hours 0 to 47; without those in which nothing came."""
    return await tx.fetch(_ARRIVALS, since, until, zone, queue_id)


async def handlings(
    tx: Tx, since: datetime, until: datetime, zone: str, queue_id: UUID | None
) -> list[ReadRow]:
    """Two groupings of the same: (day, slot, handled, seconds) with `membership_id` null, and by seat and day
    (membership_id, day, handled, seconds, busy) with `slot` null. `busy`: seconds with at least one."""
    return await tx.fetch(_HANDLINGS, since, until, zone, queue_id)


async def patience(tx: Tx, since: datetime, until: datetime, queue_id: UUID | None) -> ReadRow:
    """(waited_s, left): seconds waited by all, whether served or not, and how many left unserved."""
    (row,) = await tx.fetch(_PATIENCE, since, until, queue_id)
    return row


async def live_units(tx: Tx) -> int | None:
    """How many chats a seat takes at once, as the workspace has set it."""
    rows = await tx.fetch("select live_units from routing_settings")
    return rows[0]["live_units"] if rows else None


_SLOT = "(extract(hour from {0}) * 2 + floor(extract(minute from {0}) / 30))::int"
_COUNTS = """
    conversation_id <> all (array(select k.conversation_id from channel_checks k
                                  where k.conversation_id is not null))
    and not exists (select 1 from conversations s where s.id = conversation_id and s.spam_at is not null)
"""
_ARRIVALS = f"""
    select local::date as day, {_SLOT.format("local")} as slot, count(*)::int as arrivals
    from (
        select at at time zone $3 as local from queue_events
        where kind = 'enqueued' and reason <> 'returned' and at >= $1 and at < $2
          and ($4::uuid is null or queue_id = $4) and {_COUNTS}
    ) e group by 1, 2
"""  # noqa: S608 - words of this file
_HANDLINGS = f"""
    with steps as (
        select conversation_id, kind, membership_id, queue_id, at,
               lead(at) over (partition by conversation_id order by at, no) as until
        from queue_events
        where kind in ('accepted', 'transferred', 'reopened', 'returned', 'enqueued', 'left', 'closed')
          and at >= $1 and at < $2 and {_COUNTS}
    ), pieces as materialized (
        select kind, membership_id, at, at at time zone $3 as local,
               least(coalesce(until, $2), at + interval '{LONGEST_HANDLE}') as until
        from steps
        where kind in ('accepted', 'transferred', 'reopened') and membership_id is not null
          and ($4::uuid is null or queue_id = $4)
    )
    select null::uuid as membership_id, local::date as day, {_SLOT.format("local")} as slot,
           count(*) filter (where kind = 'accepted')::int as handled,
           sum(extract(epoch from until - at))::float8 as seconds, 0::float8 as busy
    from pieces group by local::date, 3
    union all
    select membership_id, day, null, handled, seconds,
           (select sum(extract(epoch from upper(r) - lower(r))) from unnest(spans) r)::float8
    from (
        select membership_id, local::date as day, count(*)::int as handled,
               sum(extract(epoch from until - at))::float8 as seconds,
               range_agg(tstzrange(at, until)) as spans
        from pieces where until > at group by membership_id, local::date
    ) p
"""  # noqa: S608 - words of this file
_PATIENCE = f"""
    select coalesce(sum(least(waited_ms, {LONGEST_WAIT_MS})), 0)::float8 / 1000 as waited_s,
           (count(*) filter (where kind <> 'accepted'))::int as left
    from (
        select distinct on (conversation_id) kind, waited_ms from queue_events
        where kind in ('accepted', 'abandoned', 'left') and waited_ms is not null and at >= $1 and at < $2
          and ($3::uuid is null or queue_id = $3) and {_COUNTS}
        order by conversation_id, at, no
    ) e
"""  # noqa: S608 - numbers of this file
