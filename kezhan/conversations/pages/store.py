"""The pages of the workbench and of the customer's panel: each one statement on a `Reader`, so that what
stands together on a screen is of one moment.

The inner limit of each is a number that the planner can count on; how many of those are wanted is a
parameter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE, in_sight
from kezhan.conversations.store import MAX_SEQ, REACTIONS
from kezhan.kit.db import Tx
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow

_PAGE = MAX_PAGE + 1  # one more shows that there is more


class _Order(NamedTuple):
    """By what a list stands in order, and what comes after a place in it."""

    by: str
    way: str
    after: str


_NEWEST = _Order("active_at", "desc", "<")
# What waits for its customer alone comes last.
_SOONEST = _Order("coalesce(wake_at, '9000-01-01 00:00:00+00'::timestamptz)", "asc", ">")
# An index serves one state in order; two states are two walks of it.
LISTS: Mapping[str, tuple[str, ...]] = {
    "mine": (
        "assignee_id = $1 and state = 'assigned' and parked_at is null",
        "guests <> '{}' and $1 = any(guests) and state <> 'closed'",
    ),
    "parked": ("assignee_id = $1 and parked_at is not null",),
    "unassigned": ("state = 'queued' and spam_at is null",),
    "all": ("state = 'queued' and spam_at is null", "state = 'assigned'"),
    "closed": ("state = 'closed' and spam_at is null",),
    "spam": ("spam_at is not null",),
    "contact": ("contact_id = $3 and spam_at is null",),
    "one": ("id = $3",),
}


async def list_page(
    reader: Reader,
    name: str,
    reader_id: UUID,
    limit: int,
    *,
    key: UUID | None = None,
    teams: frozenset[UUID] | None = None,
    after: tuple[datetime, UUID] | None = None,
) -> list[ReadRow]:
    """One page of a list of `LISTS`, newest activity first (of what is parked: what wakes soonest), with what
    the reader has read of each and where it stands (`place`, with its id the next page's `after`; None
    where it is its `active_at`: moments are what costs most to read in). `key` is the contact's or the
    conversation's id; with `teams` only what is hers, theirs or nobody's."""
    order = _SOONEST if name == "parked" else _NEWEST
    values: list[Any] = [reader_id, limit, *([key] if key else [])]
    more = ""
    if teams is not None:
        values.append(list(teams))
        more += in_sight(f"${len(values)}")
    if after is not None:
        values += after
        at, id_ = f"${len(values) - 1}", f"${len(values)}"
        by, after_it = order.by, order.after
        more += f" and {by} {after_it}= {at} and ({by} {after_it} {at} or id {after_it} {id_})"
    placed = f"order by {order.by} {order.way}, id {order.way}"
    walks = (
        f"(select * from conversations where {walk}{more} {placed} limit {_PAGE})"  # noqa: S608
        for walk in LISTS[name]
    )
    statement = f"""
        select {HEAD_COLUMNS}, c.rev, nullif(c.place, c.active_at) as place,
               coalesce(k.read_inbound, 0) as read_inbound
        from (
            select *, {order.by} as place from ({" union all ".join(walks)}) found {placed} limit $2
        ) c {PEOPLE}
        left join marks k on k.conversation_id = c.id and k.party_kind = 'agent' and k.party_id = $1
        order by c.place {order.way}, c.id {order.way}
    """  # noqa: S608 - words of this file; values are parameters
    return await reader.rows(statement, *values)


async def list_ids(
    tx: Tx, name: str, reader_id: UUID, limit: int, teams: frozenset[UUID] | None
) -> list[UUID]:
    """The conversations of a list, at most so many."""
    more, values = ("", []) if teams is None else (in_sight("$3"), [list(teams)])
    walks = (f"select id from conversations where {walk}{more}" for walk in LISTS[name])  # noqa: S608
    statement = f"select id from ({' union '.join(walks)}) found where $1::uuid is not null limit $2"  # noqa: S608
    return [row["id"] for row in await tx.fetch(statement, reader_id, limit, *values)]


async def heads(reader: Reader, ids: Sequence[UUID]) -> list[ReadRow]:
    """How these conversations stand."""
    return await reader.rows(_HEADS, list(ids))


_HEADS = f"""
    select {HEAD_COLUMNS}, c.rev
    from unnest($1::uuid[]) as asked(id) join conversations c on c.id = asked.id {PEOPLE}
