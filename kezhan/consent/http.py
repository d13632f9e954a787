"""Routes: the texts customers consent to, and what one of them has consented to."""

from typing import Any
from uuid import UUID

from litestar import get, patch, post, put

from kezhan.consent import people, service
from kezhan.consent import schemas as s
from kezhan.kit.db import Tx
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.PRIVACY_MANAGE)
_READ = needs(Permission.CONTACT_READ)
_WRITE = needs(Permission.CONTACT_WRITE)
_TEXTS = "/api/consent-texts"
_TEXT = f"{_TEXTS}/{{text_id:uuid}}"
_GIVEN = "/api/contacts/{contact_id:uuid}/consents"


@get(_TEXTS, guards=[_READ], operation_id="consent_texts")
async def get_texts(tx: Tx) -> s.ConsentTexts:
    return await service.texts(tx)


@post(_TEXTS, guards=[_MANAGE], operation_id="consent_make")
async def post_text(tx: Tx, caller: Caller, data: s.TextIn) -> s.ConsentText:
    return await service.make(tx, caller, data)


@patch(_TEXT, guards=[_MANAGE], operation_id="consent_edit")
async def patch_text(tx: Tx, caller: Caller, text_id: UUID, data: s.TextEdit) -> s.ConsentText:
    return await service.edit(tx, caller, text_id, data)


@get(f"{_TEXT}/versions", guards=[_READ], operation_id="consent_versions")
async def get_versions(tx: Tx, text_id: UUID) -> s.ConsentVersions:
    return await service.versions(tx, text_id)


@post(f"{_TEXT}/versions", guards=[_MANAGE], operation_id="consent_publish", status_code=200)
async def post_version(tx: Tx, caller: Caller, text_id: UUID, data: s.VersionIn) -> s.ConsentText:
    """A new version; a published one never changes. Customers are asked again."""
    return await service.publish(tx, caller, text_id, data)


@get(_GIVEN, guards=[_READ], operation_id="consent_of_contact")
async def get_given(tx: Tx, contact_id: UUID) -> s.PersonConsents:
    return await people.of_contact(tx, contact_id)


@post(_GIVEN, guards=[_WRITE], operation_id="consent_give", status_code=200)
async def post_given(tx: Tx, caller: Caller, contact_id: UUID, data: s.GiveIn) -> s.PersonConsents:
    """Write down that she has consented, and how."""
    return await people.give(tx, caller, contact_id, data)


@put(f"{_GIVEN}/{{text_id:uuid}}/withdrawal", guards=[_WRITE], operation_id="consent_withdraw")
async def put_withdrawal(
    tx: Tx, caller: Caller, contact_id: UUID, text_id: UUID, data: s.WithdrawIn
) -> s.PersonConsents:
    """Write down that she consents to it no more, and how she has said so."""
    return await people.withdraw(tx, caller, contact_id, text_id, data)


routes: list[Any] = [
    get_texts,
    post_text,
    patch_text,
    get_versions,
    post_version,
    get_given,
    post_given,
    put_withdrawal,
]
