"""One value of a customer, plain, to somebody who has said why she needs it."""

from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from kezhan.audit.service import record
from kezhan.contacts import store
from kezhan.contacts.service import values_of
from kezhan.fields.rights import readable
from kezhan.fields.schemas import Subject
from kezhan.fields.seals import Seals
from kezhan.fields.service import fields_of
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.masking.reveal import count_reveal
from kezhan.workspaces.masking.schemas import Reason, RevealDetail, Revealed


class Part(StrEnum):
    """What of her. An identity, an attribute and a field of the workspace's own are named by `key`."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    NOTE = "note"
    IDENTITY = "identity"
    ATTRIBUTE = "attribute"
    FIELD = "field"


class ContactReveal(Struct, frozen=True, kw_only=True):
    part: Part
    key: Annotated[str, Meta(max_length=64)] = ""
    reason: Reason


async def reveal(tx: Tx, caller: Caller, contact_id: UUID, form: ContactReveal) -> Revealed:
    """Raises NotFound for nobody, and for a value that there is not, or that is not hers to read at all;
    Refused 429."""
    count_reveal(caller)
    row = await store.contact(tx, contact_id)
    if row is None:
        raise NotFound("contacts.not_found")
    value = await _value(tx, caller, row, form)
    if value is None:
        raise NotFound("contacts.nothing_there")
    what = f"{form.part}:{form.key}" if form.key else str(form.part)
    detail = RevealDetail(what=what, reason=form.reason.strip())
    await record(tx, caller, "contact.reveal", "contact", contact_id, detail=detail)
    return Revealed(value=value)


async def _value(tx: Tx, caller: Caller, row: Any, form: ContactReveal) -> Any:
    if form.part is Part.IDENTITY:
        found = await store.identities_of(tx, row.id)
        return next((one.external_id for one in found if str(one.id) == form.key), None)
    if form.part is Part.ATTRIBUTE:
        return row.attributes.values.get(form.key) if row.attributes else None
    if form.part is Part.FIELD:
        fields = readable(await fields_of(tx, Subject.CONTACT), caller)
        known = any(field.id == form.key for field in fields)
        return Seals(tx).opened(form.key, values_of(row).get(form.key)) if known else None
    return getattr(row, form.part) or None