"""  # noqa: S608 - words of this file


async def linked(reader: Reader, conversation_id: UUID) -> list[ReadRow]:
    """The conversation and those it is linked with, each with what it is to it (`role`) and where it
    stands."""
    return await reader.rows(_LINKED, conversation_id)


def _as_linked(role: str, where: str, limit: int = 1) -> str:
    return f"""
        (select '{role}' as role, c.id, c.channel, c.state, c.opened_at, c.closed_at, c.assignee_id,
                c.team_id, c.guests
         from conversations c where {where} limit {limit})
    """  # noqa: S608 - words of this file


_LINKED = " union all ".join(
    (
        _as_linked("self", "c.id = $1"),
        _as_linked("previous", "c.id = (select m.previous_id from conversations m where m.id = $1)"),
        _as_linked("next", "c.previous_id = $1"),
        _as_linked("into", "c.id = (select m.merged_into from conversations m where m.id = $1)"),
        _as_linked("merged", "c.merged_into = $1", 20),
    )
)


async def count_up_to(
    reader: Reader, reader_id: UUID, teams: frozenset[UUID] | None, cap: int
) -> ReadRow | None:
    """How many are in `mine`, `unassigned` and `parked`, counted no further than `cap` rows of the index."""
    more, values = ("", []) if teams is None else (in_sight("$3"), [list(teams)])
    counts = (f"({_counted(name, more)})::int as {name}" for name in ("mine", "unassigned", "parked"))
    return await reader.row(f"select {', '.join(counts)}", reader_id, cap, *values)


def _counted(name: str, more: str) -> str:
    walks = (f"(select from conversations where {walk}{more} limit $2)" for walk in LISTS[name])
    return f"select count(*) from (select from ({' union all '.join(walks)}) found limit $2) found"  # noqa: S608


def _last_messages(more: str) -> str:
    return f"""
        select x.seq, x.rev, x.kind, x.author_kind, x.author_id, x.client_id, x.body, x.payload, x.quote_seq,
               x.created_at, x.edited_at, x.recalled_at, x.fault, coalesce(m.name, x.signed) as author_name,
               {REACTIONS.format("x")} as reactions
        from (select * from (
                select * from messages where conversation_id = $1 and seq < $2{more}
                order by seq desc limit {_PAGE}
            ) found order by seq desc limit $3) x
        left join memberships m on m.id = x.author_id and x.author_kind = 'agent'
    """  # noqa: S608 - words of this file


def _page(more: str) -> str:
    return f"""
        select c.state, c.assignee_id, c.team_id, c.guests, c.identity_id, x.*
        from conversations c left join ({_last_messages(more)}) x on true
        where c.id = $1 order by x.seq
    """  # noqa: S608 - words of this file


def _opened(more: str) -> str:
    return f"""
        select h.*, x.*
        from (
            select 1 as nth, {HEAD_COLUMNS}, c.rev as head_rev,
                   coalesce(d.body, '') as draft, coalesce(d.note, false) as draft_is_note,
                   coalesce(d.version, 0) as draft_version, (
                select json_agg(json_build_object('party', k.party_kind, 'party_id', k.party_id,
                            'delivered_seq', k.delivered_seq, 'read_seq', k.read_seq, 'rev', k.rev)
                        order by k.party_kind, k.party_id)
                from marks k where k.conversation_id = c.id) as marks
            from conversations c {PEOPLE}
            left join drafts d on d.conversation_id = c.id and d.membership_id = $4
            where c.id = $1
        ) h full join (
            select row_number() over (order by x.seq) as nth, x.* from ({_last_messages(more)}) x
        ) x on x.nth = h.nth
        order by x.nth
    """  # noqa: S608 - words of this file


_NO_NOTES = " and kind <> 'note'"
_PAGES = {True: _page(""), False: _page(_NO_NOTES)}
_OPENINGS = {True: _opened(""), False: _opened(_NO_NOTES)}


async def page(
    reader: Reader, conversation_id: UUID, *, before: int, limit: int, notes: bool
) -> list[ReadRow]:
    """Messages in ascending seq: the `limit` last ones before `before`, beside each where its conversation
    stands. No row where there is no conversation, one without a seq where it has no message."""
    return await reader.rows(_PAGES[notes], conversation_id, min(max(before, 0), MAX_SEQ), limit)


async def opened(
    reader: Reader, conversation_id: UUID, membership_id: UUID | None, *, limit: int, notes: bool
) -> list[ReadRow]:
    """The last page, its first row with the head (its rev as `head_rev`), the marks (JSON, None for none) and
    the member's draft: all as of one moment. Rows as of `page`."""
    return await reader.rows(_OPENINGS[notes], conversation_id, MAX_SEQ, limit, membership_id)
