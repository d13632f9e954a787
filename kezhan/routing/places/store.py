"""The one statement of this part."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.kit.reading import Reader, ReadRow


async def places(reader: Reader, identities: Sequence[UUID]) -> list[ReadRow]:
    """Of each waiting conversation of these customers: its state, its place, and how many of its queue have
    been served in the last half hour."""
    return await reader.rows(_PLACES, list(identities))


# One walk of each queue numbers everybody in it; asking for each one alone would walk it for each.
_PLACES = """
    with mine as (
        select w.conversation_id, w.identity_id, w.state, w.message, w.opens_at
        from waits w where w.identity_id = any($1::uuid[])
    ), queue as materialized (
        select q.queue_id, q.conversation_id,
               row_number() over (partition by q.queue_id
                                  order by q.message, q.priority desc, q.rank_at, q.conversation_id) as place
        from wait_queues q
        where q.ready and q.queue_id in (
            select o.queue_id from mine m join wait_queues o on o.conversation_id = m.conversation_id)
    ), served as materialized (
        select e.queue_id, count(*) as n from queue_events e
        where e.at > now() - interval '30 minutes' and e.kind = 'accepted' and e.queue_id is not null
        group by e.queue_id
    )
    select m.conversation_id, m.identity_id, m.state, m.message, m.opens_at, p.place,
           coalesce(p.served, 0) as served, r.long_seconds
    from mine m cross join routing_settings r
    left join lateral (
        select o.place, s.n as served from queue o left join served s on s.queue_id = o.queue_id
        where o.conversation_id = m.conversation_id order by o.place limit 1
    ) p on true
"""
