"""Every statement about what waits. Rows of `waits` and `holdings` change only under the locks of the queues
concerned; in which order locks are taken stands in decision 0012."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import msgspec

from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

SKILLS = """
    coalesce((select array_agg(k.skill_id) from seat_skills k where k.membership_id = s.membership_id), '{}')
        as skill_ids,
    coalesce((select array_agg(k.level) from seat_skills k where k.membership_id = s.membership_id), '{}')
        as levels
"""
_SEAT_COLUMNS = """
    s.membership_id, m.name, s.state, s.reason_id,
    (select b.name from break_reasons b where b.id = s.reason_id) as reason, s.auto, s.since, s.lost_at,
    s.on_duty, s.live_used, s.deferred_used, coalesce(s.live_units, r.live_units) as live_units,
    coalesce(s.deferred_units, r.deferred_units) as deferred_units, s.last_turn, s.idle_since, s.missed,
    coalesce((select array_agg(t.team_id) from team_members t join teams e on e.id = t.team_id
              where t.membership_id = s.membership_id and e.archived_at is null), '{}') as team_ids,
"""
SEAT = _SEAT_COLUMNS + SKILLS
_SEATS = "from seats s join memberships m on m.id = s.membership_id cross join routing_settings r"


async def lock_queues(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    """(id, max_waiting, max_open) of these, everybody's first and then in the order of their ids, held until
    the transaction ends."""
    wanted = sorted(set(ids))
    if not wanted:
        return []
    rows = await tx.fetch(_LOCK_QUEUES, wanted, tx.workspace)
    if len(rows) < len(wanted):
        await tx.fetch(_MAKE_QUEUES, tx.workspace, wanted)
        rows = await tx.fetch(_LOCK_QUEUES, wanted, tx.workspace)
    return rows


_LOCK_QUEUES = """
    select id, max_waiting, max_open from queues where id = any($1::uuid[])
    order by id <> $2::uuid, id for no key update
"""
_MAKE_QUEUES = """
    insert into queues (workspace_id, id) select $1, unnest($2::uuid[]) on conflict do nothing
"""


async def all_queues(tx: Tx) -> list[UUID]:
    return [row["id"] for row in await tx.fetch("select id from queues order by id")]


async def queues_of(tx: Tx, seats: Sequence[UUID], conversation_id: UUID | None = None) -> list[UUID]:
    """The queues that these people serve (their teams' and everybody's), and those a conversation waits
    in."""
    rows = await tx.fetch(_QUEUES_OF, list(seats), conversation_id, tx.workspace)
    return [row["id"] for row in rows]


_QUEUES_OF = """
    select t.team_id as id from team_members t join teams e on e.id = t.team_id
    where t.membership_id = any($1::uuid[]) and e.archived_at is null
    union select $3::uuid where cardinality($1::uuid[]) > 0
    union select queue_id from wait_queues where conversation_id = $2
    order by 1
"""


async def lengths(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many wait in each of these queues and have not been asked for a message."""
    return {row["queue_id"]: row["n"] for row in await tx.fetch(_LENGTHS, list(ids))}


_LENGTHS = """
    select queue_id, count(*) as n from wait_queues
    where queue_id = any($1::uuid[]) and ready and not message group by queue_id
"""


class Put(NamedTuple):
    """`wait`: columns of `waits` by name, JSON as plain data; all of one statement have the same names."""

    wait: Mapping[str, Any]
    queues: Sequence[UUID]


async def put_wait(tx: Tx, wait: Mapping[str, Any], queues: Sequence[UUID]) -> None:
    """Let a conversation wait in these queues, or wait otherwise than before."""
    await put_waits(tx, [Put(wait, queues)])


