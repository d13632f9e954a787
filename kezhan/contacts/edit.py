"""A profile is changed by hand."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from msgspec import UNSET, structs

from kezhan.contacts import store
from kezhan.contacts.companies.store import company, place
from kezhan.contacts.join import changed
from kezhan.contacts.schemas import MAX_NOTE, ContactDetail, ContactEdit
from kezhan.contacts.service import detail_of, values_of
from kezhan.contacts.values import (
    checked_email,
    checked_language,
    checked_phone,
    email_values,
    name_values,
    one_line,
    phone_values,
)
from kezhan.fields.rights import HIDDEN, edited
from kezhan.fields.schemas import FieldValues, Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of, index
from kezhan.kit.changes import Change, between
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.masking import Cover, restored
from kezhan.kit.sensitive import masked_value
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.service import serving_name


async def edit(
    tx: Tx, caller: Caller, contact_id: UUID, wanted: ContactEdit
) -> tuple[ContactDetail, list[str], list[Change]]:
    """Change the given fields; also tells which, and from what to what. The last write wins. Raises Refused
    (409 for an owner who cannot serve), Forbidden for a field that is not hers to change, NotFound."""
    given = {name: value for name, value in structs.asdict(wanted).items() if value is not UNSET}
    own = given.pop("fields", {})
    if caller.cover is not None and (kept := await store.contact(tx, contact_id)) is not None:
        given = {name: _unmasked(name, value, kept, caller.cover) for name, value in given.items()}
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "owner_id":
            values[name] = value
        elif name == "company_id":
            values |= {name: value, "company_by": "hand"}
        else:
            values |= _EDITS[name]((value or "").strip())
    if values.get("owner_id") is not None:
        await serving_name(tx, values["owner_id"], Permission.CONVERSATION_REPLY)
    if values.get("company_id") is not None and await company(tx, values["company_id"]) is None:
        raise Refused("contacts.no_company", 400, field="company_id")
    if own:
        values |= await _own(tx, caller, contact_id, own)
    before = row = await store.contact(tx, contact_id)
    if values and before is not None:
        row = await store.change_contact(tx, contact_id, values)
    if row is None:
        raise NotFound("contacts.not_found")
    if values.get("email"):
        await place(tx, row.id)
        row = await store.contact(tx, row.id) or row
    told = between(before, row, [*given, "fields"])
    if values:
        await changed(tx, row.id, fields={_field(one.field) for one in told})
    told = await _without_sensitive(tx, told) if own else told
    return await detail_of(tx, row, caller), sorted([*given, *own]), told


async def _own(tx: Tx, caller: Caller, contact_id: UUID, own: dict[str, Any]) -> dict[str, Any]:
    """The column of the workspace's own fields, with what is looked up by them changed as well."""
    row = await store.hold_contact(tx, contact_id)
    if row is None:
        raise NotFound("contacts.not_found")
    fields = await fields_of(tx, Subject.CONTACT, stay=True)
    before = values_of(row)
    after = edited(fields, before, own, caller, Seals(tx))
    await index(tx, Subject.CONTACT, row.id, fields, before, after)
    return {"fields": FieldValues(values=after) if after else None}


def _field(path: str) -> str:
    """Which field a change is of; own ones go by their ids."""
    name, *inner = path.split(".")
    return inner[1] if name == "fields" and len(inner) > 1 else name


async def _without_sensitive(tx: Tx, changes: list[Change]) -> list[Change]:
    """Of sensitive fields that they have changed, not from what to what."""
    hidden = {
        f"fields.values.{field.id}" for field in await fields_of(tx, Subject.CONTACT) if field.sensitive
    }
    return [
        Change(field=one.field, before=one.before and HIDDEN, after=one.after and HIDDEN)
        if one.field in hidden
        else one
        for one in changes
    ]


def _unmasked(name: str, value: Any, kept: Any, cover: Cover) -> Any:
    """What she has written as she could read what was there: where it still stands masked, it stays."""
    before = getattr(kept, name)
    if not isinstance(value, str) or not isinstance(before, str):
        return value
    if name in cover.sorts and value.strip() == masked_value(before, name):
        return before
    return restored(value, before, cover)


def _email(text: str) -> dict[str, Any]:
    return email_values(_checked(text, checked_email, "email"))


def checked_reach(phone: str, email: str) -> tuple[str, str]:
    """Both as they are stored, empty ones empty. Raises Refused 400."""
    return (
        _checked(phone.strip(), checked_phone, "phone") or "",
        _checked(email.strip(), checked_email, "email") or "",
    )


def _phone(text: str) -> dict[str, Any]:
    return phone_values(_checked(text, checked_phone, "phone"))


def _language(text: str) -> dict[str, Any]:
    return {"language": _checked(text, checked_language, "language")}


def _checked(text: str, check: Callable[[str], str | None], field: str) -> str | None:
    found = check(text) if text else None
    if text and found is None:
        # messages: contacts.bad_*
        raise Refused(f"contacts.bad_{field}", 400, field=field)
    return found


_EDITS: dict[str, Callable[[str], dict[str, Any]]] = {
    "name": lambda text: name_values(one_line(text)),
    "email": _email,
    "phone": _phone,
    "language": _language,
    "note": lambda text: {"note": text[:MAX_NOTE]},
    "tier": lambda text: {"tier": one_line(text)},
}
