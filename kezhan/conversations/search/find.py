"""Search in messages: a page of hits, newest first, of what the caller may see."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from kezhan.conversations.schemas import Author, Head
from kezhan.conversations.search import store
from kezhan.conversations.search.schemas import Hit
from kezhan.conversations.search.words import Snippet, phrases_of, query_of, snippet_of, terms_of
from kezhan.conversations.see import sight
from kezhan.conversations.store import MAX_SEQ
from kezhan.conversations.views import head_of, kind_of
from kezhan.kit.clock import wire
from kezhan.kit.errors import Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.workspaces.authenticate import Caller

_MANY = 100
"""Looked at for a page, where much of what the index finds may not contain the terms."""
_FURTHER = (200, 200)
"""In further turns for the same page."""


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
    reader: Reader, caller: Caller, text: str, filters: Filters, after: str | None, limit: int
) -> Page[Hit]:
    """Messages that contain each of the words of `text`. A page may be short, or empty, and still have a
    `next`: no request looks further than a fixed number of rows. Raises Refused."""
    terms, size = terms_of(text), page_size(limit)
    for field, moment in (("since", filters.since), ("until", filters.until)):
        if moment is not None and (moment.tzinfo is None or not 1 < moment.year < 9999):
            raise Refused("conversations.no_moment", field=field)
    asked = _asked(caller, terms, filters, after, size)
    if not asked.query:
        raise Refused("conversations.no_words", field="q")
    found: list[Hit] = []
    heads: dict[UUID, Head] = {}
    more = False
    for many in (asked.many, *_FURTHER):
        asked = asked._replace(many=many, shown=size + 1 if asked.phrases else many)
        rows = await store.look_up(reader, asked)
        more = _more(rows, asked)
        for row in rows:
            if len(found) == size:
                more = True
                break
            asked = asked._replace(at=row["at"], conversation=row["conversation_id"], seq=row["seq"])
            if row["body"] and row["id"] and (snippet := snippet_of(row["body"], terms)):
                found.append(_hit(row, heads, snippet))
        if not more or len(found) == size or not rows[-1]["seen"]:
            break
    return Page(items=found, next=encode_cursor(asked.at, asked.conversation, asked.seq) if more else None)


def _asked(caller: Caller, terms: list[str], filters: Filters, after: str | None, size: int) -> store.Asked:
    """What is asked of the database first."""
    reads_all, reader_id, teams = sight(caller)
    key = decode_cursor(after, tuple[datetime, UUID, int]) if after else None
    at, conversation, seq = key or (filters.until, UUID(int=0), 0)
    phrases = phrases_of(terms)
    return store.Asked(
        query=query_of(caller.workspace_id, terms), reads_all=reads_all, reader_id=reader_id, teams=teams,
        conversation_id=filters.conversation_id, channel=filters.channel, author=filters.by,
        since=filters.since, at=at, conversation=conversation, seq=min(max(seq, 0), MAX_SEQ),
        many=max(size + 1, _MANY) if phrases else size + 1, phrases=phrases, shown=size + 1,
    )  # fmt: skip


def _more(rows: list[ReadRow], asked: store.Asked) -> bool:
    """Whether there is, or may be, something behind these rows."""
    if not rows:
        return False
    last = rows[-1]
    return not last["seen"] or last["nth"] == asked.many or len(rows) == asked.shown


def _hit(row: ReadRow, heads: dict[UUID, Head], snippet: Snippet) -> Hit:
    head = heads.get(row["id"])
    if head is None:
        head = heads[row["id"]] = head_of(row, row["rev"])
    return Hit(
        head=head, seq=row["seq"], kind=kind_of(row["kind"]), at=wire(row["at"]),
        author=Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"] or ""),
        snippet=snippet.text, matches=snippet.matches,
    )  # fmt: skip