async def put_waits(tx: Tx, puts: Sequence[Put]) -> None:
    names = list(puts[0].wait)
    columns, values = ", ".join(names), ", ".join(f"r.{name}" for name in names)
    changed = ", ".join(f"{name} = excluded.{name}" for name in names if name != "conversation_id")
    await tx.fetch(
        f"insert into waits (workspace_id, {columns})"  # noqa: S608
        f" select $1, {values} from jsonb_populate_recordset(null::waits, $2::jsonb) r"
        f" on conflict (workspace_id, conversation_id) do update set {changed}",
        tx.workspace,
        msgspec.json.encode([put.wait for put in puts]).decode(),
    )
    ids = [put.wait["conversation_id"] for put in puts]
    pairs = [(one, queue) for one, put in zip(ids, puts, strict=True) for queue in put.queues]
    await tx.fetch(_PUT_PLACES, ids, [one for one, _ in pairs], [queue for _, queue in pairs], tx.workspace)


# Where they wait follows from the rows themselves, whoever has changed them.
_PUT_PLACES = """
    with places as (
        select * from unnest($2::uuid[], $3::uuid[]) as p(conversation_id, queue_id)
    ), gone as (
        delete from wait_queues q where q.conversation_id = any($1::uuid[]) and not exists (
            select 1 from places p where p.conversation_id = q.conversation_id and p.queue_id = q.queue_id)
    ), done as (
        delete from wait_needs n using waits w
        where n.conversation_id = any($1::uuid[]) and w.conversation_id = n.conversation_id
          and not exists (select 1 from jsonb_array_elements(w.needs) e where (e->>0)::uuid = n.skill_id)
    ), needed as (
        insert into wait_needs (workspace_id, conversation_id, skill_id, level)
        select $4, w.conversation_id, (e->>0)::uuid, (e->>1)::int
        from waits w, jsonb_array_elements(w.needs) e where w.conversation_id = any($1::uuid[])
        on conflict (workspace_id, conversation_id, skill_id) do update set level = excluded.level
    )
    insert into wait_queues (workspace_id, queue_id, conversation_id, ready, message, priority, rank_at)
    select $4, p.queue_id, p.conversation_id, w.state = 'waiting', w.message, w.priority, w.rank_at
    from places p join waits w on w.conversation_id = p.conversation_id
    on conflict (workspace_id, conversation_id, queue_id) do update
    set ready = excluded.ready, message = excluded.message, priority = excluded.priority,
        rank_at = excluded.rank_at
"""


