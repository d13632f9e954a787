"""Write, change and remove notes. Everybody reads them, their author changes them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.audit.service import record
from kezhan.contacts import service as contacts
from kezhan.contacts.notes import store
from kezhan.contacts.notes.schemas import NoteChange, NoteEdit, NoteIn, NoteVersion, NoteVersions, NoteView
from kezhan.kit.clock import now, wire, wire_or_none
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.masking import restored
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission


async def list_notes(tx: Tx, contact_id: UUID, after: str | None, limit: int) -> Page[NoteView]:
    """The newest first."""
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.notes(tx, contact_id, key, size + 1)
    last = rows[size - 1] if len(rows) > size else None
    following = encode_cursor(last.created_at, last.id) if last is not None else None
    return Page(items=[_view(row) for row in rows[:size]], next=following)


async def add_note(tx: Tx, caller: Caller, contact_id: UUID, note_id: UUID, form: NoteIn) -> NoteView:
    """Under the id its writer has given it, so that the same request again changes nothing. Raises
    NotFound."""
    _check(form.body)
    contact_id = (await contacts.get(tx, contact_id)).id
    known = await store.note(tx, note_id)
    if known is None:
        at, body = now(), form.body.strip()
        values = {"id": note_id, "contact_id": contact_id, "author_id": caller.membership_id, "body": body}
        await store.add_note(tx, {**values, "created_at": at})
        await _record(tx, caller, "contact_note.add", note_id, contact_id, 1)
        known = await store.note(tx, note_id)
    if known is None or known.contact_id != contact_id or known.author_id != caller.membership_id:
        raise NotFound("contacts.no_note")
    return _view(known)


async def change_note(tx: Tx, caller: Caller, note_id: UUID, form: NoteEdit) -> NoteView:
    """One's own; what stands masked in it for its writer stays. The same words again change nothing.
    Raises NotFound, Forbidden, Refused 409 where it has been changed meanwhile."""
    _check(form.body)
    row = await _held(tx, note_id)
    body = restored(form.body.strip(), row.body, caller.cover)
    if row.author_id != caller.membership_id:
        raise Forbidden("contacts.note_not_yours")
    if row.body == body:
        return _view(row)
    if row.version != form.version:
        raise Refused("contacts.note_changed", 409)
    version, at = row.version + 1, now()
    await store.add_version(tx, note_id, row.version, row.body, row.changed_at or row.created_at)
    await store.change_note(tx, note_id, {"body": body, "version": version, "changed_at": at})
    await _record(tx, caller, "contact_note.edit", note_id, row.contact_id, version)
    return _view(await _held(tx, note_id))


async def remove_note(tx: Tx, caller: Caller, note_id: UUID) -> None:
    """One's own, or with the right to it anybody's. Gone already: nothing changes. Raises Forbidden."""
    row = await store.note(tx, note_id)
    if row is None:
        return
    if row.author_id != caller.membership_id:
        caller.require(Permission.CONTACT_NOTE_MANAGE)
    await store.drop_note(tx, note_id)
    await _record(tx, caller, "contact_note.remove", note_id, row.contact_id, row.version)


async def list_versions(tx: Tx, note_id: UUID) -> NoteVersions:
    """How it stands, and how it stood before. Raises NotFound."""
    row = await _held(tx, note_id)
    standing = NoteVersion(version=row.version, body=row.body, at=wire(row.changed_at or row.created_at))
    before = [
        NoteVersion(version=one.version, body=one.body, at=wire(one.at))
        for one in await store.versions(tx, note_id)
    ]
    return NoteVersions([standing, *before])


async def _held(tx: Tx, note_id: UUID) -> Row[Any]:
    row = await store.note(tx, note_id)
    if row is None:
        raise NotFound("contacts.no_note")
    return row


def _check(body: str) -> None:
    if "\0" in body:
        raise Refused("kit.bad_text", 400, field="body")


async def _record(tx: Tx, caller: Caller, action: str, note_id: UUID, contact_id: UUID, version: int) -> None:
    detail = NoteChange(contact_id=contact_id, version=version)
    await record(tx, caller, action, "contact_note", note_id, detail=detail)


def _view(row: Row[Any]) -> NoteView:
    return NoteView(
        id=row.id,
        author_id=row.author_id,
        author_name=row.author_name,
        body=row.body,
        version=row.version,
        created_at=wire(row.created_at),
        changed_at=wire_or_none(row.changed_at),
    )
