"""What is asked: texts, and their versions as they are published."""

from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Struct
from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.consent import store
from kezhan.consent.events import ConsentTextsChanged
from kezhan.consent.schemas import (
    MAX_TEXTS,
    ConsentText,
    ConsentTexts,
    ConsentVersion,
    ConsentVersions,
    TextEdit,
    TextIn,
    VersionIn,
    Wording,
    Words,
)
from kezhan.kit.changes import between
from kezhan.kit.clock import now, wire
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces.authenticate import Caller


class VersionDetail(Struct, frozen=True, kw_only=True, tag_field="v", tag=1):
    """For the audit log: what it says stands in the version itself."""

    version: int


async def texts(tx: Tx) -> ConsentTexts:
    return ConsentTexts(items=[_view(row) for row in await store.texts(tx)])


async def versions(tx: Tx, text_id: UUID) -> ConsentVersions:
    """Raises NotFound."""
    rows = await store.versions(tx, text_id)
    if not rows:
        raise NotFound("consent.no_text")
    return ConsentVersions(
        items=[
            ConsentVersion(
                version=row.version,
                words=msgspec.json.decode(row.words, type=Wording).words,
                published_at=wire(row.published_at),
                by_name=row.by_name,
            )
            for row in rows
        ]
    )


async def make(tx: Tx, caller: Caller, form: TextIn) -> ConsentText:
    """Asked from now on, in its first version. Raises Refused."""
    wording, at, text_id = _checked(form.words, form.name), now(), new_id()
    await store.hold(tx)
    await _check_room(tx)
    values = {"id": text_id, "name": form.name.strip(), "required": form.required}
    await store.add_text(tx, {**values, "version": 1, "created_at": at})
    await store.add_version(tx, text_id, 1, wording, caller.membership_id, at)
    await _told(tx, caller, "consent_text.create", text_id, 1)
    return await _one(tx, text_id)


async def edit(tx: Tx, caller: Caller, text_id: UUID, form: TextEdit) -> ConsentText:
    """Its name, whether it is required, whether it is asked at all; the same again changes nothing. Raises
    NotFound, Refused."""
    await store.hold(tx)
    row = await _held(tx, text_id)
    wanted: dict[str, Any] = {}
    if form.name is not UNSET:
        _check_plain(form.name)
        wanted["name"] = form.name.strip()
    if form.required is not UNSET:
        wanted["required"] = form.required
    changes = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    if form.archived is not UNSET and form.archived != (row.archived_at is not None):
        if not form.archived:
            await _check_room(tx)
        changes["archived_at"] = now() if form.archived else None
    if changes:
        await store.edit_text(tx, text_id, changes)
        told = between(row, changes, changes)
        await _told(tx, caller, "consent_text.edit", text_id, row.version, told)
    return await _one(tx, text_id)


async def publish(tx: Tx, caller: Caller, text_id: UUID, form: VersionIn) -> ConsentText:
    """A new version: who has consented to one before is asked again. The same words again are no other
    version. Raises NotFound, Refused 409 where one has been published meanwhile."""
    wording = _checked(form.words)
    await store.hold(tx)
    row = await _held(tx, text_id)
    if await store.wording(tx, text_id, row.version) != wording:
        if row.version != form.version:
            raise Refused("consent.changed_meanwhile", 409)
        await store.add_version(tx, text_id, row.version + 1, wording, caller.membership_id, now())
        await store.edit_text(tx, text_id, {"version": row.version + 1})
        await _told(tx, caller, "consent_text.publish", text_id, row.version + 1)
    return await _one(tx, text_id)


async def _told(tx: Tx, caller: Caller, action: str, text_id: UUID, version: int, changes: Any = ()) -> None:
    detail = VersionDetail(version=version)
    await record(tx, caller, action, "consent_text", text_id, detail=detail, changes=changes)
    await emit(tx, ConsentTextsChanged())


async def _held(tx: Tx, text_id: UUID) -> Row[Any]:
    row = await store.text_of(tx, text_id)
    if row is None:
        raise NotFound("consent.no_text")
    return row


async def _one(tx: Tx, text_id: UUID) -> ConsentText:
    return next(one for one in (await texts(tx)).items if one.id == text_id)


async def _check_room(tx: Tx) -> None:
    if await store.count_texts(tx) >= MAX_TEXTS:
        raise Refused("consent.too_many", 409, limit=MAX_TEXTS)


def _checked(words: Any, name: str = "") -> Wording:
    _check_plain(name, *(text for one in words.values() for text in (one.title, one.body)))
    return Wording(
        words={
            language: Words(title=one.title.strip(), body=one.body.strip()) for language, one in words.items()
        }
    )


def _check_plain(*texts: str) -> None:
    if any("\0" in one for one in texts):
        raise Refused("kit.bad_text", 400, field="words")


def _view(row: Row[Any]) -> ConsentText:
    return ConsentText(
        id=row.id,
        name=row.name,
        required=row.required,
        archived=row.archived_at is not None,
        version=row.version,
        words=row.words.words,
        published_at=wire(row.published_at),
    )
