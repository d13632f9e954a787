"""Searching as people do it: over HTTP, with what was written before taken in."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote
from uuid import UUID

from kezhan.conversations.search.index import take_in_old
from kezhan.conversations.tests.place import Json, Member, Place
from kezhan.kit.paging import encode_cursor
from kezhan.search.find import mark_of
from kezhan.search.schemas import Question

_START = UUID(int=0)


async def take_in_all(place: Place) -> None:
    """The words of every message of the place, as the timer takes them in."""
    async with place.db.tx(place.workspace_id) as tx:
        assert await take_in_old(tx, _START) is None


def address(words: str, **more: Any) -> str:
    return f"/api/search/message?q={quote(words)}" + "".join(
        f"&{name}={quote(str(value))}" for name, value in more.items()
    )


def behind(words: str, *key: Any) -> str:
    """The cursor of a search for `words` that goes on behind this place."""
    return encode_cursor(mark_of("message", Question(q=words)), encode_cursor(*key))


async def hits(member: Member, words: str, **more: Any) -> list[Json]:
    page = await member.get(address(words, **more))
    assert page["next"] is None, "all of it on one page"
    found: list[Json] = page["items"]
    return found


async def found(member: Member, words: str, **more: Any) -> list[tuple[str, int]]:
    return [(hit["head"]["id"], hit["seq"]) for hit in await hits(member, words, **more)]


def snippets(hits: Sequence[Json]) -> list[str]:
    return [hit["snippet"] for hit in hits]
