"""Search in messages: a page of hits, newest first, of what the caller may see."""

from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.conversations import store as conversations
from kezhan.conversations.schemas import Author, Head
from kezhan.conversations.search import store
from kezhan.conversations.search.schemas import Hit
from kezhan.conversations.search.words import contains, query_of, snippet_of, terms_of
from kezhan.conversations.see import sight
from kezhan.conversations.views import head_of, kind_of
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller

_FURTHER = (200, 200)
"""Looked at in further turns for a page, where much of what the index finds does not contain the terms."""
_Key: TypeAlias = tuple[datetime, UUID, int]


class By(StrEnum):
    VISITOR = "visitor"
    AGENT = "agent"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """`since` is in, `until` out."""

    conversation_id: UUID | None = None
    channel: str | None = None
    by: By | None = None
    since: datetime | None = None
    until: datetime | None = None


async def search(
    tx: Tx, caller: Caller, text: str, filters: Filters, after: str | None, limit: int
) -> Page[Hit]:
    """Messages that contain each of the words of `text`. A page may be short, or empty, and still have a
    `next`: no request looks further than a fixed number of rows. Raises Refused."""
    terms, size = terms_of(text), page_size(limit)
    for field, moment in (("since", filters.since), ("until", filters.until)):
        if moment is not None and (moment.tzinfo is None or not 1 < moment.year < 9999):
            raise Refused("conversations.no_moment", field=field)
    query = query_of(caller.workspace_id, terms)
    if not query:
        raise Refused("conversations.no_words", field="q")
    key: _Key | None = decode_cursor(after, tuple[datetime, UUID, int]) if after else None
    found: list[Row[Any]] = []
    for many in (size + 1, *_FURTHER):
        rows = await store.look_up(tx, _asked(caller, query, filters, key, many))
        for row in rows:
            if len(found) == size:
                break
            key = row.at, row.conversation_id, row.seq
            if row.seen and row.body and contains(row.body, terms):
                found.append(row)
        else:
            if len(rows) < many and (not rows or rows[-1].seen):
                key = None
        if key is None or len(found) == size or not rows[-1].seen:
            break
    heads = await conversations.heads(tx, list({row.conversation_id for row in found}))
    by_id = {row.id: head_of(row._mapping, row.rev) for row in heads}
    hits = [_hit(row, head, terms) for row in found if (head := by_id.get(row.conversation_id))]
    return Page(items=hits, next=encode_cursor(*key) if key else None)


def _asked(caller: Caller, query: str, filters: Filters, key: _Key | None, many: int) -> store.Asked:
    reads_all, reader, teams = sight(caller)
    at, conversation, seq = key or (filters.until, UUID(int=0), 0)
    seq = min(max(seq, 0), conversations.MAX_SEQ)
    return store.Asked(
        query=query, reads_all=reads_all, reader=reader, teams=teams,
        conversation_id=filters.conversation_id, channel=filters.channel, author=filters.by,
        since=filters.since, at=at, conversation=conversation, seq=seq, many=many,
    )  # fmt: skip


def _hit(row: Row[Any], head: Head, terms: list[str]) -> Hit:
    snippet = snippet_of(row.body, terms)
    return Hit(
        head=head, seq=row.seq, kind=kind_of(row.kind), at=wire(row.at),
        author=Author(kind=row.author_kind, id=row.author_id, name=row.author_name or ""),
        snippet=snippet.text, matches=snippet.matches,
    )  # fmt: skip
