"""Reading the log: what is looked for, page by page."""

import functools
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Row

from kezhan.audit import store
from kezhan.audit.keys import Of, opened
from kezhan.audit.schemas import AuditFilters, AuditGroup, EntryView
from kezhan.kit import clock
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.words import FOLDER, LANGUAGES


async def list_entries(tx: Tx, filters: AuditFilters, *, after: str | None, limit: int) -> Page[EntryView]:
    """Newest first. A short page may still have a `next`: one page looks through so many rows at most."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.entries(tx, filters, _worded(filters.q), after=key, limit=size + 1)
    shown = [_view(tx, row) for row in rows[:size]]
    if len(rows) > size:
        return Page(items=shown, next=encode_cursor(rows[size - 1].at, rows[size - 1].id))
    last = await store.last_scanned(tx, filters, key) if store.narrows(filters) else None
    return Page(items=shown, next=encode_cursor(*last) if last else None)


def _view(tx: Tx, row: Row[Any]) -> EntryView:
    told = row._asdict()
    private, person_key = told.pop("private"), told.pop("person_key")
    kind, person_id = told.pop("person_kind"), told.pop("person_id")
    changes = told.pop("changes")
    told.pop("hash")
    if private is not None:
        changes = opened(tx.ring, Of(kind, person_id), person_key, row.id, private)
    told |= {"at": clock.wire(row.at), "group": AuditGroup(row.group)}
    return EntryView(**told, changes=changes or [], forgotten=kind is not None and changes is None)


@functools.lru_cache(maxsize=200)
def _worded(q: str) -> tuple[str, ...]:
    """The actions whose words, in any language, contain the text."""
    wanted = q.strip().lower()
    return tuple({name for name, words in _words() if wanted in words}) if wanted else ()


@functools.cache
def _words() -> tuple[tuple[str, str], ...]:
    """Every action with its words."""
    return tuple(pair for language in LANGUAGES for pair in _words_in(language))


def _words_in(language: str) -> Iterator[tuple[str, str]]:
    file = msgspec.json.decode((FOLDER / language / "audit.json").read_bytes(), type=dict[str, Any])
    for subject, verbs in file["actions"].items():
        yield from ((f"{subject}.{verb}", words.lower()) for verb, words in verbs.items())
