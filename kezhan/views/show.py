"""What is in a view: its pages, how many, and what a condition can name."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from kezhan.contacts.service import tiers
from kezhan.conversations.read import list_row
from kezhan.conversations.schemas import ListRow
from kezhan.fields.rights import readable
from kezhan.fields.schemas import Subject
from kezhan.fields.service import fields_of
from kezhan.forms.schemas import Choice, Field, FieldKind, Purpose
from kezhan.forms.service import list_forms
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.kit.reading import Reader
from kezhan.views import store
from kezhan.views.filters import store as filters
from kezhan.views.filters.check import check
from kezhan.views.filters.schemas import (
    AnswerField,
    Counted,
    FilterWords,
    ViewCounts,
    ViewFilter,
    ViewOption,
    ViewSort,
)
from kezhan.views.service import filter_of
from kezhan.workspaces.authenticate import Caller

MAX_COUNTED = 50
_WORDS = 100


async def list_view(
    reader: Reader, caller: Caller, view_id: UUID, sort: ViewSort | None, after: str | None, limit: int
) -> Page[ListRow]:
    """One page; in the view's own order where no other is asked for. Raises NotFound, and Refused 409 for a
    view that a later version has made."""
    wanted, own = await seen(reader, caller, view_id)
    sort, size = sort or own, page_size(limit)
    key: tuple[int, UUID] | tuple[datetime, UUID] | None = None
    if after:
        if sort is ViewSort.PRIORITY:
            key = decode_cursor(after, tuple[int, UUID])
        else:
            key = decode_cursor(after, tuple[datetime, UUID])
    rows = await filters.page(reader, caller, wanted, sort, size + 1, key)
    last = rows[size - 1] if len(rows) > size else None
    return Page(
        items=[list_row(row) for row in rows[:size]],
        next=encode_cursor(last["place"], last["id"]) if last is not None else None,
    )


async def seen(reader: Reader, caller: Caller, view_id: UUID) -> tuple[ViewFilter, ViewSort]:
    """The filter and order of a view that the caller has at hand. Raises NotFound, Refused."""
    rows = await store.these(reader, list(caller.team_ids), caller.membership_id, [view_id])
    if not rows:
        raise NotFound("views.not_found")
    wanted = filter_of(rows[0])
    if wanted is None:
        raise Refused("views.of_later_version", 409)
    return wanted, ViewSort(rows[0]["sort"])


async def count_views(reader: Reader, caller: Caller, ids: Sequence[UUID]) -> ViewCounts:
    """Of each of these that the caller has at hand how many are in it."""
    if len(ids) > MAX_COUNTED:
        raise Refused("views.many_counted", field="ids", limit=MAX_COUNTED)
    rows = await store.these(reader, list(caller.team_ids), caller.membership_id, ids)
    wanted = {row["id"]: filter_of(row) for row in rows}
    known = {view_id: one for view_id, one in wanted.items() if one is not None}
    found = await filters.counts(reader, caller, list(known.values())) if known else []
    counted = dict(zip(known, found, strict=True))
    return ViewCounts(
        items=[Counted(id=view_id, count=counted.get(view_id)) for view_id in wanted], at=wire(now())
    )


async def count_filter(tx: Tx, reader: Reader, caller: Caller, wanted: ViewFilter) -> int:
    """How many a filter would hold that is not kept yet. Raises Refused as keeping it would."""
    await check(tx, wanted)
    (found,) = await filters.counts(reader, caller, [wanted])
    return found


async def words(tx: Tx, caller: Caller) -> FilterWords:
    forms = (await list_forms(tx, Purpose.WRAP_UP)).items
    answers = {field.id: field for form in forms for field in form.fields}
    return FilterWords(
        languages=await filters.languages(tx, _WORDS),
        tiers=(await tiers(tx)).items,
        sources=await filters.sources(tx, _WORDS),
        attributes=await filters.attributes(tx, _WORDS),
        answers=[_answer_field(one) for one in answers.values()],
        fields=[_answer_field(one) for one in readable(await fields_of(tx, Subject.CONTACT), caller)],
    )


def _answer_field(one: Field) -> AnswerField:
    return AnswerField(id=one.id, kind=one.kind, label=one.label, choices=_leaves(one.choices, one.kind, ""))


def _leaves(choices: Sequence[Choice], kind: FieldKind, above: str) -> list[ViewOption]:
    found: list[ViewOption] = []
    for one in choices:
        label = f"{above} / {one.label}" if above else one.label
        if kind is FieldKind.TREE and one.children:
            found += _leaves(one.children, kind, label)
        else:
            found.append(ViewOption(value=one.id, label=label))
    return found
