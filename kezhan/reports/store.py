"""What the monitor reads: a few statements over what routing keeps, whatever there is. `queues` are the teams
looked at, everybody's queue under the workspace's own id; None: all there are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow


async def frame(tx: Tx) -> ReadRow | None:
    """(time_zone, target_seconds, short_seconds, automatic); None where there is no reception."""
    rows = await tx.fetch(
        "select w.time_zone, r.target_seconds, r.short_seconds, r.automatic"
        " from workspaces w join routing_settings r on r.workspace_id = w.id"
    )
    return rows[0] if rows else None


async def places(tx: Tx) -> list[ReadRow]:
    """(kind, id, name, adapter): active teams and channels in the order of their names."""
    return await tx.fetch(
        "select 'team' as kind, id, name, '' as adapter, sort_key as key from teams where archived_at is null"
        " union all select 'channel', id, name, adapter, name from channel_accounts where archived_at is null"
        " order by key, id"
    )


async def waiting(tx: Tx, queues: Sequence[UUID] | None) -> list[ReadRow]:
    """(scope, id, waiting, offered, messages, closed, oldest) by team, by channel and of all: a conversation
    that waits for several teams is in each of them, and once in the rest."""
    return await tx.fetch(_WAITING, None if queues is None else list(queues))


_HOW = """
    count(*) filter (where not message and state <> 'closed') as waiting,
    count(*) filter (where not message and state = 'offered') as offered,
    count(*) filter (where message and state <> 'closed') as messages,
    count(*) filter (where state = 'closed') as closed,
    min(queued_at) filter (where not message and state <> 'closed') as oldest
"""
_WAITING = f"""
    with here as materialized (
        select w.conversation_id, w.account_id, w.state, w.message, w.queued_at from waits w
        where $1::uuid[] is null or exists (
            select 1 from wait_queues q
            where q.conversation_id = w.conversation_id and q.queue_id = any ($1))
    ), placed as (
        select q.queue_id, h.state, h.message, h.queued_at
        from wait_queues q join here h on h.conversation_id = q.conversation_id
        where $1::uuid[] is null or q.queue_id = any ($1)
    )
    select 'team' as scope, queue_id as id, {_HOW} from placed group by queue_id
    union all
    select case when grouping(account_id) = 0 then 'channel' else 'all' end, account_id, {_HOW}
    from here group by grouping sets ((account_id), ())
"""  # noqa: S608 - words of this file


async def serving(tx: Tx, queues: Sequence[UUID] | None) -> list[ReadRow]:
    """(scope, id, n): the conversations in somebody's hands, by the team they came by, by channel, of all."""
    return await tx.fetch(_SERVING, None if queues is None else list(queues))


_SERVING = """
    select case when grouping(h.queue_id) = 0 then 'team' when grouping(c.account_id) = 0 then 'channel'
                else 'all' end as scope,
           coalesce(h.queue_id, c.account_id) as id, count(*) as n
    from holdings h join conversations c on c.id = h.conversation_id
    where not h.offered and ($1::uuid[] is null or h.queue_id = any ($1))
    group by grouping sets ((h.queue_id), (c.account_id), ())
"""


async def day(
    tx: Tx,
    since: datetime,
    queues: Sequence[UUID] | None,
    target_ms: int,
    short_ms: int,
    account_id: UUID | None = None,
) -> list[ReadRow]:
    """What has happened since then (through one account alone, where it is named), by team, by channel and
    of all: (scope, id, entered, missed, declined) and the columns of `metrics.Waits`.

    A wait ends with the first of: accepted; abandoned, unless the customer has come back; closed by the
    customer; asked for a message, at the door or later. One that somebody of ours has closed unanswered is
    none. Where a conversation waits again, after a transfer to a team, only its first wait in the scope
    counts. Conversations that tried a channel count nowhere.
    """
    asked = None if queues is None else list(queues)
    return await tx.fetch(_DAY, since, asked, target_ms, short_ms, account_id)


