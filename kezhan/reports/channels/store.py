"""What the figures of a channel are made of: a few statements over what other rooms keep. Conversations that
tried the channel are counted nowhere."""

from datetime import datetime
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def frame(tx: Tx, account_id: UUID) -> ReadRow | None:
    """(time_zone, target_seconds, short_seconds); the last two null where there is no reception. None: there
    is no such account."""
    rows = await tx.fetch(_FRAME, account_id)
    return rows[0] if rows else None


_FRAME = """
    select w.time_zone, r.target_seconds, r.short_seconds
    from channel_accounts a join workspaces w on w.id = a.workspace_id
    left join routing_settings r on r.workspace_id = w.id
    where a.id = $1
"""


async def talks(tx: Tx, account_id: UUID, since: datetime) -> ReadRow:
    """(conversations, customers, answered, middle): of those opened since then. `middle`: median and p90 of
    the seconds until the first reply of a person, from when she entered the queue; where she never did, from
    her first message."""
    return (await tx.fetch(_TALKS, account_id, since))[0]


_TALKS = """
    with talks as (
        select c.id, c.identity_id from conversations c
        where c.account_id = $1 and c.opened_at >= $2 and c.spam_at is null
          and not exists (select 1 from channel_checks k where k.conversation_id = c.id)
    ), begun as (
        select t.id, coalesce(
            (select min(e.at) from queue_events e where e.conversation_id = t.id and e.kind = 'enqueued'),
            (select m.created_at from messages m where m.conversation_id = t.id and m.author_kind = 'visitor'
             order by m.seq limit 1)) as at
        from talks t
    ), replied as (
        select extract(epoch from (
            select m.created_at from messages m where m.conversation_id = b.id and m.author_kind = 'agent'
              and m.kind <> 'note' and m.created_at >= b.at order by m.seq limit 1) - b.at)::float as seconds
        from begun b
    )
    select (select count(*) from talks) as conversations,
           (select count(distinct identity_id) from talks) as customers,
           count(seconds) as answered,
           percentile_cont(array[0.5, 0.9]) within group (order by seconds) as middle
    from replied
"""


async def messages(tx: Tx, account_id: UUID, since: datetime) -> ReadRow:
    """(came, went): what customers and what people of ours have said since then, by quarter hours. What has
    just been said may not be counted yet."""
    return (await tx.fetch(_MESSAGES, account_id, since))[0]


_MESSAGES = """
    with said as (
        select author_kind, kind, messages from message_counts where account_id = $1 and quarter >= $2
        union all
        select m.author_kind, m.kind, -1 from channel_checks k
        join messages m on m.conversation_id = k.conversation_id
        where k.account_id = $1 and k.begun_at >= $2 and m.created_at >= $2
        union all
        select m.author_kind, m.kind, -1 from conversations c
        join messages m on m.conversation_id = c.id
        where c.account_id = $1 and c.spam_at >= $2 and m.created_at >= $2
    )
    select greatest(sum(messages) filter (where author_kind = 'visitor'), 0)::bigint as came,
           greatest(sum(messages) filter (where author_kind = 'agent' and kind <> 'note'), 0)::bigint as went
    from said
"""


async def traffic(tx: Tx, account_id: UUID, since: datetime) -> ReadRow:
    """(received, parked, delay_ms, sent, failed): calls of the platform, as long as they are kept, and
    messages sent to it."""
    return (await tx.fetch(_TRAFFIC, account_id, since))[0]


_TRAFFIC = """
    select i.*, d.* from (
        select count(*) as received, count(*) filter (where taken_at is null and due_at is null) as parked,
               percentile_cont(0.5) within group (order by delay_ms) as delay_ms
        from channel_inbox where account_id = $1 and received_at >= $2
    ) i cross join (
        select count(*) filter (where state = 'sent') as sent,
               count(*) filter (where state = 'failed') as failed
        from channel_deliveries d where account_id = $1 and created_at >= $2 and what = 'message'
          and not exists (select 1 from channel_checks k where k.conversation_id = d.conversation_id)
    ) d
"""
