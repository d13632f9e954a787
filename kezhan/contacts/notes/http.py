"""Routes of notes about a person."""

from typing import Annotated, Any
from uuid import UUID

from litestar import delete, get, put
from litestar.params import Parameter

from kezhan.contacts.notes import keep
from kezhan.contacts.notes.schemas import NoteEdit, NoteIn, NoteVersions, NoteView
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONTACT_READ)
_WRITE = needs(Permission.CONTACT_WRITE)
_NOTES = "/api/contacts/{contact_id:uuid}/notes"
_NOTE = "/api/contact-notes/{note_id:uuid}"
Limit = Annotated[int, Parameter(ge=1, le=100)]


@get(_NOTES, guards=[_READ], operation_id="contacts_list_notes")
async def get_notes(
    tx: Tx, caller: Caller, contact_id: UUID, after: str | None = None, limit: Limit = 30
) -> Page[NoteView]:
    return await keep.list_notes(tx, contact_id, after, limit)


@put(_NOTES + "/{note_id:uuid}", guards=[_WRITE], operation_id="contacts_add_note")
async def put_note(tx: Tx, caller: Caller, contact_id: UUID, note_id: UUID, data: NoteIn) -> NoteView:
    """A new note, under an id its writer has made."""
    return await keep.add_note(tx, caller, contact_id, note_id, data)


@put(_NOTE, guards=[_WRITE], operation_id="contacts_change_note")
async def change_note(tx: Tx, caller: Caller, note_id: UUID, data: NoteEdit) -> NoteView:
    return await keep.change_note(tx, caller, note_id, data)


@delete(_NOTE, guards=[_WRITE], operation_id="contacts_remove_note")
async def delete_note(tx: Tx, caller: Caller, note_id: UUID) -> None:
    await keep.remove_note(tx, caller, note_id)


@get(_NOTE + "/versions", guards=[_READ], operation_id="contacts_list_note_versions")
async def get_versions(tx: Tx, caller: Caller, note_id: UUID) -> NoteVersions:
    return await keep.list_versions(tx, note_id)


routes: list[Any] = [get_notes, put_note, change_note, delete_note, get_versions]
