"""A place's quick replies taken out as a list, and brought in from one. Files stay where they are."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, structs

from kezhan.kit.bigrams import plain
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.reading import ReadRow
from kezhan.kit.words import say
from kezhan.quick import lists, store
from kezhan.quick.keys import cleaned, values_of
from kezhan.quick.schemas import (
    MAX_REPLIES,
    Format,
    QuickFile,
    QuickImport,
    QuickImported,
    QuickImportRow,
    Scope,
    Words,
)
from kezhan.quick.service import Detail, edited_place, seen_place, tell
from kezhan.workspaces.authenticate import Caller

_TYPES: dict[Format, str] = {"csv": "text/csv", "json": "application/json"}


class _Kept(Struct, frozen=True, kw_only=True):
    """One there is; `more`: whether it has files or a card."""

    id: UUID
    words: Words
    more: bool = False


class _Shelf:
    """What a place has, and what a list makes of it."""

    def __init__(self, rows: list[ReadRow]) -> None:
        self.kept: dict[UUID, _Kept] = {}
        self.named: set[UUID] = set()
        for row in rows:
            self.kept[row["id"]] = _Kept(
                id=row["id"], words=_words(row), more=row["files"] != "[]" or row["card"] is not None
            )
        self._by_code = {plain(one.words.code): one.id for one in self.kept.values() if one.words.code}
        self._by_title = {(one.words.category, one.words.title): one.id for one in self.kept.values()}

    def meant(self, words: Words) -> _Kept | None:
        """By its short code, else by category and title. Raises Refused where these name two, or one that
        the list has named before."""
        coded = self._by_code.get(plain(words.code)) if words.code else None
        titled = self._by_title.get((words.category, words.title))
        if coded is not None and titled is not None and coded != titled:
            raise Refused("quick.list.names_two")
        found = coded or titled
        if found in self.named:
            raise Refused("quick.list.twice")
        return None if found is None else self.kept[found]

    def put(self, before: _Kept | None, words: Words) -> UUID:
        """Raises Refused where there are too many."""
        if before is None and len(self.kept) >= MAX_REPLIES:
            raise Refused("quick.too_many", limit=MAX_REPLIES)
        reply_id = before.id if before else new_id()
        if before is not None:
            self._by_title.pop((before.words.category, before.words.title))
            self._by_code.pop(plain(before.words.code), None)
        self.kept[reply_id] = _Kept(id=reply_id, words=words, more=before is not None and before.more)
        self._by_title[words.category, words.title] = reply_id
        if words.code:
            self._by_code[plain(words.code)] = reply_id
        self.named.add(reply_id)
        return reply_id


async def export_list(tx: Tx, caller: Caller, scope: Scope, team_id: UUID | None, form: Format) -> QuickFile:
    rows = await store.of_place(tx, scope, await seen_place(tx, caller, scope, team_id))
    replies = [_words(row) for row in rows]
    await tell(tx, caller, "export", None, Detail(scope=scope, team_id=team_id, count=len(replies)))
    return QuickFile(
        name=f"quick-replies-{scope}.{form}", media_type=_TYPES[form], text=lists.written(replies, form)
    )


async def import_list(tx: Tx, caller: Caller, form: QuickImport, language: str) -> QuickImported:
    """Rows that are refused are left out, with the reason in `language`; the same list again changes
    nothing. Raises Refused where it is no list at all."""
    place_id = await edited_place(tx, caller, form.scope, form.team_id)
    found = lists.read(form.text, form.format)
    await store.hold(tx)
    shelf = _Shelf(await store.of_place(tx, form.scope, place_id))
    rows = list[QuickImportRow]()
    for row in found:
        try:
            outcome, words, before = _settled(shelf, row)
            reply_id = shelf.put(before, words)
        except Refused as fault:
            title = (row.fields or {}).get("title", "")[:60]
            why = say(language, fault.code, **fault.params)
            rows.append(QuickImportRow(line=row.line, title=title, outcome="refused", why=why))
            continue
        rows.append(QuickImportRow(line=row.line, title=words.title, outcome=outcome))
        if not form.dry_run and outcome != "same":
            await _store(tx, form.scope, place_id, reply_id, values_of(tx.workspace, words), before)
    changed = sum(row.outcome in {"new", "changed"} for row in rows)
    if changed and not form.dry_run:
        await tell(tx, caller, "import", None, Detail(scope=form.scope, team_id=form.team_id, count=changed))
    return QuickImported(rows)


def _settled(shelf: _Shelf, row: lists.Read) -> tuple[Literal["new", "changed", "same"], Words, _Kept | None]:
    if row.fields is None:
        raise Refused("quick.list.no_text")
    given = Words(**row.fields)
    # Whether it has more is known only when it is known which is meant; an empty text needs some.
    words = cleaned(given, more=True)
    before = shelf.meant(words)
    if not words.body and not (before and before.more):
        raise Refused("quick.no_body")
    if before is None:
        return "new", words, None
    return ("same" if structs.astuple(before.words) == structs.astuple(words) else "changed"), words, before


async def _store(
    tx: Tx, scope: Scope, place_id: UUID, reply_id: UUID, values: dict[str, Any], before: _Kept | None
) -> None:
    if before is None:
        await store.add(tx, reply_id, scope, place_id, values)
    else:
        await store.edit(tx, reply_id, values)


def _words(row: ReadRow) -> Words:
    return Words(category=row["category"], title=row["title"], code=row["code"], body=row["body"])
