"""Segments: listed, made, changed, archived; what they hold, for those who name them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from kezhan.audit.service import record
from kezhan.fields.rights import hides, may_read
from kezhan.fields.schemas import CustomField, Subject
from kezhan.fields.service import fields_of
from kezhan.kit import clock
from kezhan.kit.bigrams import plain
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.log import log
from kezhan.kit.reading import Reader, ReadRow
from kezhan.segments import store
from kezhan.segments.filters.check import check_people
from kezhan.segments.filters.people import guesses
from kezhan.segments.filters.schemas import (
    AnswerWay,
    AnyOf,
    ChoiceField,
    Condition,
    FieldIs,
    Filter,
    FilterOption,
    FilterWords,
    conditions_of,
)
from kezhan.segments.filters.words import words
from kezhan.segments.schemas import MAX_SEGMENTS, Segment, SegmentEdit, SegmentForm, SegmentList
from kezhan.tags.events import TagMerged
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import sort_key
from kezhan.workspaces.permissions import Permission

_filter_of = msgspec.json.Decoder(Filter).decode
_FIELDS = ("name", "description", "filter")
_MOST_MS = 500
"""Whoever comes to the queue waits so long for her segments, and a millisecond more for each who is looked at
with her."""


async def list_segments(tx: Tx, caller: Caller) -> SegmentList:
    """By name, the archived ones among them."""
    rows, fields = await store.segments(tx), await contact_fields(tx)
    manages = caller.may(Permission.SEGMENT_MANAGE)
    return SegmentList(items=[_segment_of(row, caller, fields) for row in rows], manages=manages)


async def create(tx: Tx, caller: Caller, form: SegmentForm) -> Segment:
    """Raises Refused where its words or its filter do not do, its name is taken, or there are too many."""
    values, segment_id = await _values(tx, caller, form), new_id()
    await store.hold(tx)
    if await store.count(tx) >= MAX_SEGMENTS:
        raise Refused("segments.too_many", 409, limit=MAX_SEGMENTS)
    try:
        await store.add(tx, segment_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("segments.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "create", segment_id, between(None, form, _FIELDS))


async def change(tx: Tx, caller: Caller, segment_id: UUID, form: SegmentEdit) -> Segment:
    """Raises as `create` does; Refused 409 where somebody else has changed it since `form.version`, and for
    one of which the caller does not see what it tests."""
    await store.hold(tx)
    row = await _found(tx, segment_id)
    before = _segment_of(row, caller, await contact_fields(tx))
    if all(getattr(form, name) == getattr(before, name) for name in _FIELDS):
        return before
    if form.version != row["version"]:
        raise Refused("segments.changed_meanwhile", 409)
    if before.hidden:
        raise Refused("segments.masked", 403, field="filter")
    values = await _values(tx, caller, form)
    try:
        await store.change(tx, segment_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("segments.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "edit", segment_id, between(before, form, _FIELDS))


async def archive(tx: Tx, caller: Caller, segment_id: UUID, *, archived: bool) -> Segment:
    """Archived it holds who it held where it is named, and is offered no more. A second time changes
    nothing."""
    await store.hold(tx)
    row = await _found(tx, segment_id)
    if (row["archived_at"] is not None) is archived:
        return _segment_of(row, caller, await contact_fields(tx))
    if not archived and await store.count(tx) >= MAX_SEGMENTS:
        raise Refused("segments.too_many", 409, limit=MAX_SEGMENTS)
    try:
        await store.put_archived(tx, segment_id, archived)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("segments.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "archive" if archived else "restore", segment_id)


async def on_tag_merged(tx: Tx, event: TagMerged) -> None:
    """Wired `in_tx`: segments that name it name the one in its place."""
    await store.rename(tx, event.tag_id, event.into)


# For those who name segments


async def named_in(source: Tx | Reader, filters: Iterable[Filter]) -> Mapping[UUID, Filter]:
    """What the segments that these filters name hold; nothing is asked where none is named."""
    ids = {
        UUID(value)
        for wanted in filters
        for one in conditions_of(wanted)
        if isinstance(one, AnyOf) and one.field is ChoiceField.SEGMENT
        for value in one.values
    }
    return await known(source, ids)


async def holding(
    tx: Tx, segment_ids: Collection[UUID], contact_ids: Sequence[UUID]
) -> Mapping[UUID, frozenset[UUID]] | None:
    """Of these customers in which of these segments each is at this moment, as the house itself sees them.
    None where that cannot be found out soon: nobody stays without a place for it."""
    return await fitting(tx, await known(tx, segment_ids), contact_ids) if contact_ids else {}


async def fitting(
    tx: Tx, wanted: Mapping[UUID, Filter], contact_ids: Sequence[UUID]
) -> Mapping[UUID, frozenset[UUID]] | None:
    """The same of filters that are kept elsewhere."""
    if not wanted:
        return {}
    ids = list(dict.fromkeys(contact_ids))
    try:
        rows = await store.within(tx, wanted, ids, _MOST_MS + len(ids))
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as fault:
        # Its words may carry what people have written.
        log.warning("segments.not_found_out", segments=len(wanted), fault=type(fault).__name__)
        return None
    return {row["id"]: frozenset(row["segments"]) for row in rows}


async def names(tx: Tx) -> Mapping[UUID, str]:
    """Of all, the archived ones among them."""
    return {row["id"]: row["name"] for row in await store.segments(tx)}


async def offered_words(tx: Tx, caller: Caller) -> FilterWords:
    """What conditions on customers can name."""
    rows = await store.segments(tx)
    offered = [
        FilterOption(value=str(row["id"]), label=row["name"]) for row in rows if not row["archived_at"]
    ]
    return await words(tx, caller, offered)


async def filter_for(tx: Tx, segment_id: UUID) -> Filter:
    """What one holds. Raises NotFound; Refused 409 for one that a later version has made."""
    wanted = _filter(await _found(tx, segment_id))
    if wanted is None:
        raise Refused("segments.of_later_version", 409)
    return wanted


async def known(source: Tx | Reader, ids: Collection[UUID]) -> dict[UUID, Filter]:
    """What these segments hold, those of a later version left out."""
    rows = await store.these(source, list(ids)) if ids else []
    found = {row["id"]: _filter(row) for row in rows}
    return {segment_id: one for segment_id, one in found.items() if one is not None}


# Each as it stands


async def _values(tx: Tx, caller: Caller, form: SegmentForm) -> tuple[Any, ...]:
    name, description = " ".join(form.name.split()), " ".join(form.description.split())
    if not name:
        raise Refused("segments.no_name", field="name")
    if "\0" in f"{name}{description}":
        raise Refused("kit.bad_text", field="name")
    if not form.filter.groups:
        raise Refused("segments.of_everybody", field="filter")
    await check_people(tx, caller, form.filter)
    return name, plain(name), sort_key(name), description, msgspec.json.encode(form.filter).decode()


async def _found(tx: Tx, segment_id: UUID) -> ReadRow:
    row = await store.segment(tx, segment_id)
    if row is None:
        raise NotFound("segments.not_found")
    return row


async def _told(tx: Tx, caller: Caller, deed: str, segment_id: UUID, told: Sequence[Change] = ()) -> Segment:
    await record(tx, caller, f"segment.{deed}", "segment", segment_id, changes=told)
    return _segment_of(await _found(tx, segment_id), caller, await contact_fields(tx))


async def contact_fields(tx: Tx) -> Mapping[str, CustomField]:
    """By id."""
    return {field.id: field for field in await fields_of(tx, Subject.CONTACT)}


def _filter(row: ReadRow) -> Filter | None:
    """None: of a later version."""
    try:
        return _filter_of(row["filter"])
    except msgspec.ValidationError:
        return None


def _segment_of(row: ReadRow, caller: Caller, fields: Mapping[str, CustomField]) -> Segment:
    wanted = _filter(row)
    hidden = wanted is not None and hides_from(caller, wanted, fields)
    return Segment(
        id=row["id"],
        name=row["name"],
        description=row["description"],
        filter=None if hidden else wanted,
        hidden=hidden,
        version=row["version"],
        archived=row["archived_at"] is not None,
        updated_at=clock.wire(row["updated_at"]),
    )


def hides_from(caller: Caller, wanted: Filter, fields: Mapping[str, CustomField]) -> bool:
    """Whether it tests what the caller may not read; `fields` as of `contact_fields`."""
    return any(_hides(one, caller, fields) for one in conditions_of(wanted))


def _hides(condition: Condition, caller: Caller, fields: Mapping[str, CustomField]) -> bool:
    """Whether it tests what the caller may not read."""
    if isinstance(condition, FieldIs) and (field := fields.get(condition.field)) is not None:
        if not may_read(field, caller):
            return True
        if condition.way is not AnswerWay.GIVEN and hides(field, caller):
            return True
    return guesses(condition, caller.cover)