async def wait(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    rows = await tx.fetch(
        f"{_SELECT_WAIT} where w.conversation_id = $1",
        conversation_id,
    )
    return rows[0] if rows else None


_WAIT = """
    w.conversation_id, w.state, w.account_id, w.identity_id, c.channel, c.contact_id, w.facts, w.team_id,
    w.rule_id, w.version, w.needs, w.steps, w.message, w.priority, w.rank_at, w.queued_at, w.units, w.load,
    w.declined, w.offered_to, w.offered_at, w.expires_at, w.opens_at
"""


async def waits(tx: Tx, ids: Sequence[UUID] | None = None) -> list[ReadRow]:
    """Those of these conversations that wait (None: all that do)."""
    return await tx.fetch(_WAITS, None if ids is None else list(ids))


_SELECT_WAIT = f"select {_WAIT} from waits w join conversations c on c.id = w.conversation_id"  # noqa: S608
_WAITS = f"""{_SELECT_WAIT}
    where $1::uuid[] is null or w.conversation_id = any($1) order by w.rank_at
"""


async def closed_out(tx: Tx) -> list[UUID]:
    """The conversations that wait for the doors to open."""
    rows = await tx.fetch("select conversation_id from waits where state = 'closed'")
    return [row["conversation_id"] for row in rows]


async def free_seats(
    tx: Tx, queues: Sequence[UUID], roles: Sequence[str], only: Sequence[UUID] | None, load: str = ""
) -> list[ReadRow]:
    """The seats that serve these queues and have room (for `load`, or for any), locked in the order of their
    ids."""
    among = None if only is None else list(only)
    return await tx.fetch(_FREE, list(queues), list(roles), among, tx.workspace, load)


_SERVING = """
    ($4 = any($1::uuid[]) or exists (
        select 1 from team_members t where t.membership_id = s.membership_id and t.team_id = any($1::uuid[])))
    and m.archived_at is null and m.rights || m.role && $2::text[]
"""
_FREE = f"""
    select {SEAT} {_SEATS}
    where s.state = 'online' and s.on_duty and s.lost_at is null and {_SERVING}
      and ($5 <> 'deferred' and s.live_used < coalesce(s.live_units, r.live_units)
           or $5 <> 'live' and s.deferred_used < coalesce(s.deferred_units, r.deferred_units))
      and ($3::uuid[] is null or s.membership_id = any($3))
    order by s.membership_id for no key update of s
"""


async def serving_seats(tx: Tx, queues: Sequence[UUID], roles: Sequence[str]) -> list[ReadRow]:
    """Every seat that serves these queues, free or not."""
    return await tx.fetch(_ALL, list(queues), list(roles), None, tx.workspace)


_ALL = f"""
    select {SEAT} {_SEATS} where {_SERVING} and $3::uuid[] is null order by s.membership_id
"""


async def lock_seats(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    """These seats, in the order of their ids, held until the transaction ends."""
    return await tx.fetch(_LOCK_SEATS, sorted(set(ids)))


_LOCK_SEATS = f"""
    select {SEAT} {_SEATS} where s.membership_id = any($1::uuid[])
    order by s.membership_id for no key update of s
"""


async def seats(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    """These seats as they stand, not held."""
    return await tx.fetch(
        f"select {SEAT} {_SEATS} where s.membership_id = any($1::uuid[])",
        list(ids),
    )


async def heads(
    tx: Tx,
    queues: Sequence[UUID],
    seats: Sequence[UUID],
    limit: int,
    only: UUID | None,
    *,
    net: bool,
    load: str,
) -> list[ReadRow]:
    """Who is to be served first in these queues, as far as these seats have, between them, what each
    needs. `net`: but for those passed over a moment ago; `load`: of one kind alone, empty of any."""
    return await tx.fetch(_HEADS, list(queues), list(seats), limit, only, net, load)


# Of two thousand who wait, few or none can be put down: the list is short, and has an index of its own.
_DEFERRED = "select d.conversation_id from waits d where d.load = 'deferred'"
_HEADS = f"""
    select {_WAIT}
    from (
        select distinct f.conversation_id, f.message, f.priority, f.rank_at
        from unnest($1::uuid[]) as q(id), lateral (
            select o.conversation_id, o.message, o.priority, o.rank_at from wait_queues o
            where o.queue_id = q.id and o.ready and ($4::uuid is null or o.conversation_id = $4)
              and ($6 <> 'live' or o.conversation_id not in ({_DEFERRED}))
              and ($6 <> 'deferred' or o.conversation_id in ({_DEFERRED}))
              and not exists (
                select 1 from wait_needs n where n.conversation_id = o.conversation_id and not exists (
                    select 1 from seat_skills k
                    where k.membership_id = any($2::uuid[]) and k.skill_id = n.skill_id
                      and k.level >= n.level))
            order by o.message, o.priority desc, o.rank_at, o.conversation_id limit $3
        ) f
    ) f
    join waits w on w.conversation_id = f.conversation_id
    join conversations c on c.id = f.conversation_id
    where w.state = 'waiting'
      and (not $5 or w.skipped_at is null or w.skipped_at < now() - interval '5 seconds')
    order by f.message, f.priority desc, f.rank_at, f.conversation_id limit $3
"""  # noqa: S608 - words of this file


async def skip(tx: Tx, conversation_id: UUID, at: datetime) -> None:
    """Somebody is at work on it just now; the net is to leave it alone for a while."""
    await tx.fetch("update waits set skipped_at = $2 where conversation_id = $1", conversation_id, at)


async def skip_all(tx: Tx, queues: Sequence[UUID], at: datetime) -> None:
    """The same of everybody in these queues: the next transaction goes on with them."""
    await tx.fetch(
        "update waits set skipped_at = $2 where conversation_id in"
        " (select conversation_id from wait_queues where queue_id = any($1::uuid[]) and ready)",
        list(queues),
        at,
    )


async def hold(
    tx: Tx,
    *,
    conversation_id: UUID,
    membership_id: UUID,
    queue_id: UUID | None,
    units: int,
    load: str,
    offered: bool,
    at: datetime,
    return_to: UUID | None = None,
) -> None:
    """The conversation takes its place in the seat's load; the seat must be locked."""
    await tx.fetch(
        _HOLD, tx.workspace, conversation_id, membership_id, queue_id, units, load, offered, at, return_to
    )


_HOLD = """
    with kept as (
        insert into holdings (workspace_id, conversation_id, membership_id, queue_id, units, load, offered,
                              since, return_to)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    )
    update seats s set
        live_used = s.live_used + case when $6 = 'live' then $5 else 0 end,
        deferred_used = s.deferred_used + case when $6 = 'live' then 0 else $5 end,
        last_turn = nextval('seat_turns'), idle_since = null
    where s.membership_id = $3
"""


async def holding(tx: Tx, conversation_id: UUID) -> ReadRow | None:
    """(membership_id, queue_id, units, load, offered, parked, return_to, since) of the conversation."""
    rows = await tx.fetch(
        "select membership_id, queue_id, units, load, offered, parked, return_to, since from holdings"
        " where conversation_id = $1",
        conversation_id,
    )
    return rows[0] if rows else None


async def let_go(tx: Tx, conversation_id: UUID, at: datetime) -> None:
    """Whoever held it, or was offered it, holds it no more; her seat must be locked."""
    await tx.fetch(_LET_GO, conversation_id, at)


_LET_GO = """
    with gone as (
        delete from holdings where conversation_id = $1
        returning membership_id, case when parked then 0 else units end as units, load
    )
    update seats s set
        live_used = greatest(s.live_used - case when g.load = 'live' then g.units else 0 end, 0),
        deferred_used = greatest(s.deferred_used - case when g.load = 'live' then 0 else g.units end, 0),
        idle_since = case when s.live_used <= case when g.load = 'live' then g.units else 0 end then $2
                          else s.idle_since end
    from gone g where s.membership_id = g.membership_id
"""


async def start_offer(
    tx: Tx, conversation_id: UUID, membership_id: UUID, seconds: int, at: datetime
) -> datetime:
    """Until when it may be accepted."""
    due = at + timedelta(seconds=seconds)
    await tx.fetch(_OFFER, conversation_id, membership_id, at, due)
    return due


_OFFER = """
    with offered as (
        update waits set state = 'offered', offered_to = $2, offered_at = $3, expires_at = $4
        where conversation_id = $1
    )
    update wait_queues set ready = false where conversation_id = $1
"""


async def end_offer(tx: Tx, conversation_id: UUID, passed: UUID) -> None:
    """It waits again in its place; `passed` is not asked a second time."""
    await tx.fetch(_END_OFFER, conversation_id, passed)


_END_OFFER = """
    with ended as (
        update waits set state = 'waiting', offered_to = null, offered_at = null, expires_at = null,
            declined = array_append(declined, $2)
        where conversation_id = $1
    )
    update wait_queues set ready = true where conversation_id = $1
"""


async def forgive(tx: Tx, membership_id: UUID) -> None:
    """What she has let pass may be offered to her again."""
    await tx.fetch(
        "update waits set declined = array_remove(declined, $1) where declined @> array[$1]::uuid[]",
        membership_id,
    )


async def missed(tx: Tx, membership_id: UUID) -> int:
    """How many offers in a row the seat has let pass, this one among them."""
    rows = await tx.fetch(
        "update seats set missed = missed + 1 where membership_id = $1 returning missed", membership_id
    )
    return rows[0]["missed"] if rows else 0


async def answered(tx: Tx, membership_id: UUID) -> None:
    await tx.fetch("update seats set missed = 0 where membership_id = $1 and missed > 0", membership_id)


async def spoken_since(tx: Tx, conversation_id: UUID, membership_id: UUID, at: datetime) -> bool:
    """Whether she has written to the customer since then."""
    return bool(await tx.fetch(_SPOKEN, conversation_id, membership_id, at))


_SPOKEN = """
    select 1 from (select author_kind, author_id, kind, created_at from messages
                   where conversation_id = $1 order by seq desc limit 100) m
    where m.author_kind = 'agent' and m.author_id = $2 and m.kind <> 'note' and m.created_at >= $3 limit 1
"""


async def set_aside(tx: Tx, conversation_id: UUID, at: datetime, *, parked: bool) -> None:
    """What is parked takes no room; the seat must be locked. Twice changes nothing."""
    await tx.fetch(_SET_ASIDE, conversation_id, at, parked)


_SET_ASIDE = """
    with aside as (
        update holdings set parked = $3 where conversation_id = $1 and parked <> $3
        returning membership_id, load, case when $3 then -units else units end as units
    )
    update seats s set
        live_used = greatest(s.live_used + case when a.load = 'live' then a.units else 0 end, 0),
        deferred_used = greatest(s.deferred_used + case when a.load = 'live' then 0 else a.units end, 0),
        idle_since = case when a.units > 0 then null
                          when s.live_used + case when a.load = 'live' then a.units else 0 end <= 0 then $2
                          else s.idle_since end
    from aside a where s.membership_id = a.membership_id
"""


async def confirm(tx: Tx, conversation_id: UUID, at: datetime) -> None:
    """What was offered has been accepted."""
    await tx.fetch(
        "update holdings set offered = false, since = $2 where conversation_id = $1", conversation_id, at
    )


async def drop_wait(tx: Tx, conversation_id: UUID) -> None:
    """It waits no longer."""
    await tx.fetch("delete from waits where conversation_id = $1", conversation_id)


async def most_open(tx: Tx, queue_id: UUID) -> int | None:
    """How many conversations the team serves at a time, as it stands just now."""
    rows = await tx.fetch("select max_open from queues where id = $1", queue_id)
    return rows[0]["max_open"] if rows else None


async def held_in(tx: Tx, queue_id: UUID) -> int:
    """How many conversations that came by this queue are being served."""
    (row,) = await tx.fetch("select count(*) as n from holdings where queue_id = $1", queue_id)
    return int(row["n"])


async def offered_to(tx: Tx, membership_id: UUID) -> list[ReadRow]:
    """What she is being asked to accept."""
    return await tx.fetch(
        f"{_SELECT_WAIT} where w.offered_to = $1 order by w.offered_at",
        membership_id,
    )


async def place(tx: Tx, conversation_id: UUID) -> int | None:
    """How many are served before it, plus one: the fewest of the queues it waits in."""
    rows = await tx.fetch(_PLACE, conversation_id)
    found: int | None = rows[0]["place"]
    return found


_BEFORE = """
    select count(*) from wait_queues b
    where b.queue_id = q.queue_id and b.ready and (b.message, -b.priority, b.rank_at, b.conversation_id)
          < (q.message, -q.priority, q.rank_at, q.conversation_id)
"""
_PLACE = f"""
    select min(({_BEFORE})) + 1 as place from wait_queues q where q.conversation_id = $1
"""  # noqa: S608 - words of this file


async def waiting_of(reader: Reader, identities: Sequence[UUID]) -> list[ReadRow]:
    """(conversation_id, identity_id) of those of these customers who wait."""
    return await reader.rows(
        "select conversation_id, identity_id from waits where identity_id = any($1::uuid[])", list(identities)
    )


# The net: across workspaces, as kz_system.
ALONE = "select pg_try_advisory_xact_lock(hashtextextended('kezhan.routing.net', 0))"
# Whether a seat has room is asked once of a workspace, not of each who waits in it.
UNSETTLED = """
    with free as materialized (
        select s.workspace_id, bool_or(s.live_used < coalesce(s.live_units, r.live_units)) as live,
               bool_or(s.deferred_used < coalesce(s.deferred_units, r.deferred_units)) as deferred
        from seats s join routing_settings r on r.workspace_id = s.workspace_id and r.automatic
        where s.state = 'online' and s.on_duty and s.lost_at is null group by s.workspace_id
    )
    select f.workspace_id from free f
    where (f.live or f.deferred) and exists (
        select 1 from wait_queues q
        join waits w on w.workspace_id = q.workspace_id and w.conversation_id = q.conversation_id
        where q.workspace_id = f.workspace_id and q.ready
          and (w.skipped_at is null or w.skipped_at < now() - interval '5 seconds')
          and case w.load when 'live' then f.live else f.deferred end)
"""
