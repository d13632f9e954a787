"""Routes of lists of people that are brought in."""

from typing import Any
from uuid import UUID

from litestar import Request, get, post, put
from litestar.datastructures import State

from kezhan.contacts.imports import ask
from kezhan.contacts.imports.schemas import FaultyRows, ImportForm, ImportPlan, Imports, ImportView, Sheet
from kezhan.kit.db import Tx
from kezhan.kit.http import language_of
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_MAY = needs(Permission.CONTACT_IMPORT)
_ROOT = "/api/contact-imports"
_ONE = f"{_ROOT}/{{import_id:uuid}}"


@get(_ROOT, guards=[_MAY], operation_id="imports_list")
async def list_imports(tx: Tx, caller: Caller) -> Imports:
    return await ask.list_imports(tx)


@post(_ROOT, guards=[_MAY], operation_id="imports_begin")
async def post_import(state: State, caller: Caller, data: ImportForm) -> ImportView:
    """An uploaded file becomes a list to bring in; what its columns are is guessed."""
    return await ask.begin(state.db, state.store, state.agreements, caller, data.file_id)


@get(_ONE, guards=[_MAY], operation_id="imports_get")
async def get_import(tx: Tx, caller: Caller, import_id: UUID) -> ImportView:
    return await ask.get(tx, import_id)


@put(f"{_ONE}/trial", guards=[_MAY], operation_id="imports_check")
async def put_trial(state: State, tx: Tx, caller: Caller, import_id: UUID, data: ImportPlan) -> ImportView:
    """Tried by this plan, without effect."""
    return await ask.check(tx, state.agreements, caller, import_id, data)


@put(f"{_ONE}/run", guards=[_MAY], operation_id="imports_run")
async def put_run(tx: Tx, caller: Caller, import_id: UUID) -> ImportView:
    """Done as it was tried."""
    return await ask.run(tx, caller, import_id)


@put(f"{_ONE}/undoing", guards=[_MAY], operation_id="imports_undo")
async def put_undoing(tx: Tx, caller: Caller, import_id: UUID) -> ImportView:
    return await ask.undo(tx, caller, import_id)


@get(f"{_ONE}/faulty", guards=[_MAY], operation_id="imports_faulty")
async def get_faulty(request: Request[Any, Any, Any], tx: Tx, caller: Caller, import_id: UUID) -> FaultyRows:
    return await ask.faulty(tx, import_id, language_of(request.headers, request.cookies))


@get(f"{_ONE}/report", guards=[_MAY], operation_id="imports_report")
async def get_report(request: Request[Any, Any, Any], tx: Tx, caller: Caller, import_id: UUID) -> Sheet:
    """The faulty rows with their reasons, as a list."""
    return await ask.report(tx, import_id, language_of(request.headers, request.cookies))


routes: list[Any] = [
    list_imports,
    post_import,
    get_import,
    put_trial,
    put_run,
    put_undoing,
    get_faulty,
    get_report,
]
