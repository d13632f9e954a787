"""Routes: the tags of a workspace, and those on a contact."""

from typing import Any
from uuid import UUID

from litestar import delete, get, post, put

from kezhan.kit.db import Tx
from kezhan.tags import schemas as s
from kezhan.tags import service
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_READ = needs(Permission.CONTACT_READ)
_WRITE = needs(Permission.CONTACT_WRITE)
_MANAGE = needs(Permission.TAG_MANAGE)
_ROOT = "/api/tags"
_ONE = f"{_ROOT}/{{tag_id:uuid}}"
_OF_CONTACT = "/api/contacts/{contact_id:uuid}/tags"


@get(_ROOT, guards=[_READ], operation_id="tags_list")
async def get_tags(tx: Tx, caller: Caller) -> s.TagList:
    return await service.list_tags(tx, caller)


@get("/api/tag-uses", guards=[_MANAGE], operation_id="tags_uses")
async def get_uses(tx: Tx) -> s.TagUses:
    return await service.uses(tx)


@post(_ROOT, guards=[_MANAGE], operation_id="tags_create")
async def post_tag(tx: Tx, caller: Caller, data: s.TagForm) -> s.Tag:
    return await service.create(tx, caller, data)


@put(_ONE, guards=[_MANAGE], operation_id="tags_change")
async def put_tag(tx: Tx, caller: Caller, tag_id: UUID, data: s.TagEdit) -> s.Tag:
    return await service.change(tx, caller, tag_id, data)


@put(f"{_ONE}/archival", guards=[_MANAGE], operation_id="tags_archive")
async def put_archival(tx: Tx, caller: Caller, tag_id: UUID) -> s.Tag:
    return await service.archive(tx, caller, tag_id, archived=True)


@delete(f"{_ONE}/archival", guards=[_MANAGE], operation_id="tags_restore", status_code=200)
async def delete_archival(tx: Tx, caller: Caller, tag_id: UUID) -> s.Tag:
    return await service.archive(tx, caller, tag_id, archived=False)


@put(f"{_ONE}/merger", guards=[_MANAGE], operation_id="tags_merge")
async def put_merger(tx: Tx, caller: Caller, tag_id: UUID, data: s.TagMerger) -> None:
    """Another tag stands in its place from now on."""
    await service.merge(tx, caller, tag_id, data.into)


@get(_OF_CONTACT, guards=[_READ], operation_id="tags_of_contact")
async def get_of_contact(tx: Tx, caller: Caller, contact_id: UUID) -> s.TagsOn:
    return await service.on_contact(tx, contact_id)


@put(f"{_OF_CONTACT}/{{tag_id:uuid}}", guards=[_WRITE], operation_id="tags_put_on_contact")
async def put_on_contact(tx: Tx, caller: Caller, contact_id: UUID, tag_id: UUID) -> s.TagsOn:
    return await service.tag_contact(tx, caller, contact_id, tag_id, wanted=True)


@delete(
    f"{_OF_CONTACT}/{{tag_id:uuid}}",
    guards=[_WRITE],
    operation_id="tags_take_off_contact",
    status_code=200,
)
async def delete_of_contact(tx: Tx, caller: Caller, contact_id: UUID, tag_id: UUID) -> s.TagsOn:
    return await service.tag_contact(tx, caller, contact_id, tag_id, wanted=False)


routes: list[Any] = [
    get_tags,
    get_uses,
    post_tag,
    put_tag,
    put_archival,
    delete_archival,
    put_merger,
    get_of_contact,
    put_on_contact,
    delete_of_contact,
]
