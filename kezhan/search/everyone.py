"""All customers with what is known of each, for a list that can be brought in again."""

from typing import Any
from uuid import UUID

import msgspec

from kezhan.fields.rights import HIDDEN, hides, in_words, readable
from kezhan.fields.schemas import CustomField, StoredSet
from kezhan.fields.seals import is_sealed
from kezhan.kit.clock import wire
from kezhan.kit.masking import seen_text
from kezhan.kit.paging import Page
from kezhan.kit.reading import Reader
from kezhan.kit.sensitive import masked_value
from kezhan.search import store
from kezhan.search.schemas import Question
from kezhan.workspaces.authenticate import Caller

EVERYONE = "everyone"
COLUMNS = ("since", "customer", "phone", "email", "company", "tier", "language", "note")

_FACTS = ("name", *COLUMNS[2:])

Line = tuple[str, ...]


async def page(
    reader: Reader, caller: Caller, _: Question, after: str | None, limit: int, __: int, /
) -> Page[Line]:
    """The cells of each, in the order of the columns and of the fields that the caller may see."""
    fields = await _fields(reader, caller)
    rows = await store.everyone(reader, UUID(after) if after else None, limit)
    lines = [
        (
            wire(row["created_at"]),
            *(_cell(caller, name, row[name] or "") for name in _FACTS),
            *(seen_text(cell, caller.cover) for cell in _own(fields, row["fields"], caller)),
        )
        for row in rows
    ]
    return Page(items=lines, next=str(rows[-1]["id"]) if len(rows) == limit else None)


def cells(line: Line) -> Line:
    return line


async def own_columns(reader: Reader, caller: Caller) -> list[str]:
    return [field.label for field in await _fields(reader, caller)]


async def _fields(reader: Reader, caller: Caller) -> list[CustomField]:
    row = await store.fields_of_people(reader)
    return readable(msgspec.json.decode(row["fields"], type=StoredSet).fields, caller) if row else []


def _cell(caller: Caller, name: str, text: str) -> str:
    if caller.cover is not None and name in caller.cover.sorts:
        return masked_value(text, name)
    return seen_text(text, caller.cover)


def _own(fields: list[CustomField], kept: str | None, caller: Caller) -> list[str]:
    values: dict[str, Any] = msgspec.json.decode(kept)["values"] if kept else {}
    told = {
        field.id: HIDDEN
        if field.sealed or is_sealed(values[field.id]) or hides(field, caller)
        else in_words(field, values[field.id])
        for field in fields
        if field.id in values
    }
    return [told.get(field.id, "") for field in fields]
