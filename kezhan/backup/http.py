"""Routes for the owners of the installation."""

from typing import Any

from litestar import Request, get, post, put
from litestar.datastructures import State

from kezhan.backup import service, work
from kezhan.backup.live import Backups
from kezhan.backup.schemas import BackupPlan, BackupView, RunForm
from kezhan.kit.http import language_of
from kezhan.workspaces.authenticate import Caller, needs
from kezhan.workspaces.permissions import Permission

_OWNERS = needs(Permission.WORKSPACE_OWN)
_Request = Request[Any, Any, Any]


async def _view(request: _Request, state: State, caller: Caller) -> BackupView:
    language = language_of(request.headers, request.cookies)
    view = await service.view(state.db, state.settings, caller, language)
    if not any(run.state == "running" for run in view.runs):
        return view
    await work.end_abandoned(state.db)
    return await service.view(state.db, state.settings, caller, language)


@get("/api/backup", guards=[_OWNERS], operation_id="backup_get")
async def get_backup(request: _Request, state: State, caller: Caller) -> BackupView:
    return await _view(request, state, caller)


@put("/api/backup/plan", guards=[_OWNERS], operation_id="backup_put_plan")
async def put_plan(request: _Request, state: State, caller: Caller, data: BackupPlan) -> BackupView:
    await service.change_plan(state.db, caller, data)
    return await _view(request, state, caller)


@post("/api/backup/runs", guards=[_OWNERS], operation_id="backup_begin", status_code=202)
async def begin(request: _Request, state: State, caller: Caller, data: RunForm) -> BackupView:
    """Begin a backup or a rehearsal; 409 where one is under way. The view shows it until it has ended."""
    await service.check_owner(state.db, caller)
    backups: Backups = state.backups
    await backups.begin(data.kind)
    await service.record_begun(state.db, caller, data.kind)
    return await _view(request, state, caller)


routes: list[Any] = [get_backup, put_plan, begin]
