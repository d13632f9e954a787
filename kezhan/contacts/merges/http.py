"""Routes: two customers become one, and two again; those who may be one."""

from typing import Any
from uuid import UUID

from litestar import delete, get, put

from kezhan.contacts.merges import alike, merge, part
from kezhan.contacts.merges.schemas import Alike, MergeForm, MergePreview
from kezhan.contacts.schemas import ContactDetail
from kezhan.kit.db import Tx
from kezhan.kit.paging import Page
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MERGE = needs(Permission.CONTACT_MERGE)
_ONE = "/api/contacts/{contact_id:uuid}"
_APART = f"{_ONE}/strangers/{{other_id:uuid}}"


@get(f"{_ONE}/merge-preview", guards=[_MERGE], operation_id="contacts_preview_merge")
async def get_preview(tx: Tx, caller: Caller, contact_id: UUID, other_id: UUID) -> MergePreview:
    return await merge.preview(tx, caller, contact_id, other_id)


@put(f"{_ONE}/merger", guards=[_MERGE], operation_id="contacts_merge")
async def put_merger(tx: Tx, caller: Caller, contact_id: UUID, data: MergeForm) -> ContactDetail:
    """This customer becomes one with another, who stays and is answered."""
    return await merge.merge(tx, caller, contact_id, data)


@delete("/api/contact-merges/{merge_id:uuid}", guards=[_MERGE], operation_id="contacts_part", status_code=200)
async def delete_merge(tx: Tx, caller: Caller, merge_id: UUID) -> ContactDetail:
    """Two again; the one who had gone is answered."""
    return await part.part(tx, caller, merge_id)


@get("/api/contact-duplicates", guards=[_MERGE], operation_id="contacts_list_alike")
async def get_alike(tx: Tx, caller: Caller, after: str = "", limit: int = 50) -> Page[Alike]:
    """Customers who may be one."""
    return await alike.list_alike(tx, after, limit)


@put(_APART, guards=[_MERGE], operation_id="contacts_tell_apart")
async def put_apart(tx: Tx, caller: Caller, contact_id: UUID, other_id: UUID) -> None:
    """The two are not one."""
    await alike.tell_apart(tx, caller, contact_id, other_id, apart=True)


@delete(_APART, guards=[_MERGE], operation_id="contacts_untell_apart")
async def delete_apart(tx: Tx, caller: Caller, contact_id: UUID, other_id: UUID) -> None:
    await alike.tell_apart(tx, caller, contact_id, other_id, apart=False)


routes: list[Any] = [
    get_preview,
    put_merger,
    delete_merge,
    get_alike,
    put_apart,
    delete_apart,
]
