"""The pages of the workbench and of the customer's panel: each one statement on a `Reader`, so that what
stands together on a screen is of one moment.

The inner limit of each is a number that the planner can count on; how many of those are wanted is a
parameter.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kezhan.conversations.store import MAX_SEQ
from kezhan.kit.paging import MAX_PAGE
from kezhan.kit.reading import Reader, ReadRow

_PAGE = MAX_PAGE + 1  # one more shows that there is more
HEAD_COLUMNS = """
    c.id, c.account_id, c.channel, c.identity_id, c.contact_id, c.state, c.assignee_id, c.team_id,
    c.last_seq, c.inbound_count, c.preview_seq, c.preview_kind, c.preview_author, c.preview_text,
    c.waiting_since, c.opened_at, c.active_at, c.closed_at, c.parked_at, p.name as contact_name,
    m.name as assignee_name
"""
PEOPLE = """
    join contacts p on p.id = c.contact_id
    left join memberships m on m.id = c.assignee_id
"""
_NEWEST = "order by active_at desc, id desc"
# An index serves one state in order; two states are two walks of it.
LISTS: Mapping[str, tuple[str, ...]] = {
    "mine": ("assignee_id = $1 and state = 'assigned'",),
    "unassigned": ("state = 'queued'",),
    "all": ("state = 'queued'", "state = 'assigned'"),
    "closed": ("state = 'closed'",),
    "contact": ("contact_id = $3",),
    "one": ("id = $3",),
}


def _in_sight(teams: str) -> str:
    return (
        f" and (assignee_id = $1 or team_id = any({teams}::uuid[]) or coalesce(assignee_id, team_id) is null)"
    )


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
    """One page of a list of `LISTS`, newest activity first, with what the reader has read of each. `key` is
    the contact's or the conversation's id; with `teams` only what is hers, theirs or nobody's."""
    values: list[Any] = [reader_id, limit, *([key] if key else [])]
    more = ""
    if teams is not None:
        values.append(list(teams))
        more += _in_sight(f"${len(values)}")
    if after is not None:
        values += after
        at, id_ = f"${len(values) - 1}", f"${len(values)}"
        more += f" and active_at <= {at} and (active_at < {at} or id < {id_})"
    walks = (
        f"(select * from conversations where {walk}{more} {_NEWEST} limit {_PAGE})"  # noqa: S608
        for walk in LISTS[name]
    )
    statement = f"""
        select {HEAD_COLUMNS}, c.rev, coalesce(k.read_inbound, 0) as read_inbound
        from (select * from ({" union all ".join(walks)}) found {_NEWEST} limit $2) c {PEOPLE}
        left join marks k on k.conversation_id = c.id and k.party_kind = 'agent' and k.party_id = $1
        order by c.active_at desc, c.id desc
    """  # noqa: S608 - words of this file; values are parameters
    return await reader.rows(statement, *values)


async def heads(reader: Reader, ids: Sequence[UUID]) -> list[ReadRow]:
    """How these conversations stand."""
    return await reader.rows(_HEADS, list(ids))


_HEADS = f"""
    select {HEAD_COLUMNS}, c.rev
    from unnest($1::uuid[]) as asked(id) join conversations c on c.id = asked.id {PEOPLE}
"""  # noqa: S608 - words of this file


async def count_up_to(
    reader: Reader, reader_id: UUID, teams: frozenset[UUID] | None, cap: int
) -> ReadRow | None:
    """How many are in `mine` and `unassigned`, counted no further than `cap` rows of the index."""
    more, values = ("", []) if teams is None else (_in_sight("$3"), [list(teams)])
    counts = (
        "(select count(*) from (select from conversations"  # noqa: S608 - words of this file
        f" where {LISTS[name][0]}{more} limit $2) found) as {name}"
        for name in ("mine", "unassigned")
    )
    return await reader.row(f"select {', '.join(counts)}", reader_id, cap, *values)


def _last_messages(more: str) -> str:
    return f"""
        select x.seq, x.rev, x.kind, x.author_kind, x.author_id, x.client_id, x.body, x.payload, x.quote_seq,
               x.created_at, x.edited_at, x.recalled_at, m.name as author_name
        from (select * from (
                select * from messages where conversation_id = $1 and seq < $2{more}
                order by seq desc limit {_PAGE}
            ) found order by seq desc limit $3) x
        left join memberships m on m.id = x.author_id and x.author_kind = 'agent'
    """  # noqa: S608 - words of this file


def _page(more: str) -> str:
    return f"""
        select c.assignee_id, c.team_id, c.identity_id, x.*
        from conversations c left join ({_last_messages(more)}) x on true
        where c.id = $1 order by x.seq
    """  # noqa: S608 - words of this file


def _opened(more: str) -> str:
    return f"""
        select h.*, x.*
        from (
            select 1 as nth, {HEAD_COLUMNS}, c.rev as head_rev,
                   coalesce(d.body, '') as draft, coalesce(d.note, false) as draft_is_note, (
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
