"""Routes of the contact list and profile."""

from uuid import UUID

from litestar import get, patch, post

from kezhan.audit.keys import Of
from kezhan.audit.lookups import Lookups
from kezhan.audit.service import record
from kezhan.contacts import edit, service
from kezhan.contacts.companies.http import routes as company_routes
from kezhan.contacts.imports.http import routes as import_routes
from kezhan.contacts.merges.http import routes as merge_routes
from kezhan.contacts.notes.http import routes as note_routes
from kezhan.contacts.reveal import ContactReveal, reveal
from kezhan.contacts.schemas import ContactDetail, ContactEdit, ContactOut, EditedFields, Tiers
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.masking.schemas import Revealed
from kezhan.workspaces.permissions import Permission

_ONE = "/api/contacts/{contact_id:uuid}"


@get("/api/contacts", guards=[needs(Permission.CONTACT_READ)], operation_id="contacts_list")
async def list_contacts(
    tx: Tx, caller: Caller, lookups: Lookups, q: str = "", after: str = "", limit: int = 50
) -> Page[ContactOut]:
    """Contacts in pinyin order; `q` is the beginning of a name, its pinyin, an e-mail address or a number, or
    all that a field of the workspace's own says."""
    lookups.for_contacts(caller)
    return await service.page(tx, caller, q[:200], after, limit)


@get(_ONE, guards=[needs(Permission.CONTACT_READ)], operation_id="contacts_get")
async def get_contact(tx: Tx, caller: Caller, contact_id: UUID) -> ContactDetail:
    return await service.get(tx, contact_id, caller)


@patch(_ONE, guards=[needs(Permission.CONTACT_WRITE)], operation_id="contacts_edit")
async def edit_contact(tx: Tx, caller: Caller, contact_id: UUID, data: ContactEdit) -> ContactDetail:
    """Change the given fields. The last write wins."""
    contact, fields, told = await edit.edit(tx, caller, contact_id, data)
    if fields:
        detail, of = EditedFields(fields), Of("contact", contact.id)
        await record(tx, caller, "contact.edit", "contact", contact_id, detail=detail, changes=told, of=of)
    return contact


@post(
    f"{_ONE}/reveal",
    guards=[needs(Permission.SENSITIVE_REVEAL)],
    operation_id="contacts_reveal",
    status_code=200,
)
async def reveal_value(tx: Tx, caller: Caller, contact_id: UUID, data: ContactReveal) -> Revealed:
    """One value that is masked elsewhere, with a reason, which the audit log keeps."""
    caller.require(Permission.CONTACT_READ)
    return await reveal(tx, caller, contact_id, data)


@get("/api/contact-tiers", guards=[needs(Permission.CONTACT_READ)], operation_id="contacts_tiers")
async def get_tiers(tx: Tx, caller: Caller) -> Tiers:
    """The tiers in use."""
    return await service.tiers(tx)


routes = [
    list_contacts,
    get_contact,
    edit_contact,
    get_tiers,
    reveal_value,
    *company_routes,
    *import_routes,
    *merge_routes,
    *note_routes,
]
