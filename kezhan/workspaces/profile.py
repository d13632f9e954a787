"""The caller herself and her workspace: name, language, password, the workspace's settings."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import UNSET, structs
from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.changes import between
from kezhan.kit.crypto import KeyRing
from kezhan.kit.db import Database, Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.attempts import check_password
from kezhan.workspaces.authenticate import Caller, csrf_of
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import WORKSPACE_EDIT, Facts
from kezhan.workspaces.names import person_sort_key
from kezhan.workspaces.passwords import hash_password
from kezhan.workspaces.permissions import permissions_of
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.schemas import (
    Me,
    MeEdit,
    PasswordChange,
    WorkspaceChoice,
    WorkspaceEdit,
    WorkspaceView,
    logo_address,
)
from kezhan.workspaces.sessions import renew, revoke_all
from kezhan.workspaces.tints import tints

# Files beside the zones: what this machine is set to, and shapes that the database does not know.
_NO_PLACES = ("localtime", "posixrules", "Factory", "posix/", "right/")


async def me(
    db: Database, keyring: KeyRing, *, workspace_id: UUID, membership_id: UUID, session_id: UUID
) -> Me:
    """The signed-in person, with her other workspaces and the CSRF value of this session."""
    async with db.tx(workspace_id) as tx:
        member = await store.member(tx, membership_id)
        space = await view_workspace(tx)
    if member is None:
        raise NotFound()
    async with db.system_tx() as tx:
        choices = await credentials.memberships_of(tx, member.user_id)
        user = await credentials.user(tx, member.user_id)
        state = await credentials.session_state(tx, workspace_id, session_id)
    return Me(
        id=member.id,
        user_id=member.user_id,
        session_id=session_id,
        name=member.name,
        email=member.email,
        role=member.role,
        role_name=member.role_name or "",
        language=space.language if user is None else user.language,
        permissions=[] if state.factor_needed else sorted(permissions_of(member.role, member.rights)),
        team_ids=list(member.team_ids),
        workspace=space,
        workspaces=[
            WorkspaceChoice(row.workspace_id, row.workspace_name)
            for row in choices
            if may_switch(state.method) or row.workspace_id == workspace_id
        ],
        method=state.method,
        factor_due=clock.wire_or_none(state.due),
        factor_needed=state.factor_needed,
        idle_minutes=state.idle_minutes,
        csrf=csrf_of(keyring, session_id),
    )


def may_switch(method: str) -> bool:
    """Whoever a workspace's own provider has vouched for is known in that workspace only."""
    return method != "single_sign_on"


async def edit_me(db: Database, caller: Caller, edit: MeEdit) -> None:
    """Change one's own name in this workspace and language everywhere."""
    if caller.user_id is not None and edit.language is not UNSET and edit.language != caller.language:
        async with db.system_tx() as tx:
            await credentials.set_language(tx, caller.user_id, edit.language)
    if edit.name is not UNSET and edit.name.strip() != caller.name:
        async with db.tx(caller.workspace_id) as tx:
            changes = {"name": edit.name.strip(), "sort_key": person_sort_key(edit.name)}
            await store.edit_member(tx, caller.membership_id, changes)
            facts, told = Facts(fields=["name"]), between({"name": caller.name}, changes, ["name"])
            await emit(tx, caller.did("member.edit", "member", caller.membership_id, facts, told))


async def change_password(db: Database, caller: Caller, form: PasswordChange) -> str:
    """The session's new secret. Raises Refused 403 where the old one is wrong. Her other sessions end, in all
    workspaces."""
    if caller.user_id is None or caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    async with db.system_tx() as tx:
        user = await credentials.user(tx, caller.user_id)
    if user is None:
        raise NotFound()
    checked = await check_password(db, email=user.email, password=form.old, peer=caller.peer)
    if not checked.matches:
        raise Refused("workspaces.wrong_old_password", 403, field="old")
    renewed = await hash_password(form.new)
    async with db.system_tx() as tx:
        await credentials.set_password(tx, caller.user_id, renewed)
    await end_others(db, caller, "member.change_password")
    async with db.tx(caller.workspace_id) as tx:
        return await renew(tx, caller, {"proved_at": clock.now()})


async def end_others(db: Database, caller: Caller, action: str) -> None:
    """What opens her sessions is another now: all but this one end, in all her workspaces, each of which
    keeps that she did `action`."""
    if caller.user_id is None:
        raise Forbidden("workspaces.people_only")
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, caller.user_id)
    for membership in memberships:
        there = structs.replace(
            caller, id=membership.id, membership_id=membership.id, workspace_id=membership.workspace_id
        )
        async with db.tx(membership.workspace_id) as tx:
            await revoke_all(tx, there, membership.id, but=caller.session_id)
            await emit(tx, there.did(action, "member", membership.id))


async def view_workspace(tx: Tx) -> WorkspaceView:
    row = await store.workspace(tx)
    return WorkspaceView(
        id=row.id,
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        demo=row.demo,
        show_supervisors=row.show_supervisors,
        watermark=row.watermark,
        accent=row.accent,
        tints=tints(row.accent) if row.accent else None,
        logo=logo_address(row.id, row.logo_id),
    )


def _meant(field: str, value: Any) -> Any:
    if field == "watermark":
        return sorted({str(role) for role in value})
    if not isinstance(value, str):
        return value
    return value.lower() if field == "accent" else value.strip()


async def edit_workspace(tx: Tx, caller: Caller, edit: WorkspaceEdit) -> WorkspaceView:
    """Raises Refused 400 for a time zone or a role nobody knows."""
    before = await store.workspace(tx)
    for role in () if edit.watermark is UNSET else edit.watermark:
        await role_named(tx, role)
    wanted: dict[str, Any] = {
        field: _meant(field, value) for field, value in structs.asdict(edit).items() if value is not UNSET
    }
    changes = {field: value for field, value in wanted.items() if value != getattr(before, field)}
    if "time_zone" in changes:
        check_time_zone(changes["time_zone"])
    if changes:
        await _change_workspace(tx, caller, before, changes)
    return await view_workspace(tx)


async def change_logo(tx: Tx, caller: Caller, file_id: UUID | None) -> UUID | None:
    """From now on `file_id` is the logo; the one that is not needed any more, if there was another."""
    row = await store.hold_workspace(tx)
    before: UUID | None = row.logo_id
    if before == file_id:
        return None
    await _change_workspace(tx, caller, row, {"logo_id": file_id})
    return before


async def logo_id(tx: Tx) -> UUID | None:
    found: UUID | None = (await store.workspace(tx)).logo_id
    return found


async def _change_workspace(tx: Tx, caller: Caller, before: Row[Any], changes: dict[str, Any]) -> None:
    await store.edit_workspace(tx, changes)
    facts, told = Facts(fields=sorted(changes)), between(before, changes, changes)
    await emit(tx, caller.did(WORKSPACE_EDIT, "workspace", caller.workspace_id, facts, told))


def check_time_zone(name: str) -> None:
    """Raises Refused 400 for a name nobody knows."""
    try:
        if name.startswith(_NO_PLACES):
            raise ZoneInfoNotFoundError(name)
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise Refused("workspaces.bad_time_zone", 400, field="time_zone") from fault
