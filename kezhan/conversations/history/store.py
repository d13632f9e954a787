"""The pages of a customer's history: each one statement on a `Reader`.

Conversations stand in the order in which they began, each with its messages by their numbers. What the reader
may not see is left out of the walk, so that no place in it tells anything about what was left out.
"""

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.conversations.pages.heads import in_sight
from kezhan.conversations.store import REACTIONS
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow

_PAGE = (
    MAX_PAGE + 2
)  # one more shows that there is more; the one where the page begins may have nothing to add


class _Way(NamedTuple):
    order: str
    after: str


OLDER = _Way("desc", "<")
NEWER = _Way("asc", ">")


class Place(NamedTuple):
    """A message's place in the history; which message it is need not be so."""

    conversation_id: UUID
    seq: int


_HERS = "n.contact_id = $2 and n.spam_at is null"
_NEIGHBOUR = "(select opened_at from conversations where id = $3 and contact_id = $2)"
_MESSAGE = f"""
    x.seq, x.rev, x.kind, x.author_kind, x.author_id, x.client_id, x.body, x.payload, x.quote_seq,
    x.created_at, x.edited_at, x.recalled_at, x.fault, coalesce(w.name, x.signed) as author_name,
    {REACTIONS.format("x")} as reactions
"""
_AUTHOR = "left join memberships w on w.id = x.author_id and x.author_kind = 'agent'"


def _seen(teams: frozenset[UUID] | None, at: int) -> tuple[str, list[Any]]:
    """The condition on a walk of conversations whose reader is $1, and its parameter, number `at`."""
    return ("", []) if teams is None else (in_sight(f"${at}"), [list(teams)])


def _walk(way: _Way, sight: str, limit: str) -> str:
    """Her conversations from $3 on (null: from the end), that one included."""
    return f"""
        select * from conversations
        where contact_id = $2 and spam_at is null and $1::uuid is not null{sight}
          and ($3::uuid is null or (opened_at {way.after}= {_NEIGHBOUR}
                                    and (opened_at {way.after} {_NEIGHBOUR} or id {way.after}= $3)))
        order by opened_at {way.order}, id {way.order}{limit}
    """  # noqa: S608 - words of this file


def _hidden(sight: str, way: _Way) -> str:
    """Whether the conversation right beside `q` is one the reader may not see."""
    if not sight:
        return "false"
    return f"""
        coalesce((select (true{sight}) is not true from conversations n
                  where {_HERS} and n.opened_at {way.after}= q.opened_at
                    and (n.opened_at {way.after} q.opened_at or n.id {way.after} q.id)
                  order by n.opened_at {way.order}, n.id {way.order} limit 1), false)
    """  # noqa: S608 - words of this file


_WRAP_UP = """
    select jsonb_build_object('fields', v.fields -> 'fields', 'values', u.filled -> 'values')
    from wrap_ups u join form_versions v on v.form_id = u.form_id and v.version = u.version
    where u.conversation_id = q.id and u.state = 'done'
"""
_HEADER = f"""
    select jsonb_build_object(
        'delivered_seq', coalesce(max(k.delivered_seq), 0), 'read_seq', coalesce(max(k.read_seq), 0),
        'assignee_name', (select name from memberships where id = q.assignee_id),
        'wrap_up', ({_WRAP_UP}))
    from marks k where k.conversation_id = q.id and k.party_kind = 'visitor'
"""  # noqa: S608 - words of this file


@cache
def _history(way: _Way, sight: str) -> str:
    return f"""
        select q.*, case when q.nth = 1 then ({_HEADER}) end as header,
               case when q.nth = 1 then {_hidden(sight, OLDER)} end as hidden_before,
               case when q.nth = 1 then {_hidden(sight, NEWER)} end as hidden_after
        from (
            select p.hers, f.*, row_number() over (partition by f.id order by f.seq {way.order}) as nth
            from (select exists (select from conversations n where {_HERS}) as hers
                  from contacts where id = $2) p
            left join lateral (
                select c.id, c.account_id, c.channel, c.state, c.opened_at, c.closed_at, c.assignee_id,
                       c.last_seq, c.merged_into, {_MESSAGE}
                from ({_walk(way, sight, f" limit {_PAGE}")}) c
                cross join lateral (
                    select * from messages where conversation_id = c.id
                      and (c.id is distinct from $3 or seq {way.after} $4)
                    order by seq {way.order} limit {_PAGE}
                ) x
                {_AUTHOR}
                order by c.opened_at {way.order}, c.id {way.order}, x.seq {way.order} limit $5
            ) f on true
        ) q
        order by q.opened_at {way.order}, q.id {way.order}, q.seq {way.order}
    """  # noqa: S608 - words of this file


async def history(
    reader: Reader,
    reader_id: UUID,
    contact_id: UUID,
    way: _Way,
    limit: int,
    *,
    teams: frozenset[UUID] | None,
    place: Place | None,
) -> list[ReadRow]:
    """The `limit` messages that come next to `place` in this direction (None: from the end), in it. The first
    of each conversation carries its `header`, and whether its neighbours are `hidden_before`, `hidden_after`.
    One row without an id where there is none, with `hers`: whether there is any at all; no row where there is
    no such customer."""
    sight, more = _seen(teams, 6)
    id_, seq = place or (None, 0)
    return await reader.rows(_history(way, sight), reader_id, contact_id, id_, seq, limit, *more)


