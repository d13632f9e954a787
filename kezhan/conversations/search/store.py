"""Statements on message_words; the look-up itself is the function `message_search` (migration 0007)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text

from kezhan.kit.db import Tx

Place = tuple[UUID, int]
"""A message by its conversation and seq."""


class Worded(NamedTuple):
    """A message with the words that are kept of it, parted by spaces."""

    conversation_id: UUID
    seq: int
    at: datetime
    author_kind: str
    words: str


class Asked(NamedTuple):
    """The parameters of `message_search`; the messages before (`at`, `conversation`, `seq`) are looked at,
    newest first. `reads_all`, `reader` and `teams` say what the caller may see."""

    query: str
    reads_all: bool
    reader: UUID
    teams: list[UUID]
    conversation_id: UUID | None
    channel: str | None
    author: str | None
    since: datetime | None
    at: datetime | None
    conversation: UUID
    seq: int
    many: int


async def bodies(tx: Tx, places: Sequence[Place]) -> Sequence[Row[Any]]:
    """The messages as they are now, as far as they have text."""
    return await tx.rows(_BODIES, _columns(places))


async def unread(tx: Tx, after: UUID, limit: int) -> Sequence[Row[Any]]:
    """The first messages with text, in conversations behind `after`, whose words are not kept."""
    return await tx.rows(_UNREAD, {"after": after, "limit": limit})


async def keep(tx: Tx, rows: Sequence[Worded], *, afresh: bool) -> None:
    """Keep the words of these messages; `afresh` puts them in the place of those kept before."""
    names = ("ids", "seqs", "ats", "kinds", "words")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    await tx.run(_KEEP_AFRESH if afresh else _KEEP, {"ws": tx.workspace, **columns})


async def forget(tx: Tx, places: Sequence[Place]) -> None:
    await tx.run(_FORGET, _columns(places))


async def look_up(tx: Tx, asked: Asked) -> Sequence[Row[Any]]:
    """Places newest first with their messages; one that is not `seen` tells how far was looked."""
    return await tx.rows(_LOOK_UP, asked._asdict())


def _columns(places: Sequence[Place]) -> dict[str, Any]:
    return {"ids": [place[0] for place in places], "seqs": [place[1] for place in places]}


_PLACES = "unnest(cast(:ids as uuid[]), cast(:seqs as int[])) as p(conversation_id, seq)"
_BODIES = text(
    f"""
    select m.conversation_id, m.seq, m.created_at, m.author_kind, m.body
    from {_PLACES}, lateral (
        select * from messages m where m.conversation_id = p.conversation_id and m.seq = p.seq offset 0
    ) m
    where m.body <> ''
    """  # noqa: S608 - constants of this file
)
_UNREAD = text(
    """
    select m.conversation_id, m.seq, m.created_at, m.author_kind, m.body
    from messages m left join lateral (
        select true as kept from message_words w
        where w.conversation_id = m.conversation_id and w.seq = m.seq offset 0
    ) w on true
    where m.conversation_id > :after and m.body <> '' and w.kept is null
    order by m.conversation_id, m.seq limit :limit
    """
)
_KEPT = """
    insert into message_words (workspace_id, conversation_id, seq, at, author_kind, words)
    select :ws, i.conversation_id, i.seq, i.at, i.author_kind,
           array_to_tsvector(string_to_array(i.words, ' '))
    from unnest(cast(:ids as uuid[]), cast(:seqs as int[]), cast(:ats as timestamptz[]),
                cast(:kinds as text[]), cast(:words as text[]))
        as i(conversation_id, seq, at, author_kind, words)
    on conflict (workspace_id, conversation_id, seq)
"""
_KEEP = text(f"{_KEPT} do nothing")
_KEEP_AFRESH = text(f"{_KEPT} do update set words = excluded.words")
_FORGET = text(
    f"delete from message_words w using {_PLACES}"  # noqa: S608 - constants of this file
    " where w.conversation_id = p.conversation_id and w.seq = p.seq"
)
_LOOK_UP = text(
    """
    select s.conversation_id, s.seq, s.at, s.seen, m.kind, m.author_kind, m.author_id, m.body,
           a.name as author_name
    from message_search(
        cast(cast(:query as text) as tsquery), :reads_all, :reader, cast(:teams as uuid[]),
        :conversation_id, :channel, :author, coalesce(cast(:since as timestamptz), '-infinity'),
        coalesce(cast(:at as timestamptz), 'infinity'), :conversation, :seq, :many) s
    left join lateral (
        select * from messages m where m.conversation_id = s.conversation_id and m.seq = s.seq offset 0
    ) m on true
    left join memberships a on a.id = m.author_id and m.author_kind = 'agent'
    order by s.at desc, s.conversation_id desc, s.seq desc
    """
)
