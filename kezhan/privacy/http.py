"""Routes: what people ask about their data, what is held, how long things are kept."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, post, put
from litestar.datastructures import State

from kezhan.files import address
from kezhan.files.exports import ask as exports
from kezhan.files.schemas import FileLinked
from kezhan.files.service import holder_of
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.kit.paging import Page
from kezhan.privacy import requests
from kezhan.privacy import schemas as s
from kezhan.privacy import settings as keeping
from kezhan.privacy.export import ask
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MANAGE = needs(Permission.PRIVACY_MANAGE)
_CONTACT = "/api/contacts/{contact_id:uuid}"
_ROOT = "/api/privacy/requests"
_ONE = f"{_ROOT}/{{request_id:uuid}}"
_OWN = needs(Permission.WORKSPACE_OWN)
_EXPORTS = "/api/workspace/exports"
_EXPORT = f"{_EXPORTS}/{{export_id:uuid}}"


@get(f"{_CONTACT}/privacy", guards=[_MANAGE], operation_id="privacy_contact")
async def get_contact(tx: Tx, contact_id: UUID) -> s.ContactPrivacy:
    return await requests.of_contact(tx, contact_id)


@put(f"{_CONTACT}/legal-hold", guards=[_MANAGE], operation_id="privacy_hold")
async def put_hold(tx: Tx, caller: Caller, contact_id: UUID, data: s.HoldForm) -> s.ContactPrivacy:
    """Nothing of this customer is erased until the hold is lifted."""
    return await requests.hold(tx, caller, contact_id, data)


@delete(f"{_CONTACT}/legal-hold", guards=[_MANAGE], operation_id="privacy_lift_hold", status_code=200)
async def delete_hold(tx: Tx, caller: Caller, contact_id: UUID) -> s.ContactPrivacy:
    return await requests.lift(tx, caller, contact_id)


@post(f"{_CONTACT}/privacy-requests", guards=[_MANAGE], operation_id="privacy_ask", status_code=200)
async def post_request(tx: Tx, caller: Caller, contact_id: UUID, data: s.RequestForm) -> s.PrivacyRequest:
    """What is asked already and not answered yet is the same one."""
    return await requests.ask(tx, caller, contact_id, data)


@get(_ROOT, guards=[_MANAGE], operation_id="privacy_requests")
async def get_requests(
    tx: Tx, open_only: bool = False, after: str = "", limit: int = 50
) -> Page[s.PrivacyRequest]:
    return await requests.page(tx, open_only=open_only, after=after, limit=limit)


@put(f"{_ONE}/work", guards=[_MANAGE], operation_id="privacy_carry_out")
async def put_work(tx: Tx, caller: Caller, request_id: UUID, data: s.CarryOut) -> s.PrivacyRequest:
    """Have the copy made, or the customer erased; the answer comes before it is done."""
    return await requests.carry_out(tx, caller, request_id, data.number)


@put(f"{_ONE}/refusal", guards=[_MANAGE], operation_id="privacy_refuse")
async def put_refusal(tx: Tx, caller: Caller, request_id: UUID, data: s.Answer) -> s.PrivacyRequest:
    return await requests.close(tx, caller, request_id, data, refused=True)


@put(f"{_ONE}/answer", guards=[_MANAGE], operation_id="privacy_done")
async def put_answer(tx: Tx, caller: Caller, request_id: UUID, data: s.Answer) -> s.PrivacyRequest:
    """Done by people."""
    return await requests.close(tx, caller, request_id, data, refused=False)


@get(f"{_ONE}/file", guards=[_MANAGE], operation_id="privacy_archive")
async def get_archive(state: State, tx: Tx, caller: Caller, request_id: UUID) -> FileLinked:
    """A fresh ten-minute address of the copy."""
    file = await requests.archive_of(tx, caller, request_id)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


@get("/api/privacy/settings", guards=[_MANAGE], operation_id="privacy_settings")
async def get_settings(tx: Tx) -> s.PrivacySettings:
    return await keeping.settings(tx)


@put("/api/privacy/settings", guards=[_MANAGE], operation_id="privacy_save_settings")
async def put_settings(tx: Tx, caller: Caller, data: s.PrivacySettings) -> s.PrivacySettings:
    return await keeping.save(tx, caller, data)


@get("/api/privacy/recipients", guards=[_MANAGE], operation_id="privacy_recipients")
async def get_recipients(tx: Tx) -> s.Recipients:
    """Every outside party that gets something of customers, as things are set now."""
    return await requests.recipients(tx)


@post("/api/privacy/trials", guards=[_MANAGE], operation_id="privacy_try_keeping", status_code=200)
async def post_trial(tx: Tx, data: s.Keeping) -> s.DueNow:
    """What would go tonight, each counted up to 10,000."""
    return await keeping.due_now(tx, data)


@get(_EXPORTS, guards=[_OWN], operation_id="privacy_list_exports")
async def get_exports(tx: Tx, caller: Caller) -> s.WorkspaceExports:
    return await ask.list_exports(tx, caller)


@post(_EXPORTS, guards=[_OWN], operation_id="privacy_export")
async def post_export(request: Request[Any, Any, Any], tx: Tx, caller: Caller) -> s.WorkspaceExport:
    """Have an archive made of the whole workspace, in open formats; one at a time."""
    return await ask.ask(tx, caller, language_of(request.headers, request.cookies))


@put(f"{_EXPORT}/cancellation", guards=[_OWN], operation_id="privacy_cancel_export")
async def put_cancellation(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.cancel(tx, ask.OURS, caller, export_id)


@delete(_EXPORT, guards=[_OWN], operation_id="privacy_remove_export")
async def delete_export(tx: Tx, caller: Caller, export_id: UUID) -> None:
    await exports.remove(tx, ask.OURS, caller, export_id)


@get(f"{_EXPORT}/file", guards=[_OWN], operation_id="privacy_export_file")
async def get_export_file(state: State, tx: Tx, caller: Caller, export_id: UUID) -> FileLinked:
    """A fresh ten-minute address of the archive."""
    file = await ask.file_of(tx, caller, export_id)
    return address.link(state.keyring, caller.workspace_id, file, holder_of(caller), now())


routes: list[Any] = [
    get_contact,
    put_hold,
    delete_hold,
    post_request,
    get_requests,
    put_work,
    put_refusal,
    put_answer,
    get_archive,
    get_settings,
    put_settings,
    post_trial,
    get_recipients,
    get_exports,
    post_export,
    put_cancellation,
    delete_export,
    get_export_file,
]
