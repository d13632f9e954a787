"""Statements on message_words; the look-up itself is the function `message_search` (migration 0022)."""

from collections.abc import Sequence
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE
from kezhan.conversations.search.asked import ASKED, HOLDS_PHRASES, Asked
from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

Place = tuple[UUID, int]
"""A message by its conversation and seq."""


async def bodies(tx: Tx, places: Sequence[Place]) -> list[ReadRow]:
    """The messages as they are now, as far as they have text: conversation_id, seq, created_at, author_kind
    and body."""
    return await tx.fetch(_BODIES, *zip(*places, strict=True))


async def unread(tx: Tx, after: UUID, limit: int) -> list[ReadRow]:
    """The first messages with text, in conversations behind `after`, without words yet; as `bodies`."""
    return await tx.fetch(_UNREAD, after, limit)


async def keep(tx: Tx, rows: Sequence[ReadRow], words: list[str], *, afresh: bool) -> None:
    """Keep of each of these messages its words, parted by spaces; `afresh` puts them in the place of those
    kept before."""
    ids, seqs, ats, authors, _ = zip(*rows, strict=True)
    await tx.fetch(_KEEP_AFRESH if afresh else _KEEP, tx.workspace, ids, seqs, ats, authors, words)


async def forget(tx: Tx, places: Sequence[Place]) -> None:
    await tx.fetch(_FORGET, *zip(*places, strict=True))


async def look_up(reader: Reader, asked: Asked) -> list[ReadRow]:
    """Messages newest first, the `nth` of those found, each with the head of its conversation. The last one
    that was looked at comes even if it is no hit; one that is not `seen` only says how far was looked."""
    return await reader.rows(_LOOK_UP, *asked[:-1])


_PLACES = "unnest($1::uuid[], $2::int[]) as p(conversation_id, seq)"
_BODIES = f"""
    select m.conversation_id, m.seq, m.created_at, m.author_kind, m.body
    from {_PLACES}, lateral (
        select * from messages m where m.conversation_id = p.conversation_id and m.seq = p.seq offset 0
    ) m
    where m.body <> ''
"""  # noqa: S608 - constants of this file
_UNREAD = """
    select m.conversation_id, m.seq, m.created_at, m.author_kind, m.body
    from messages m left join lateral (
        select true as kept from message_words w
        where w.conversation_id = m.conversation_id and w.seq = m.seq offset 0
    ) w on true
    where m.conversation_id > $1 and m.body <> '' and w.kept is null
    order by m.conversation_id, m.seq limit $2
"""
_KEPT = """
    insert into message_words (workspace_id, conversation_id, seq, at, author_kind, words)
    select $1, i.conversation_id, i.seq, i.at, i.author_kind, array_to_tsvector(string_to_array(i.words, ' '))
    from unnest($2::uuid[], $3::int[], $4::timestamptz[], $5::text[], $6::text[])
        as i(conversation_id, seq, at, author_kind, words)
    on conflict (workspace_id, conversation_id, seq)
"""
_KEEP = f"{_KEPT} do nothing"
_KEEP_AFRESH = f"{_KEPT} do update set words = excluded.words"
_FORGET = (
    f"delete from message_words w using {_PLACES}"  # noqa: S608 - constants of this file
    " where w.conversation_id = p.conversation_id and w.seq = p.seq"
)
# What does not contain the phrases is passed over before heads are read; the last one looked at never is.
# Spam stands in no list but its own: it is found where its conversation alone is looked through.
_LOOK_UP = f"""
    select s.conversation_id as thing, s.seq, s.at, s.seen, s.nth, x.kind, x.author_kind, x.author_id, x.body,
           coalesce(a.name, x.signed) as author_name, h.*
    from (
        select * from message_search(
            {ASKED})
        with ordinality as s(conversation_id, seq, at, seen, nth) order by nth
    ) s
    left join lateral (
        select * from messages x where x.conversation_id = s.conversation_id and x.seq = s.seq and s.seen
        offset 0
    ) x on true
    left join lateral (
        select {HEAD_COLUMNS}, c.rev from conversations c {PEOPLE}
        where c.id = x.conversation_id and (c.spam_at is null or $5::uuid is not null) offset 0
    ) h on true
    left join memberships a on a.id = x.author_id and x.author_kind = 'agent'
    where {HOLDS_PHRASES.format("x.body")} or s.nth = $15 or not s.seen
    order by s.nth limit $17
"""  # noqa: S608 - words of the house; values are parameters
