"""Tags: listed, made, changed, archived, merged; put on and taken off."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
from msgspec import Struct

from kezhan.audit.service import record
from kezhan.contacts.events import ContactsJoined, ContactsParted
from kezhan.contacts.join import changed as contact_changed
from kezhan.contacts.merges.journal import add_moves, moves
from kezhan.kit.bigrams import plain
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.reading import ReadRow
from kezhan.tags import store
from kezhan.tags.events import TagChanged, TagMerged, TagPut
from kezhan.tags.schemas import (
    MAX_GROUP,
    MAX_NAME,
    MAX_ON,
    MAX_TAGS,
    Tag,
    TagEdit,
    TagForm,
    TagList,
    TagsOn,
    TagUse,
    TagUses,
    Thing,
)
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.names import initials_of, pinyin_of, sort_key
from kezhan.workspaces.permissions import Permission

_FIELDS = ("name", "colour", "group_name", "for_contacts", "for_conversations")


class Detail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: which fields of a tag changed; into which other one it was merged."""

    fields: list[str] = []
    into: UUID | None = None


class ByRule(Struct, frozen=True):
    """A rule puts a tag on or takes it off."""

    id: UUID
    kind: str = "rule"
    peer: str | None = None


class PutDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log."""

    tag_id: UUID


async def list_tags(tx: Tx, caller: Caller) -> TagList:
    manages = caller.may(Permission.TAG_MANAGE)
    return TagList(items=[_tag_of(row) for row in await store.tags(tx)], manages=manages)


async def exists(tx: Tx, tag_id: UUID) -> bool:
    """Whether it is there, archived or merged too."""
    return await store.tag(tx, tag_id) is not None


async def uses(tx: Tx) -> TagUses:
    rows = await store.uses(tx)
    return TagUses(
        [TagUse(id=row["id"], contacts=row["contacts"], conversations=row["conversations"]) for row in rows]
    )


async def create(tx: Tx, caller: Caller, form: TagForm) -> Tag:
    """Raises Refused where its words do not do, its name is taken, or there are too many."""
    values, tag_id = _values(form), new_id()
    await store.hold(tx)
    if await store.count(tx) >= MAX_TAGS:
        raise Refused("tags.too_many", 409, limit=MAX_TAGS)
    try:
        await store.add(tx, tag_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("tags.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "create", tag_id, Detail(), between(None, values, _FIELDS))


async def change(tx: Tx, caller: Caller, tag_id: UUID, form: TagEdit) -> Tag:
    """Raises as `create` does; Refused 409 where somebody else has changed it since `form.version`."""
    await store.hold(tx)
    row, values = await _found(tx, tag_id), _values(form)
    fields = [name for name in _FIELDS if values[name] != row[name]]
    if not fields:
        return _tag_of(row)
    if form.version != row["version"]:
        raise Refused("tags.changed_meanwhile", 409)
    try:
        await store.change(tx, tag_id, values)
    except asyncpg.UniqueViolationError as fault:
        raise Refused("tags.name_taken", 409, field="name") from fault
    return await _told(tx, caller, "edit", tag_id, Detail(fields=fields), between(row, values, _FIELDS))


async def archive(tx: Tx, caller: Caller, tag_id: UUID, *, archived: bool) -> Tag:
    """Archived it stays where it is and is offered no more. A second time changes nothing."""
    await store.hold(tx)
    row = await _found(tx, tag_id)
    if (row["archived_at"] is not None) is archived:
        return _tag_of(row)
    await store.put_archived(tx, tag_id, archived)
    return await _told(tx, caller, "archive" if archived else "restore", tag_id, Detail())


async def merge(tx: Tx, caller: Caller, tag_id: UUID, into: UUID) -> None:
    """`into` stands in its place from now on; what it is on follows in the background. Done already: nothing
    changes. Raises Refused for itself, an archived one, and one that is not for all that this one is for."""
    await store.hold(tx)
    row = await store.tag(tx, tag_id)
    if row is not None and row["merged_into"] == into:
        return
    gone, kept = await _found(tx, tag_id), await _found(tx, into)
    if gone["id"] == kept["id"]:
        raise Refused("tags.merge_itself", 409, field="into")
    if kept["archived_at"] is not None:
        raise Refused("tags.archived", 409, field="into")
    if any(gone[name] and not kept[name] for name in ("for_contacts", "for_conversations")):
        raise Refused("tags.merge_unlike", 409, field="into")
    await store.put_merged(tx, gone["id"], kept["id"])
    await record(tx, caller, "tag.merge", "tag", tag_id, detail=Detail(into=into))
    await emit(tx, TagMerged(tag_id=tag_id, into=into))


# On contacts and conversations


async def on_contact(tx: Tx, contact_id: UUID) -> TagsOn:
    return TagsOn(await store.on(tx, Thing.CONTACT, contact_id))


async def tag_contact(
    tx: Tx, caller: Caller | ByRule, contact_id: UUID, tag_id: UUID, *, wanted: bool
) -> TagsOn:
    """Put on, or taken off; the same again changes nothing. Raises NotFound, Refused."""
    held = await store.hold_contact(tx, contact_id)
    if held is None:
        raise NotFound("contacts.not_found")
    if await set_on(tx, caller, Thing.CONTACT, held, tag_id, wanted=wanted):
        await contact_changed(tx, held)
    return await on_contact(tx, held)


async def set_on(
    tx: Tx, caller: Caller | ByRule, thing: Thing, thing_id: UUID, tag_id: UUID, *, wanted: bool
) -> bool:
    """Whether it was not so already. Whoever calls has found that the caller may, and holds the thing. Raises
    NotFound for a tag that is not there, Refused for one that is archived, not for such a thing, or one too
    many."""
    if not wanted:
        moved = await store.take(tx, thing, thing_id, tag_id)
    else:
        row = await store.tag(tx, tag_id)
        if row is not None and row["merged_into"] is not None:
            row = await store.tag(tx, row["merged_into"])
        moved = await _put(tx, thing, thing_id, row)
    if moved:
        # actions: contact.tag, contact.untag, conversation.tag, conversation.untag
        deed = f"{thing.value}.{'tag' if wanted else 'untag'}"
        await record(tx, caller, deed, thing.value, thing_id, detail=PutDetail(tag_id=tag_id))
        await emit(tx, TagPut(on=thing.value, thing_id=thing_id, tag_id=tag_id, put=wanted))
    return moved


async def _put(tx: Tx, thing: Thing, thing_id: UUID, row: ReadRow | None) -> bool:
    if row is None:
        raise NotFound("tags.not_found")
    known = await store.on(tx, thing, thing_id)
    if row["id"] in known:
        return False
    if row["archived_at"] is not None:
        raise Refused("tags.archived", 409)
    if not row["for_contacts" if thing is Thing.CONTACT else "for_conversations"]:
        raise Refused("tags.not_for_this", 409)
    if len(known) >= MAX_ON:
        raise Refused("tags.too_many_on", 409, limit=MAX_ON)
    return await store.put(tx, thing, thing_id, row["id"])


async def join(tx: Tx, thing: Thing, gone: UUID, kept: UUID) -> list[UUID]:
    """Two contacts or conversations become one, which has the tags of both; those that came by it."""
    return await store.join(tx, thing, gone, kept)


async def on_joined(tx: Tx, event: ContactsJoined) -> None:
    """Wired `in_tx`: the customer who stays has the tags of both; the other one's stay on her row too."""
    came = await join(tx, Thing.CONTACT, event.gone_id, event.kept_id)
    await add_moves(tx, event.merge_id, "tag", [(tag_id, None) for tag_id in came])


