"""The table of what can be searched for: a line for each kind of thing."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Struct

from kezhan.conversations.schemas import Head
from kezhan.conversations.schemas import Kind as Said
from kezhan.conversations.search.find import search
from kezhan.conversations.search.schemas import Hit
from kezhan.kit.errors import NotFound
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.search import everyone, things
from kezhan.search.schemas import ConversationHit, FileHit, PersonHit, Question
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

Find = Callable[[Reader, Caller, Question, str | None, int, int], Awaitable[Page[Any]]]
"""A page of what a question finds for the caller, behind a place: so many hits, of so many characters."""


class Kind(Struct, frozen=True, kw_only=True):
    """`knows`: the filters that speak of such a thing; with another one set there is none of it. `columns`
    (words of `search.column.*`) and `cells` are its line in a list; what is not `outward` is in none, for
    lists are handed on."""

    needs: Permission
    knows: frozenset[str]
    find: Find
    columns: tuple[str, ...]
    cells: Callable[[Any], tuple[str, ...]]
    outward: Callable[[Any], bool] = lambda _: True
    exports: frozenset[Permission] = frozenset({Permission.SEARCH_EXPORT})
    """What it takes to have a list made of it."""


async def _messages(
    reader: Reader, caller: Caller, question: Question, after: str | None, limit: int, length: int
) -> Page[Hit]:
    return await search(reader, caller, question.q, question.filters, after, limit, length=length)


def _of_talk(head: Head) -> tuple[str, ...]:
    return head.contact_name, head.contact_number, head.channel, head.assignee_name


def _person_cells(hit: PersonHit) -> tuple[str, ...]:
    one = hit.contact
    return one.created_at, one.name, one.number, one.phone or "", one.email or "", one.tier


def _no_note(hit: Hit) -> bool:
    return hit.kind is not Said.NOTE


def _message_cells(hit: Hit) -> tuple[str, ...]:
    return hit.at, *_of_talk(hit.head), hit.author.kind, hit.author.name, hit.snippet, str(hit.head.id)


def _talk_cells(hit: ConversationHit) -> tuple[str, ...]:
    return hit.at, *_of_talk(hit.head), hit.head.state, hit.snippet, str(hit.head.id)


def _file_cells(hit: FileHit) -> tuple[str, ...]:
    about = (hit.file.name, hit.file.media_type, str(hit.file.size))
    return hit.at, *_of_talk(hit.head), hit.author.kind, hit.author.name, *about, str(hit.head.id)


_ANY = frozenset({"since", "until", "tag_id"})
_TALK = _ANY | {"contact_id", "assignee_id", "team_id", "channel"}
_WHOSE = ("at", "customer", "number", "channel", "served_by")

KINDS: Mapping[str, Kind] = {
    "person": Kind(
        needs=Permission.CONTACT_READ, knows=_ANY, find=things.people,
        columns=("since", "customer", "number", "phone", "email", "tier"), cells=_person_cells,
    ),
    "conversation": Kind(
        needs=Permission.CONVERSATION_READ, knows=_TALK, find=things.conversations,
        columns=(*_WHOSE, "state", "text", "conversation"), cells=_talk_cells,
    ),
    "message": Kind(
        needs=Permission.CONVERSATION_READ, knows=_TALK | {"conversation_id", "by"}, find=_messages,
        columns=(*_WHOSE, "side", "author", "text", "conversation"), cells=_message_cells,
        outward=_no_note,
    ),
    "file": Kind(
        needs=Permission.CONVERSATION_READ, knows=_TALK | {"conversation_id", "by", "media"},
        find=things.files,
        columns=(*_WHOSE, "side", "author", "file", "type", "size", "conversation"), cells=_file_cells,
    ),
}  # fmt: skip


EXPORTED: Mapping[str, Kind] = {
    **KINDS,
    "everyone": Kind(
        needs=Permission.CONTACT_READ, knows=frozenset(), find=everyone.page,
        columns=everyone.COLUMNS, cells=everyone.cells,
        exports=frozenset({Permission.SEARCH_EXPORT, Permission.CONTACT_EXPORT}),
    ),
}  # fmt: skip
"""What a list can be made of: everything that can be searched for, and all customers with their fields."""


def kind_named(name: str, kinds: Mapping[str, Kind] = KINDS) -> Kind:
    """Raises NotFound."""
    if name not in kinds:
        raise NotFound("search.no_such_kind")
    return kinds[name]


def unknown_to(kind: Kind, question: Question) -> list[str]:
    """The filters of `question` that say nothing of such a thing."""
    names = [
        name for name in question.filters.__struct_fields__ if getattr(question.filters, name) is not None
    ]
    return sorted({*names, *(["media"] if question.media else [])} - kind.knows)
