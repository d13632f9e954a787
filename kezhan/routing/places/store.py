"""What is read for those who wait, or may."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow


async def places(reader: Reader, identities: Sequence[UUID]) -> list[ReadRow]:
    """Of each waiting conversation of these customers: its state, and side by side for the queues it waits in
    its place (`places`) and how many have been served in the last half hour (`served`; none where nobody is
    there who serves it). Both are null where it is not to be given just now."""
    return await reader.rows(_PLACES, list(identities))


async def places_within(tx: Tx, identities: Sequence[UUID]) -> list[ReadRow]:
    """The same as of this transaction."""
    return await tx.fetch(_PLACES, list(identities))


# Whether anybody who serves a queue is there, and may have room in a moment.
_STAFFED = """
    exists (select 1 from seats s
            where s.state = 'online' and s.on_duty and s.lost_at is null
              and (q.id = q.workspace_id or exists (
                  select 1 from team_members t where t.team_id = q.id and t.membership_id = s.membership_id)))
"""

# One walk of each queue numbers everybody in it; asking for each one alone would walk it for each.
_PLACES = f"""
    with mine as (
        select w.conversation_id, w.identity_id, w.state, w.message, w.opens_at
        from waits w where w.identity_id = any($1::uuid[])
    ), concerned as materialized (
        select q.id, {_STAFFED} as staffed from queues q
        where q.id in (
            select o.queue_id from mine m join wait_queues o on o.conversation_id = m.conversation_id)
    ), queue as materialized (
        select q.queue_id, q.conversation_id,
               row_number() over (partition by q.queue_id
                                  order by q.message, q.priority desc, q.rank_at, q.conversation_id) as place
        from wait_queues q where q.ready and q.queue_id in (select id from concerned)
    ), served as materialized (
        select e.queue_id, count(*) as n from queue_events e
        where e.at > now() - interval '30 minutes' and e.kind = 'accepted'
          and e.queue_id in (select id from concerned)
        group by e.queue_id
    )
    select m.conversation_id, m.identity_id, m.state, m.message, m.opens_at, p.places, p.served,
           r.long_seconds
    from mine m cross join routing_settings r
    left join lateral (
        select array_agg(o.place) as places,
               array_agg(case when c.staffed then coalesce(s.n, 0) else 0 end) as served
        from queue o join concerned c on c.id = o.queue_id left join served s on s.queue_id = o.queue_id
        where o.conversation_id = m.conversation_id
    ) p on true
"""  # noqa: S608 - words of this file


# Across workspaces, as kz_system: those who wait and hear of it on a line of ours.
ON_LINES = """
    select w.workspace_id, w.identity_id from waits w
    where not w.message and w.facts->>'channel' = 'webchat'
"""


async def outlook(tx: Tx, queues: Sequence[UUID]) -> list[ReadRow]:
    """Of each of these queues: how many wait (`waiting`), how many were served in the last half hour and the
    wait that eight of ten of those did not exceed (`usual_ms`, null for none)."""
    return await tx.fetch(_OUTLOOK, list(queues))


_OUTLOOK = """
    select q.id, e.served, e.usual_ms,
           (select count(*) from wait_queues w
            where w.queue_id = q.id and w.ready and not w.message) as waiting
    from unnest($1::uuid[]) as q(id), lateral (
        select count(*) as served, percentile_disc(0.8) within group (order by e.waited_ms) as usual_ms
        from queue_events e
        where e.at > now() - interval '30 minutes' and e.kind = 'accepted' and e.queue_id = q.id
    ) e
"""