_ENDS = """
    count(*) filter (where kind = 'accepted') as accepted,
    count(*) filter (where kind = 'accepted' and waited_ms <= $3) as within,
    count(*) filter (where kind = 'abandoned') as abandoned,
    count(*) filter (where kind = 'abandoned' and waited_ms <= $4) as short,
    count(*) filter (where kind = 'message') as messages,
    coalesce(sum(waited_ms) filter (where kind = 'accepted'), 0)::bigint as waited_ms,
    percentile_cont(array[0.5, 0.9]) within group (order by waited_ms)
        filter (where kind = 'accepted') as middle
"""
_CAME = """
    count(distinct conversation_id) filter (where came) as entered,
    count(*) filter (where kind = 'missed') as missed,
    count(*) filter (where kind = 'declined') as declined
"""
_DAY = f"""
    with day as materialized (
        select e.no, e.at, e.conversation_id, e.account_id, e.queue_id, e.waited_ms, e.reason,
               e.kind = 'enqueued' as came,
               case when e.kind = 'left' then 'abandoned'
                    when e.kind = 'enqueued' and e.reason in ('closed', 'full') then 'message'
                    else e.kind end as kind
        from queue_events e
        where e.at >= $1 and e.kind in
              ('enqueued', 'accepted', 'abandoned', 'left', 'message', 'missed', 'declined')
          and not (e.kind = 'left' and e.by_id is not null)
          and not (e.kind = 'accepted' and e.waited_ms is null)
          and e.queue_id is not null and ($2::uuid[] is null or e.queue_id = any ($2))
          and ($5::uuid is null or e.account_id = $5)
          and e.conversation_id <> all (array(select k.conversation_id from channel_checks k
                                              where k.conversation_id is not null
                                              union all
                                              select s.id from conversations s where s.spam_at >= $1))
    ), back as (
        select conversation_id, max(at) as at from day
        where kind = 'enqueued' and reason = 'returned' group by conversation_id
    ), ends as (
        select d.* from day d left join back b on b.conversation_id = d.conversation_id
        where d.kind = 'accepted' or (d.kind in ('abandoned', 'message') and (b.at is null or d.at > b.at))
    ), by_team as (
        select distinct on (conversation_id, queue_id) queue_id, kind, waited_ms
        from ends order by conversation_id, queue_id, at, no
    ), by_talk as (
        select distinct on (conversation_id) account_id, kind, waited_ms
        from ends order by conversation_id, at, no
    ), ended as (
        select 'team' as scope, queue_id as id, {_ENDS} from by_team group by queue_id
        union all
        select case when grouping(account_id) = 0 then 'channel' else 'all' end, account_id, {_ENDS}
        from by_talk group by grouping sets ((account_id), ())
    ), came as (
        select case when grouping(queue_id) = 0 then 'team' when grouping(account_id) = 0 then 'channel'
                    else 'all' end as scope,
               coalesce(queue_id, account_id) as id, {_CAME}
        from day group by grouping sets ((queue_id), (account_id), ())
    )
    select c.*, e.accepted, e.within, e.abandoned, e.short, e.messages, e.waited_ms, e.middle
    from came c left join ended e on e.scope = c.scope and e.id is not distinct from c.id
"""  # noqa: S608 - words of this file


# Why people wait in one queue


async def oldest(tx: Tx, queue_id: UUID, limit: int) -> list[ReadRow]:
    """Who has waited longest there, as `queue.settle.waiting_of` takes them, with what a reader wants to
    know; those who wait for an answer first."""
    return await tx.fetch(_OLDEST, queue_id, limit)


_OLDEST = """
    select w.conversation_id, w.state, w.facts, w.team_id, w.rule_id, w.needs, w.steps, w.message,
           w.queued_at, w.units, w.load, w.declined, w.opens_at, c.channel, c.contact_id,
           p.name as contact_name, m.name as asked from wait_queues q join waits w on w.conversation_id =
           q.conversation_id join conversations c on c.id = w.conversation_id join contacts p on p.id =
           c.contact_id left join memberships m on m.id = w.offered_to where q.queue_id = $1 order by
           w.message, w.queued_at, w.conversation_id limit $2
"""


async def by_rule(tx: Tx, queue_id: UUID) -> dict[UUID, int]:
    """How many wait there, by the rule that has led them there."""
    rows = await tx.fetch(_BY_RULE, queue_id)
    return {row["rule_id"]: row["n"] for row in rows}


_BY_RULE = """
    select w.rule_id, count(*) as n from wait_queues q join waits w on w.conversation_id = q.conversation_id
    where q.queue_id = $1 group by w.rule_id
"""


async def passed(tx: Tx, queue_id: UUID, since: datetime, limit: int) -> list[ReadRow]:
    """(at, kind, member, conversation_id): the newest offers that were missed or declined there."""
    return await tx.fetch(_PASSED, queue_id, since, limit)


_PASSED = """
    select e.at, e.kind, m.name as member, e.conversation_id
    from queue_events e join memberships m on m.id = e.membership_id
    where e.at >= $2 and e.kind in ('missed', 'declined') and e.queue_id = $1
    order by e.at desc, e.no desc limit $3
"""
