"""Word lists: made, changed, removed, tried; the messages that held one of their words."""

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.kit.bigrams import plain
from kezhan.kit.clock import wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import ReadRow
from kezhan.screening import store
from kezhan.screening.events import WordListsChanged
from kezhan.screening.fold import fold
from kezhan.screening.match import Listed, Matcher, masked, sternest
from kezhan.screening.schemas import (
    MAX_LISTS,
    MAX_NAME,
    MAX_WORD,
    MAX_WORDS,
    Tier,
    WordFound,
    WordHit,
    WordList,
    WordListEdit,
    WordListForm,
    WordLists,
    WordListView,
    WordTrial,
    WordTried,
)
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import sort_key


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which fields of a list changed, how many words came and went."""

    fields: list[str] = []
    added: int = 0
    removed: int = 0


async def list_lists(tx: Tx) -> WordLists:
    return WordLists(items=[_view_of(row) for row in await store.lists(tx)])


async def one(tx: Tx, list_id: UUID) -> WordList:
    """Raises NotFound."""
    return _whole_of(await _found(tx, list_id))


async def create(tx: Tx, caller: Caller, form: WordListForm) -> WordList:
    """Raises Refused where its words do not do, its name is taken, or there are too many."""
    values, list_id = _values(form), new_id()
    await store.hold(tx)
    await _check_room(tx, values, None)
    try:
        await store.add(tx, list_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("screening.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "create", list_id, Detail(added=len(values["words"])))


async def change(tx: Tx, caller: Caller, list_id: UUID, form: WordListEdit) -> WordList:
    """Raises as `create` does; NotFound; Refused 409 where it was changed since `form.version`."""
    values = _values(form)
    await store.hold(tx)
    row = await _found(tx, list_id)
    fields = [name for name in ("name", "customers", "agents", "words") if values[name] != row[name]]
    if not fields:
        return _whole_of(row)
    if form.version != row["version"]:
        raise Refused("screening.changed_meanwhile", 409)
    await _check_room(tx, values, list_id)
    try:
        await store.change(tx, list_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("screening.name_taken", 409, field="name") from fault
    before, after = set(row["words"]), set(values["words"])
    detail = Detail(fields=fields, added=len(after - before), removed=len(before - after))
    return await _told(tx, caller, "edit", list_id, detail)


async def remove(tx: Tx, caller: Caller, list_id: UUID) -> None:
    """With what it has found. One that is gone already is no fault."""
    await store.hold(tx)
    rows = await store.whole(tx, list_id)
    if not rows:
        return
    await store.remove(tx, list_id)
    await record(
        tx, caller, "word_list.remove", "word_list", list_id, detail=Detail(removed=len(rows[0]["words"]))
    )
    await emit(tx, WordListsChanged())


async def try_out(tx: Tx, trial: WordTrial) -> WordTried:
    """What would become of a text now."""
    matcher = await matcher_of(tx)
    found = matcher.find(trial.side, trial.text) if matcher else []
    tier = sternest(found)
    hidden = [each for each in found if each.tier == Tier.MASK]
    return WordTried(
        tier=tier,
        text=masked(trial.text, hidden) if tier == Tier.MASK else trial.text,
        found=[WordFound(word=each.word, list_name=each.listed.name, tier=each.tier) for each in found],
    )


async def matcher_of(tx: Tx) -> Matcher | None:
    """All lists as they stand; None where there is nothing to look for."""
    rows = await store.whole(tx)
    lists = [
        Listed(row["id"], row["name"], Tier(row["customers"]), Tier(row["agents"]), row["words"])
        for row in rows
    ]
    return await asyncio.to_thread(Matcher, lists) if lists else None


async def list_hits(tx: Tx, list_id: UUID | None, after: str | None, limit: int) -> Page[WordHit]:
    size = page_size(limit)
    start = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.hits(tx, list_id, start, size + 1)
    more = encode_cursor(rows[size - 1]["at"], rows[size - 1]["id"]) if len(rows) > size else None
    return Page(items=[_hit_of(row) for row in rows[:size]], next=more)


# Each as it stands


def _values(form: WordListForm) -> dict[str, Any]:
    """The columns that a form fills; of words that are the same but for their looks the first stays. Raises
    Refused."""
    name = " ".join(form.name.split())
    words = {fold(word)[0]: " ".join(word.split()) for word in reversed(form.words)}
    words.pop("", None)
    if not name:
        raise Refused("screening.no_name", field="name")
    if len(name) > MAX_NAME:
        raise Refused("screening.long_name", field="name", most=MAX_NAME)
    if not words:
        raise Refused("screening.no_words", field="words")
    if long := next((word for word in words.values() if len(word) > MAX_WORD), None):
        raise Refused("screening.long_word", field="words", most=MAX_WORD, word=f"{long[:20]}…")
    if "\0" in name or any("\0" in word for word in words.values()):
        raise Refused("kit.bad_text", field="words")
    return {
        "name": name,
        "name_key": plain(name),
        "sort_key": sort_key(name),
        "customers": form.customers,
        "agents": form.agents,
        "words": list(reversed(words.values())),
    }


async def _check_room(tx: Tx, values: dict[str, Any], besides: UUID | None) -> None:
    there = await store.totals(tx, besides)
    if there["lists"] >= MAX_LISTS:
        raise Refused("screening.too_many", 409, limit=MAX_LISTS)
    if there["words"] + len(values["words"]) > MAX_WORDS:
        raise Refused("screening.too_many_words", 409, field="words", limit=MAX_WORDS)


async def _found(tx: Tx, list_id: UUID) -> ReadRow:
    rows = await store.whole(tx, list_id)
    if not rows:
        raise NotFound("screening.not_found")
    return rows[0]


async def _told(tx: Tx, caller: Caller, deed: str, list_id: UUID, detail: Detail) -> WordList:
    # actions: word_list.create, word_list.edit
    await record(tx, caller, f"word_list.{deed}", "word_list", list_id, detail=detail)
    await emit(tx, WordListsChanged())
    return await one(tx, list_id)


def _view_of(row: ReadRow) -> WordListView:
    return WordListView(
        id=row["id"],
        name=row["name"],
        customers=Tier(row["customers"]),
        agents=Tier(row["agents"]),
        count=row["count"],
        hits=row["hits"],
        version=row["version"],
    )


def _whole_of(row: ReadRow) -> WordList:
    return WordList(
        id=row["id"],
        name=row["name"],
        customers=Tier(row["customers"]),
        agents=Tier(row["agents"]),
        words=row["words"],
        version=row["version"],
    )


def _hit_of(row: ReadRow) -> WordHit:
    return WordHit(
        id=row["id"],
        at=wire(row["at"]),
        list_id=row["list_id"],
        list_name=row["list_name"],
        word=row["word"],
        tier=Tier(row["tier"]),
        side=row["side"],
        conversation_id=row["conversation_id"],
        author_id=row["author_id"],
        author_name=row["author_name"],
    )
