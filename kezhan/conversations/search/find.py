"""Search in messages: a page of hits, newest first, of what the caller may see."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from kezhan.conversations.schemas import Author, Head
from kezhan.conversations.search import store
from kezhan.conversations.search.asked import Asked
from kezhan.conversations.search.schemas import Filters, Hit
from kezhan.conversations.see import sight
from kezhan.conversations.store import MAX_SEQ
from kezhan.conversations.views import head_of, kind_of
from kezhan.kit.bigrams import SNIPPET, phrases_of, query_of, snippet_of, terms_of
from kezhan.kit.clock import wire
from kezhan.kit.errors import Refused
from kezhan.kit.masking import Cover, seen_text
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader, ReadRow
from kezhan.workspaces.authenticate import Caller

H = TypeVar("H")
_MANY = 100
"""Looked at for a page, where much of what the index finds may not contain the terms."""
_FURTHER = (200, 200)
"""In further turns for the same page."""


async def search(
    reader: Reader,
    caller: Caller,
    text: str,
    filters: Filters,
    after: str | None,
    limit: int,
    *,
    length: int = SNIPPET,
) -> Page[Hit]:
    """Messages that contain each of the words of `text`, as `walk` finds them; of each so many characters.
    Raises Refused."""
    terms = terms_of(text)
    heads: dict[UUID, Head] = {}

    async def look(asked: Asked) -> list[ReadRow]:
        return await store.look_up(reader, asked)

    def hit_of(row: ReadRow) -> Hit | None:
        return _hit(row, heads, terms, length, caller.cover) if row["body"] and row["id"] else None

    return await walk(asked_of(caller, terms, filters, after, limit), look, hit_of)


async def walk(
    asked: Asked,
    look: Callable[[Asked], Awaitable[list[ReadRow]]],
    hit_of: Callable[[ReadRow], H | None],
) -> Page[H]:
    """A page of what `look` finds and `hit_of` takes for a hit. It may be short, or empty, and still have a
    `next`: no request looks further than a fixed number of rows."""
    size, found, more = asked.size, list[H](), False
    for many in (asked.many, *_FURTHER):
        asked = asked._replace(many=many, shown=size + 1 if asked.phrases else many)
        rows = await look(asked)
        more, last = _more(rows, asked), None
        for row in rows:
            if len(found) == size:
                more = True
                break
            last = row
            if (hit := hit_of(row)) is not None:
                found.append(hit)
        if last is not None:
            asked = asked._replace(at=last["at"], thing=last["thing"], seq=last["seq"])
        if not more or len(found) == size or not rows[-1]["seen"]:
            break
    return Page(items=found, next=encode_cursor(asked.at, asked.thing, asked.seq) if more else None)


def asked_of(
    caller: Caller,
    terms: list[str],
    filters: Filters,
    after: str | None,
    limit: int,
    *,
    kind: str = "",
    trait: str = "",
) -> Asked:
    """What is asked of the database first, of messages or of another `kind`, of which those with a `trait` (a
    word that is kept beside those of the text). Raises Refused where there is no
    word to look for, a moment is none, or the cursor is none of ours."""
    for field, moment in (("since", filters.since), ("until", filters.until)):
        if moment is not None and (moment.tzinfo is None or not 1 < moment.year < 9999):
            raise Refused("conversations.no_moment", field=field)
    query = query_of(caller.workspace_id, terms, kind)
    if not query:
        raise Refused("conversations.no_words", field="q")
    if trait:
        query += f" & {query_of(caller.workspace_id, [trait], kind)}"
    reads_all, reader_id, teams = sight(caller)
    key = decode_cursor(after, tuple[datetime, UUID, int]) if after else None
    at, thing, seq = key or (filters.until, UUID(int=0), 0)
    phrases, size = phrases_of(terms), page_size(limit)
    return Asked(
        query=query, reads_all=reads_all, reader_id=reader_id, teams=teams,
        conversation_id=filters.conversation_id, contact_id=filters.contact_id, channel=filters.channel,
        assignee_id=filters.assignee_id, team_id=filters.team_id, author=filters.by, since=filters.since,
        at=at, thing=thing, seq=min(max(seq, 0), MAX_SEQ), many=max(size + 1, _MANY) if phrases else size + 1,
        phrases=phrases, shown=size + 1, tag_id=filters.tag_id,
        size=size,
    )  # fmt: skip


def _more(rows: list[ReadRow], asked: Asked) -> bool:
    """Whether there is, or may be, something behind these rows."""
    if not rows:
        return False
    last = rows[-1]
    return not last["seen"] or last["nth"] == asked.many or len(rows) == asked.shown


def _hit(
    row: ReadRow, heads: dict[UUID, Head], terms: list[str], length: int, cover: Cover | None
) -> Hit | None:
    shown = seen_text(row["body"], cover)
    snippet = snippet_of(row["body"], terms, length, shown=shown)
    if snippet is None:
        return None
    head = heads.get(row["id"])
    if head is None:
        head = heads[row["id"]] = head_of(row, row["rev"])
    return Hit(
        head=head, seq=row["seq"], kind=kind_of(row["kind"]), at=wire(row["at"]),
        author=Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"] or ""),
        snippet=snippet.text, matches=snippet.matches,
    )  # fmt: skip
