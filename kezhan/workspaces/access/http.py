"""Routes: the workspace's rules of access, a member's devices, one's own activity."""

from uuid import UUID

from litestar import delete, get, patch, post
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler

from kezhan.kit.db import Tx
from kezhan.workspaces import sessions
from kezhan.workspaces.access import rules
from kezhan.workspaces.access import schemas as s
from kezhan.workspaces.authenticate import Caller, needs, signed_in
from kezhan.workspaces.permissions import Permission

_MANAGES = needs(Permission.WORKSPACE_MANAGE)
_PEOPLE = needs(Permission.MEMBER_MANAGE)


@get("/api/workspace/access", guards=[_MANAGES], operation_id="workspaces_get_access")
async def get_access(tx: Tx, caller: Caller) -> s.AccessView:
    return await rules.view(tx, caller)


@patch("/api/workspace/access", guards=[_MANAGES], operation_id="workspaces_edit_access")
async def edit_access(tx: Tx, caller: Caller, data: s.AccessEdit) -> s.AccessView:
    return await rules.edit(tx, caller, data)


@get("/api/members/{member_id:uuid}/access", guards=[_PEOPLE], operation_id="workspaces_get_member_access")
async def get_member_access(state: State, caller: Caller, member_id: UUID) -> s.MemberAccess:
    return await rules.of_member(state.db, caller, member_id)


@delete(
    "/api/members/{member_id:uuid}/sessions/{session_id:uuid}",
    guards=[_PEOPLE],
    operation_id="workspaces_close_member_session",
)
async def close_member_session(tx: Tx, caller: Caller, member_id: UUID, session_id: UUID) -> None:
    await rules.close_of_member(tx, caller, member_id, session_id)


@delete("/api/sessions/others", guards=[signed_in()], operation_id="workspaces_close_other_sessions")
async def close_other_sessions(tx: Tx, caller: Caller) -> None:
    await sessions.close_others(tx, caller)


@post("/api/session/activity", guards=[signed_in()], operation_id="workspaces_stay", status_code=204)
async def stay(caller: Caller) -> None:
    """She is at her desk: any request that writes says so, and this one where none does."""


routes: list[HTTPRouteHandler] = [
    get_access,
    edit_access,
    get_member_access,
    close_member_session,
    close_other_sessions,
    stay,
]
