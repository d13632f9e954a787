"""Routes of the room. Public ones open their own transactions; the rest run in the caller's workspace."""

from typing import Annotated
from uuid import UUID

from litestar import Response, delete, get, patch, post, put
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from kezhan.kit.db import Tx
from kezhan.kit.http import public
from kezhan.kit.paging import Page
from kezhan.workspaces import invitations, joining, members, profile, sessions, sign_in, teams, tokens
from kezhan.workspaces import schemas as s
from kezhan.workspaces.access.http import routes as access_routes
from kezhan.workspaces.authenticate import Caller, needs, own_pages, signed_in
from kezhan.workspaces.factors.http import routes as factors_routes
from kezhan.workspaces.factors.schemas import SecondStep
from kezhan.workspaces.permissions import Permission
from kezhan.workspaces.provisioning.http import routes as provisioning_routes
from kezhan.workspaces.schemas import COLOUR
from kezhan.workspaces.single_sign_on.http import routes as single_sign_on_routes
from kezhan.workspaces.tints import tints
from kezhan.workspaces.welcome import Asked, cookie, site, visit_of, welcome, welcome_or_ask

_Entered = Response[s.Me | SecondStep]


async def _me(state: State, caller: Caller) -> s.Me:
    return await profile.me(
        state.db,
        state.keyring,
        workspace_id=caller.workspace_id,
        membership_id=caller.membership_id,
        session_id=_session_id(caller),
    )


def _session_id(caller: Caller) -> UUID:
    if caller.session_id is None:
        raise RuntimeError("the guard of this route admits sessions only")
    return caller.session_id


# Coming in and going out


@post("/api/setup", guards=[own_pages("one-time owner link")], operation_id="workspaces_set_up")
async def set_up(request: Asked, state: State, data: s.SetUp) -> _Entered:
    entered = await joining.set_up(state.db, data, visit_of(request), site(request))
    return await welcome_or_ask(state, entered)


@post("/api/session", guards=[own_pages("signing in")], operation_id="workspaces_sign_in")
async def open_session(request: Asked, state: State, data: s.SignIn) -> _Entered:
    entered = await sign_in.sign_in(state.db, data, visit_of(request), site(request))
    return await welcome_or_ask(state, entered)


@delete("/api/session", guards=[signed_in(held=True)], operation_id="workspaces_sign_out", status_code=204)
async def close_session(state: State, tx: Tx, caller: Caller) -> Response[None]:
    await sessions.close_session(tx, caller, _session_id(caller))
    return Response(None, status_code=204, cookies=[cookie(state, "")])


@post("/api/session/workspace", guards=[signed_in(held=True)], operation_id="workspaces_switch_workspace")
async def switch_workspace(
    request: Asked, state: State, caller: Caller, data: s.SwitchWorkspace
) -> Response[s.Me]:
    opened = await sign_in.switch_workspace(state.db, caller, data.workspace_id, visit_of(request))
    return await welcome(state, opened)


@get("/api/sessions", guards=[signed_in()], operation_id="workspaces_list_sessions")
async def list_sessions(tx: Tx, caller: Caller) -> s.SessionList:
    return await sessions.list_sessions(tx, caller)


@delete("/api/sessions/{session_id:uuid}", guards=[signed_in()], operation_id="workspaces_close_session")
async def close_own_session(tx: Tx, caller: Caller, session_id: UUID) -> None:
    await sessions.close_session(tx, caller, session_id)


# The person and the workspace


@get("/api/me", guards=[signed_in(held=True)], operation_id="workspaces_get_me")
async def get_me(state: State, caller: Caller) -> s.Me:
    return await _me(state, caller)


@patch("/api/me", guards=[signed_in(held=True)], operation_id="workspaces_edit_me")
async def edit_me(state: State, caller: Caller, data: s.MeEdit) -> s.Me:
    await profile.edit_me(state.db, caller, data)
    return await _me(state, caller)


@put("/api/me/password", guards=[signed_in()], operation_id="workspaces_change_password", status_code=204)
async def change_password(state: State, caller: Caller, data: s.PasswordChange) -> Response[None]:
    secret = await profile.change_password(state.db, caller, data)
    return Response(None, status_code=204, cookies=[cookie(state, secret)])


@get("/api/workspace", guards=[signed_in()], operation_id="workspaces_get_workspace")
async def get_workspace(tx: Tx) -> s.WorkspaceView:
    return await profile.view_workspace(tx)


@patch(
    "/api/workspace", guards=[needs(Permission.WORKSPACE_MANAGE)], operation_id="workspaces_edit_workspace"
)
async def edit_workspace(tx: Tx, caller: Caller, data: s.WorkspaceEdit) -> s.WorkspaceView:
    return await profile.edit_workspace(tx, caller, data)


@get("/api/workspace/tints", guards=[signed_in()], operation_id="workspaces_preview_tints")
async def preview_tints(
    caller: Caller, accent: Annotated[str, Parameter(pattern=COLOUR, max_length=7)]
) -> s.Tints:
    """How a colour would be shown."""
    return tints(accent.lower())


# Members


@get("/api/members", guards=[needs(Permission.MEMBER_READ)], operation_id="workspaces_list_members")
async def list_members(
    tx: Tx, after: str | None = None, limit: int = 50, archived: bool = False
) -> Page[s.MemberView]:
    return await members.list_members(tx, after=after, limit=limit, archived=archived)


@get(
    "/api/members/{member_id:uuid}",
    guards=[needs(Permission.MEMBER_READ)],
    operation_id="workspaces_get_member",
)
async def get_member(tx: Tx, member_id: UUID) -> s.MemberView:
    return await members.get_member(tx, member_id)


