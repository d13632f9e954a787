"""A question asked of one kind, page by page, or of all there are."""

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from kezhan.kit.bigrams import SNIPPET
from kezhan.kit.errors import Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor
from kezhan.kit.reading import Reader
from kezhan.search.kinds import KINDS, Kind, kind_named, unknown_to
from kezhan.search.schemas import Group, Groups, Question
from kezhan.workspaces.authenticate import Caller


async def everything(reader: Reader, caller: Caller, question: Question, limit: int) -> Groups:
    """The first hits of each kind that the caller may look for and the filters speak of. Raises Refused."""
    groups = []
    for name, kind in KINDS.items():
        if caller.may(kind.needs) and not unknown_to(kind, question):
            page = await one_kind(reader, caller, name, question, None, limit)
            groups.append(Group(kind=name, items=page.items, next=page.next))
    return Groups(groups=groups)


async def one_kind(
    reader: Reader,
    caller: Caller,
    name: str,
    question: Question,
    after: str | None,
    limit: int,
    *,
    length: int = SNIPPET,
    kinds: Mapping[str, Kind] = KINDS,
) -> Page[Any]:
    """A page of one kind; `after` is of the same question. Raises Refused, Forbidden, NotFound."""
    kind = kind_named(name, kinds)
    caller.require(kind.needs)
    if unknown := unknown_to(kind, question):
        raise Refused("search.no_such_filter", 400, field=unknown[0])
    mark = mark_of(name, question)
    place = _place(after, mark) if after else None
    page: Page[Any] = await kind.find(reader, caller, question, place, limit, length)
    return Page(items=page.items, next=encode_cursor(mark, page.next) if page.next else None)


def mark_of(name: str, question: Question) -> str:
    """The same for the same question of the same kind."""
    return hashlib.sha256(msgspec.json.encode((name, question))).hexdigest()[:16]


def _place(after: str, mark: str) -> str:
    asked, place = decode_cursor(after, tuple[str, str])
    if asked != mark:
        raise Refused("search.other_cursor", 400, field="after")
    return place
