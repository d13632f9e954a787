"""Statements on search_words and search_exports; the look-up is the function `thing_search`."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from kezhan.conversations.pages.heads import HEAD_COLUMNS, PEOPLE
from kezhan.conversations.search.asked import ASKED, HOLDS_PHRASES, Asked
from kezhan.kit.db import Tx
from kezhan.kit.reading import Reader, ReadRow

FIRST = 8
"""Up to this seq a message is of the beginning of its conversation."""


class Kept(NamedTuple):
    """What is kept of a thing: its text, and `words` parted by spaces, which may be more than the text's."""

    thing_id: UUID
    seq: int
    at: Any
    author_kind: str
    body: str
    words: str


async def look_up(reader: Reader, kind: str, asked: Asked) -> list[ReadRow]:
    """Things of a kind newest first, as `conversations.search.store.look_up` gives messages, each with its
    text (`body`) and what its kind shows of it."""
    return await reader.rows(_LOOK_UP[kind], *asked[:-1])


async def people(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    """The contacts among these that are not archived, with their names elsewhere
    (`external_ids`) and what sites tell of them (`told`, in lines)."""
    return await tx.fetch(_PEOPLE, list(ids))


async def people_after(tx: Tx, after: UUID, limit: int) -> list[UUID]:
    """The first contacts behind `after`."""
    return [row["id"] for row in await tx.fetch(_PEOPLE_AFTER, after, limit)]


async def talks(tx: Tx, ids: Sequence[UUID]) -> list[ReadRow]:
    """These conversations, with what their customers said first."""
    return await tx.fetch(_TALKS, list(ids), FIRST)


async def talks_after(tx: Tx, after: UUID, limit: int) -> list[UUID]:
    """The first conversations behind `after`."""
    return [row["id"] for row in await tx.fetch(_TALKS_AFTER, after, limit)]


async def files(tx: Tx, places: Sequence[tuple[UUID, int]]) -> list[ReadRow]:
    """The messages at these places that have a file, with its name and type."""
    return await tx.fetch(_FILES, *zip(*places, strict=True))


async def files_of(tx: Tx, talk_ids: Sequence[UUID]) -> list[tuple[UUID, int]]:
    """Where in these conversations there are files."""
    rows = await tx.fetch(_FILES_OF, list(talk_ids))
    return [(row["conversation_id"], row["seq"]) for row in rows]


async def keep(tx: Tx, kind: str, rows: Sequence[Kept], *, in_talk: bool, afresh: bool) -> None:
    """`afresh` puts them in the place of what was kept before."""
    statement = _KEEP_AFRESH if afresh else _KEEP
    await tx.fetch(
        statement, tx.workspace, kind, in_talk, *(list(values) for values in zip(*rows, strict=True))
    )


async def forget(tx: Tx, kind: str, places: Sequence[tuple[UUID, int]]) -> None:
    await tx.fetch(_FORGET, kind, *zip(*places, strict=True))


async def everyone(reader: Reader, after: UUID | None, limit: int) -> list[ReadRow]:
    """Customers behind `after` by id, with their companies' names; `fields` as JSON."""
    return await reader.rows(_EVERYONE, after, limit)


async def fields_of_people(reader: Reader) -> ReadRow | None:
    return await reader.row("select fields::text as fields from field_sets where subject = 'contact'")


_EVERYONE = """
    select p.id, p.created_at, p.name, p.phone, p.email, o.name as company, p.tier, p.language, p.note,
           p.fields::text as fields
    from contacts p left join companies o on o.id = p.company_id
    where p.archived_at is null and ($1::uuid is null or p.id > $1) order by p.id limit $2
"""
_PEOPLE = """
    select c.id, c.created_at, c.name, c.sort_key, c.email, c.phone, c.phone_key, c.note, (
               select string_agg(v.value, E'\\n' order by v.key)
               from jsonb_each_text(c.attributes -> 'values') v
               where v.value not in ('true', 'false')) as told,
           (select array_agg(i.external_id order by i.created_at, i.id) from identities i
            where i.contact_id = c.id) as external_ids
    from contacts c where c.id = any($1::uuid[]) and c.archived_at is null
"""
_PEOPLE_AFTER = "select id from contacts where id > $1 order by id limit $2"
_TALKS = """
    select c.id, c.opened_at, (
               select string_agg(m.body, E'\\n' order by m.seq) from messages m
               where m.conversation_id = c.id and m.seq <= $2 and m.kind = 'text'
                 and m.author_kind = 'visitor') as said
    from conversations c where c.id = any($1::uuid[])
"""
_TALKS_AFTER = "select id from conversations where id > $1 order by id limit $2"
_FILES = """
    select m.conversation_id, m.seq, m.created_at, m.author_kind, m.payload ->> 'name' as name,
           m.payload ->> 'media_type' as media_type
    from unnest($1::uuid[], $2::int[]) as p(conversation_id, seq), lateral (
        select * from messages m where m.conversation_id = p.conversation_id and m.seq = p.seq offset 0
    ) m
    where m.payload ->> 'is' = 'file' and m.recalled_at is null
"""
_FILES_OF = """
    select conversation_id, seq from messages
    where conversation_id = any($1::uuid[]) and payload ->> 'is' = 'file'
"""
_KEPT = """
    insert into search_words (workspace_id, kind, in_talk, thing_id, seq, at, author_kind, body, words)
    select $1, $2, $3, i.id, i.seq, i.at, i.author_kind, i.body,
           array_to_tsvector(string_to_array(i.words, ' '))
    from unnest($4::uuid[], $5::int[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
        as i(id, seq, at, author_kind, body, words)
    on conflict (workspace_id, kind, thing_id, seq)
"""
_KEEP = f"{_KEPT} do nothing"
_KEEP_AFRESH = f"{_KEPT} do update set body = excluded.body, words = excluded.words"
_FORGET = """
    delete from search_words w using unnest($2::uuid[], $3::int[]) as p(id, seq)
    where w.kind = $1 and w.thing_id = p.id and w.seq = p.seq
"""


def _look_up(kind: str, shown: str) -> str:
    """What does not contain the phrases is passed over before more is read; the last one looked at is not."""
    return f"""
        select s.thing_id as thing, s.seq, s.at, s.seen, s.nth, w.body, h.*
        from (
            select * from thing_search('{kind}', {ASKED})
            with ordinality as s(thing_id, seq, at, seen, nth) order by nth
        ) s
        left join lateral (
            select * from search_words w
            where w.kind = '{kind}' and w.thing_id = s.thing_id and w.seq = s.seq and s.seen offset 0
        ) w on true
        left join lateral ({shown} offset 0) h on true
        where {HOLDS_PHRASES.format("w.body")} or s.nth = $15 or not s.seen
        order by s.nth limit $17
    """  # noqa: S608 - words of the house; values are parameters


# Spam stands in no list but its own.
_TALK = f"""
    select {HEAD_COLUMNS}, c.rev from conversations c {PEOPLE} where c.id = w.thing_id and c.spam_at is null
"""  # noqa: S608 - words of the house
_FILE = f"""
    select {HEAD_COLUMNS}, c.rev, x.payload, x.author_kind, x.author_id,
           coalesce(a.name, x.signed) as author_name
    from conversations c {PEOPLE}
    join lateral (
        select * from messages x where x.conversation_id = c.id and x.seq = w.seq and x.recalled_at is null
        offset 0
    ) x on true
    left join memberships a on a.id = x.author_id and x.author_kind = 'agent'
    where c.id = w.thing_id and c.spam_at is null
"""  # noqa: S608 - words of the house
_PERSON = """
    select c.id, c.name, c.email, c.phone, c.language, c.tier, c.owner_id, c.created_at
    from contacts c where c.id = w.thing_id and c.archived_at is null
"""
_LOOK_UP = {
    kind: _look_up(kind, shown)
    for kind, shown in (("person", _PERSON), ("conversation", _TALK), ("file", _FILE))
}