@patch(
    "/api/members/{member_id:uuid}",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_edit_member",
)
async def edit_member(tx: Tx, caller: Caller, member_id: UUID, data: s.MemberEdit) -> s.MemberView:
    return await members.edit_member(tx, caller, member_id, data)


@delete(
    "/api/members/{member_id:uuid}",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_archive_member",
)
async def archive_member(tx: Tx, caller: Caller, member_id: UUID) -> None:
    await members.archive_member(tx, caller, member_id)


@delete(
    "/api/members/{member_id:uuid}/sessions",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_close_member_sessions",
)
async def close_member_sessions(tx: Tx, caller: Caller, member_id: UUID) -> None:
    await sessions.close_sessions_of(tx, caller, member_id)


# Invitations


@post(
    "/api/workspace/invitations",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_invite",
)
async def invite(tx: Tx, state: State, caller: Caller, data: s.Invite) -> s.InvitationMade:
    return await invitations.invite(tx, caller, data, state.settings)


@get(
    "/api/workspace/invitations",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_list_invitations",
)
async def list_invitations(tx: Tx, after: str | None = None, limit: int = 50) -> Page[s.InvitationView]:
    return await invitations.list_invitations(tx, after=after, limit=limit)


@delete(
    "/api/workspace/invitations/{invitation_id:uuid}",
    guards=[needs(Permission.MEMBER_MANAGE)],
    operation_id="workspaces_revoke_invitation",
)
async def revoke_invitation(tx: Tx, caller: Caller, invitation_id: UUID) -> None:
    await invitations.revoke_invitation(tx, caller, invitation_id)


@get(
    "/api/invitations/{token:str}",
    guards=[public("the link's token is the credential")],
    operation_id="workspaces_show_offer",
)
async def show_offer(state: State, token: str) -> s.InvitationOffer:
    return await joining.show_offer(state.db, token)


@post(
    "/api/invitations/{token:str}/acceptance",
    guards=[own_pages("the link's token is the credential")],
    operation_id="workspaces_accept_invitation",
)
async def accept_invitation(request: Asked, state: State, token: str, data: s.Accept) -> _Entered:
    entered = await joining.accept_invitation(state.db, token, data, visit_of(request), site(request))
    return await welcome_or_ask(state, entered)


# Teams


@get("/api/teams", guards=[needs(Permission.MEMBER_READ)], operation_id="workspaces_list_teams")
async def list_teams(tx: Tx) -> s.TeamList:
    return await teams.list_teams(tx)


@post("/api/teams", guards=[needs(Permission.TEAM_MANAGE)], operation_id="workspaces_create_team")
async def create_team(tx: Tx, caller: Caller, data: s.TeamName) -> s.TeamView:
    return await teams.create_team(tx, caller, data)


@patch(
    "/api/teams/{team_id:uuid}",
    guards=[needs(Permission.TEAM_MANAGE)],
    operation_id="workspaces_rename_team",
)
async def rename_team(tx: Tx, caller: Caller, team_id: UUID, data: s.TeamName) -> s.TeamView:
    return await teams.rename_team(tx, caller, team_id, data)


@delete(
    "/api/teams/{team_id:uuid}",
    guards=[needs(Permission.TEAM_MANAGE)],
    operation_id="workspaces_archive_team",
)
async def archive_team(tx: Tx, caller: Caller, team_id: UUID) -> None:
    await teams.archive_team(tx, caller, team_id)


@put(
    "/api/teams/{team_id:uuid}/members",
    guards=[needs(Permission.TEAM_MANAGE)],
    operation_id="workspaces_set_team_members",
)
async def set_team_members(tx: Tx, caller: Caller, team_id: UUID, data: s.TeamMembers) -> s.TeamView:
    return await teams.set_team_members(tx, caller, team_id, data)


# API tokens


@get("/api/tokens", guards=[needs(Permission.TOKEN_MANAGE)], operation_id="workspaces_list_tokens")
async def list_tokens(tx: Tx, after: str | None = None, limit: int = 50) -> Page[s.TokenView]:
    return await tokens.list_tokens(tx, after=after, limit=limit)


@post("/api/tokens", guards=[needs(Permission.TOKEN_MANAGE)], operation_id="workspaces_make_token")
async def make_token(tx: Tx, caller: Caller, data: s.TokenMake) -> s.TokenMade:
    return await tokens.make_token(tx, caller, data)


@patch(
    "/api/tokens/{token_id:uuid}",
    guards=[needs(Permission.TOKEN_MANAGE)],
    operation_id="workspaces_edit_token",
)
async def edit_token(tx: Tx, caller: Caller, token_id: UUID, data: s.TokenEdit) -> s.TokenView:
    return await tokens.edit_token(tx, caller, token_id, data)


@delete(
    "/api/tokens/{token_id:uuid}",
    guards=[needs(Permission.TOKEN_MANAGE)],
    operation_id="workspaces_revoke_token",
)
async def revoke_token(tx: Tx, caller: Caller, token_id: UUID) -> None:
    await tokens.revoke_token(tx, caller, token_id)


routes: list[HTTPRouteHandler] = [
    set_up,
    open_session,
    close_session,
    switch_workspace,
    list_sessions,
    close_own_session,
    get_me,
    edit_me,
    change_password,
    get_workspace,
    edit_workspace,
    preview_tints,
    list_members,
    get_member,
    edit_member,
    archive_member,
    close_member_sessions,
    invite,
    list_invitations,
    revoke_invitation,
    show_offer,
    accept_invitation,
    list_teams,
    create_team,
    rename_team,
    archive_team,
    set_team_members,
    list_tokens,
    make_token,
    edit_token,
    revoke_token,
    *access_routes,
    *factors_routes,
    *single_sign_on_routes,
    *provisioning_routes,
]