async def on_parted(tx: Tx, event: ContactsParted) -> None:
    """Wired `in_tx`: what came with the one who goes again is taken off, unless another who has become one
    with this customer has it as well."""
    for row in await moves(tx, event.merge_id, "tag"):
        heir = await store.heir(tx, event.kept_id, row.ref)
        if heir is None:
            await store.take(tx, Thing.CONTACT, event.kept_id, row.ref)
        else:
            await add_moves(tx, heir, "tag", [(row.ref, None)])


# Each as it stands


def _values(form: TagForm) -> dict[str, Any]:
    """The columns that a form fills. Raises Refused."""
    name, group = " ".join(form.name.split()), " ".join(form.group.split())
    if not name:
        raise Refused("tags.no_name", field="name")
    if "\0" in f"{name}{group}":
        raise Refused("kit.bad_text", field="name")
    if len(name) > MAX_NAME:
        raise Refused("tags.long_name", field="name", most=MAX_NAME)
    if len(group) > MAX_GROUP:
        raise Refused("tags.long_name", field="group", most=MAX_GROUP)
    if not form.for_contacts and not form.for_conversations:
        raise Refused("tags.for_nothing", field="for_contacts")
    return {
        "name": name,
        "name_key": plain(name),
        "colour": form.colour,
        "group_name": group,
        "for_contacts": form.for_contacts,
        "for_conversations": form.for_conversations,
        "sort_key": sort_key(name),
        "pinyin": pinyin_of(name),
        "initials": initials_of(name),
    }


async def _found(tx: Tx, tag_id: UUID) -> ReadRow:
    """Raises NotFound, also for one that was merged into another."""
    row = await store.tag(tx, tag_id)
    if row is None or row["merged_into"] is not None:
        raise NotFound("tags.not_found")
    return row


async def _told(
    tx: Tx, caller: Caller, deed: str, tag_id: UUID, detail: Detail, told: Sequence[Change] = ()
) -> Tag:
    await record(tx, caller, f"tag.{deed}", "tag", tag_id, detail=detail, changes=told)
    await emit(tx, TagChanged(tag_id=tag_id))
    return _tag_of(await _found(tx, tag_id))


def _tag_of(row: ReadRow) -> Tag:
    return Tag(
        id=row["id"],
        name=row["name"],
        colour=row["colour"],
        group=row["group_name"],
        for_contacts=row["for_contacts"],
        for_conversations=row["for_conversations"],
        pinyin=row["pinyin"],
        initials=row["initials"],
        version=row["version"],
        archived=row["archived_at"] is not None,
        merged_into=row["merged_into"],
    )
