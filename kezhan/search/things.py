"""People, conversations and files as hits: each look one statement, newest first, of what the caller sees."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from kezhan.contacts.service import contact_of
from kezhan.contacts.values import search_range
from kezhan.conversations.schemas import Author, FilePayload
from kezhan.conversations.search.asked import Asked
from kezhan.conversations.search.find import asked_of, walk
from kezhan.conversations.views import head_of
from kezhan.kit.bigrams import SNIPPET, Snippet, plain, snippet_of, terms_of
from kezhan.kit.clock import wire
from kezhan.kit.masking import Cover, seen_text
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader, ReadRow
from kezhan.search import store
from kezhan.search.index import MARKS, trait_of
from kezhan.search.schemas import ConversationHit, FileHit, PersonHit, Question
from kezhan.workspaces.authenticate import Caller

H = TypeVar("H")
_NONE = Snippet("", [])


async def people(
    reader: Reader, caller: Caller, question: Question, after: str | None, limit: int, length: int, /
) -> Page[PersonHit]:
    key, digits = search_range(question.q)
    # A number may be typed in parts, and with its country before it.
    terms = [digits] if key == "phone_key" and digits else terms_of(question.q)

    def hit_of(row: ReadRow, form: str) -> PersonHit:
        # What is brought to one form is so line by line.
        (name, name_form), *others = zip(row["body"].split("\n")[:-1], form.split("\n"), strict=False)
        told = _line(others, terms, length, caller.cover)
        named = _marked(name, name_form, terms, SNIPPET, caller.cover)
        return PersonHit(
            contact=contact_of(row), name_matches=named.matches, snippet=told.text, matches=told.matches
        )

    return await _page(reader, caller, "person", question, terms, after, limit, hit_of)


async def conversations(
    reader: Reader, caller: Caller, question: Question, after: str | None, limit: int, length: int, /
) -> Page[ConversationHit]:
    terms = terms_of(question.q)

    def hit_of(row: ReadRow, form: str) -> ConversationHit:
        text, text_form = row["body"].rpartition("\n")[0], form.rpartition("\n")[0]
        said = _marked(text, text_form, terms, length, caller.cover)
        return ConversationHit(
            head=head_of(row, row["rev"]), at=wire(row["at"]), snippet=said.text, matches=said.matches
        )

    return await _page(reader, caller, "conversation", question, terms, after, limit, hit_of)


async def files(
    reader: Reader, caller: Caller, question: Question, after: str | None, limit: int, _: int, /
) -> Page[FileHit]:
    terms = terms_of(question.q)

    def hit_of(row: ReadRow, _: str) -> FileHit:
        author = Author(kind=row["author_kind"], id=row["author_id"], name=row["author_name"] or "")
        file = msgspec.convert(row["payload"], FilePayload)
        return FileHit(
            head=head_of(row, row["rev"]), seq=row["seq"], author=author, at=wire(row["at"]), file=file,
            matches=_marked(file.name, plain(file.name), terms, len(file.name), None).matches,
        )  # fmt: skip

    return await _page(reader, caller, "file", question, terms, after, limit, hit_of)


async def _page(
    reader: Reader,
    caller: Caller,
    kind: str,
    question: Question,
    terms: list[str],
    after: str | None,
    limit: int,
    hit_of: Callable[[ReadRow, str], H],
) -> Page[H]:
    """What is found and contains the terms as they stand; `hit_of` is told the text in its plain form too."""
    trait = trait_of(question.media) if question.media else ""
    asked = asked_of(caller, terms, question.filters, after, limit, kind=MARKS[kind], trait=trait)

    async def look(asked: Asked) -> list[ReadRow]:
        return await store.look_up(reader, kind, asked)

    def checked(row: ReadRow) -> H | None:
        form = plain(row["body"]) if row["id"] and row["body"] else ""
        return hit_of(row, form) if form and all(term in form for term in terms) else None

    return await walk(asked, look, checked)


def _marked(text: str, form: str, terms: list[str], length: int, cover: Cover | None) -> Snippet:
    """The text around those of the terms that are in it; the beginning of it where none is. `form`:
    plain(text)."""
    there = [term for term in terms if term in form]
    return snippet_of(text, there, length, form, seen_text(text, cover)) or _NONE


def _line(lines: Iterable[tuple[str, str]], terms: list[str], length: int, cover: Cover | None) -> Snippet:
    """The first line with a match, of those told with their plain forms. Most have none, so a snippet is cut
    of that one alone."""
    for line, form in lines:
        if any(term in form for term in terms):
            return _marked(line, form, terms, length, cover)
    return _NONE