_KINDS = {
    "media": "kind in ('image', 'file') and (kind = 'image' or payload ->> 'media_type' like 'video/%')",
    "files": "kind in ('image', 'file') and kind = 'file' and payload ->> 'media_type' not like 'video/%'",
}


async def files(
    reader: Reader,
    reader_id: UUID,
    contact_id: UUID,
    kind: str,
    limit: int,
    *,
    teams: frozenset[UUID] | None,
    place: Place | None,
) -> list[ReadRow]:
    """Messages with files of this kind, the newest first, from behind `place`."""
    sight, more = _seen(teams, 6)
    id_, seq = place or (None, 0)
    statement = f"""
        select c.id, {_MESSAGE}
        from ({_walk(OLDER, sight, "")}) c
        cross join lateral (
            select * from messages where conversation_id = c.id and {_KINDS[kind]} and recalled_at is null
              and (c.id is distinct from $3 or seq < $4)
            order by seq desc limit {_PAGE}
        ) x
        {_AUTHOR}
        order by c.opened_at desc, c.id desc, x.seq desc limit $5
    """  # noqa: S608 - words of this file
    return await reader.rows(statement, reader_id, contact_id, id_, seq, limit, *more)


LOOKED_THROUGH = 2000
"""So many messages at once are looked through for addresses, which no index knows."""


async def links(
    reader: Reader,
    reader_id: UUID,
    contact_id: UUID,
    limit: int,
    *,
    teams: frozenset[UUID] | None,
    place: Place | None,
) -> list[ReadRow]:
    """Messages with web addresses (`linked`), the newest first, from behind `place`; among the first
    `LOOKED_THROUGH`, of which each is the `nth`. The last of these is there too where there are so many."""
    sight, more = _seen(teams, 6)
    id_, seq = place or (None, 0)
    statement = f"""
        with looked as materialized (
            select c.id, x.seq, x.body ~* 'https?://[^[:space:]]' as linked,
                   row_number() over (order by c.opened_at desc, c.id desc, x.seq desc) as nth
            from ({_walk(OLDER, sight, "")}) c
            cross join lateral (
                select seq, body from messages where conversation_id = c.id
                  and (c.id is distinct from $3 or seq < $4)
                order by seq desc limit {LOOKED_THROUGH}
            ) x
            order by c.opened_at desc, c.id desc, x.seq desc limit {LOOKED_THROUGH}
        )
        select l.id, l.nth, l.linked, {_MESSAGE}
        from looked l join messages x on x.conversation_id = l.id and x.seq = l.seq
        {_AUTHOR}
        where l.linked or l.nth = {LOOKED_THROUGH}
        order by l.nth limit $5
    """  # noqa: S608 - words of this file
    return await reader.rows(statement, reader_id, contact_id, id_, seq, limit, *more)


async def wrap_ups(
    reader: Reader, reader_id: UUID, contact_id: UUID, *, teams: frozenset[UUID] | None
) -> list[ReadRow]:
    """(id, wrap_up) of her newest conversations that have one, the newest first."""
    sight, more = _seen(teams, 4)
    statement = f"""
        select q.id, w.wrap_up
        from ({_walk(OLDER, sight, " limit 50")}) q
        cross join lateral ({_WRAP_UP}) w(wrap_up)
        order by q.opened_at desc, q.id desc
    """  # noqa: S608 - words of this file
    return await reader.rows(statement, reader_id, contact_id, None, *more)


async def days(
    reader: Reader,
    reader_id: UUID,
    contact_id: UUID,
    since: datetime,
    until: datetime,
    zone: str,
    *,
    teams: frozenset[UUID] | None,
) -> list[ReadRow]:
    """The days of `zone` on which somebody said something between these moments, each with its first
    message. Numbers grow with time, so that a day's first one is found by halving, not by reading all."""
    sight, more = _seen(teams, 6)
    statement = f"""
        select distinct on (d.day) d.day, c.id as conversation_id, m.seq
        from (select * from conversations
              where contact_id = $2 and spam_at is null and $1::uuid is not null{sight}
                and opened_at < $4 and greatest(active_at, closed_at) >= $3) c
        cross join lateral (
            select g::date as day, greatest(g at time zone $5, $3) as begins,
                   least((g + interval '1 day') at time zone $5, $4) as ends
            from generate_series(
                date_trunc('day', greatest($3, c.opened_at) at time zone $5),
                least($4, greatest(c.active_at, c.closed_at)) at time zone $5, interval '1 day') g
        ) d
        cross join lateral (
            with recursive half(low, high) as (
                select 1, c.last_seq + 1
                union all
                select case when p.created_at < d.begins then h.middle + 1 else h.low end,
                       case when p.created_at < d.begins then h.high else h.middle end
                from (select low, high, (low + high) / 2 as middle from half where low < high) h
                join messages p on p.conversation_id = c.id and p.seq = h.middle
            )
            select max(low) as seq from half
        ) f
        cross join lateral (
            select seq, created_at from messages
            where conversation_id = c.id and seq >= f.seq and kind <> 'event' order by seq limit 1
        ) m
        where m.created_at >= d.begins and m.created_at < d.ends
        order by d.day, m.created_at, c.opened_at, m.seq
    """  # noqa: S608 - words of this file
    return await reader.rows(statement, reader_id, contact_id, since, until, zone, *more)
