"""Signing in and moving between workspaces."""

import asyncio
import time
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.kit.db import Database
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.access import store as access
from kezhan.workspaces.attempts import check_password
from kezhan.workspaces.authenticate import Caller, check_address
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts, PeopleChanged
from kezhan.workspaces.factors import steps
from kezhan.workspaces.factors.passkeys import Site
from kezhan.workspaces.factors.schemas import PasskeySignIn, SecondStep, StepForm
from kezhan.workspaces.names import email_key
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.profile import may_switch
from kezhan.workspaces.schemas import SignIn
from kezhan.workspaces.sessions import BY_PASSWORD, How, NewSession, Visit, announce_revoked, open_session
from kezhan.workspaces.single_sign_on import store as single_sign_on

# Longer than a comparison and its log entry take: the time does not tell a known address from another.
_FAILURE_SECONDS = 0.4


async def sign_in(db: Database, form: SignIn, visit: Visit, site: Site) -> NewSession | SecondStep:
    """Open a session in the workspace used last, or say what else she has to show. Raises Refused 401, or 429
    after too many attempts."""
    started = time.monotonic()
    known = await check_password(db, email=form.email, password=form.password, peer=visit.peer)
    if not known.matches or known.user_id is None:
        raise await _refused(db, known.user_id, visit, "wrong_password", started)
    return await enter(db, known.user_id, visit, site)


async def enter(
    db: Database, user_id: UUID, visit: Visit, site: Site, workspace_id: UUID | None = None
) -> NewSession | SecondStep:
    """Whose password was right is in, or shows her second factor first. `workspace_id`: where to, else into
    the one used last."""
    return await steps.begin_second(db, user_id, site, workspace_id) or await _open(
        db, user_id, visit, BY_PASSWORD, workspace_id
    )


async def sign_in_second(db: Database, form: StepForm, visit: Visit, site: Site) -> NewSession:
    """The second factor after the password. Raises Refused 401 for one that is not right or a step that is
    over, 429 after too many attempts."""
    started = time.monotonic()
    found = await steps.take_second(db, form, site, visit.peer)
    if found.factor is None:
        raise await _refused(db, found.user_id, visit, "wrong_code", started)
    how = How("password", found.factor)
    return await _open(db, found.user_id, visit, how, found.goal_id)


async def sign_in_with_passkey(db: Database, form: PasskeySignIn, visit: Visit, site: Site) -> NewSession:
    """A passkey in place of password and second factor. Raises as `sign_in_second`."""
    started = time.monotonic()
    user_id = await steps.take_passkey(db, form, site, visit.peer)
    if user_id is None:
        raise await _refused(db, None, visit, "wrong_passkey", started)
    return await _open(db, user_id, visit, How("passkey", "passkey"), None)


async def _open(db: Database, user_id: UUID, visit: Visit, how: How, workspace_id: UUID | None) -> NewSession:
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, user_id)
    if not memberships:
        raise Forbidden("workspaces.no_workspace")
    # Where the one wanted, or used last, does not let her in this way, another of hers may.
    ranked = sorted(memberships, key=lambda row: row.workspace_id != workspace_id)
    refused = Refused("workspaces.no_workspace", 403)
    for target in ranked:
        try:
            await _check_way(db, target, visit.peer)
        except Refused as fault:
            refused = fault if target is ranked[0] else refused
            continue
        async with db.tx(target.workspace_id) as tx:
            return await open_session(tx, target.id, visit, how)
    raise refused


async def _check_way(db: Database, membership: Row[Any], peer: str) -> None:
    """Raises Forbidden where this workspace lets her in from elsewhere only, or by its own provider. Owners
    keep their password: a provider that is away must not shut everybody out."""
    async with db.system_tx() as tx:
        networks = await access.networks_of(tx, membership.workspace_id)
        domain = email_key(membership.email).rpartition("@")[2]
        elsewhere = await single_sign_on.is_required(tx, membership.workspace_id, domain)
    check_address(peer, tuple(networks))
    if elsewhere and membership.role != Role.OWNER:
        raise Forbidden("workspaces.single_sign_on_needed", name=membership.workspace_name)


async def _refused(db: Database, user_id: UUID | None, visit: Visit, reason: str, started: float) -> Refused:
    """What to raise, once it is kept and as long has passed as it always takes."""
    if user_id is not None:
        await _record_refusal(db, user_id, visit, reason)
    await asyncio.sleep(max(0.0, started + _FAILURE_SECONDS - time.monotonic()))
    # messages: workspaces.wrong_*
    return Refused(f"workspaces.{reason}", 401)


async def _record_refusal(db: Database, user_id: UUID, visit: Visit, reason: str) -> None:
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, user_id)
    if not memberships:
        return
    event = PeopleChanged(
        action="session.refuse",
        actor_kind="anonymous",
        actor_id=None,
        subject_kind="member",
        subject_id=memberships[0].id,
        peer=visit.peer,
        facts=Facts(reason=reason),
    )
    async with db.tx(memberships[0].workspace_id) as tx:
        await emit(tx, event)


async def switch_workspace(db: Database, caller: Caller, workspace_id: UUID, visit: Visit) -> NewSession:
    """Leave this workspace's session for one in another workspace of the same person. Raises Forbidden where
    only this one knows that it is she."""
    if caller.user_id is None or caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    if not may_switch(caller.method):
        raise Forbidden("workspaces.known_here_only")
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, caller.user_id)
        state = await credentials.session_state(tx, caller.workspace_id, caller.session_id)
    target = next((row for row in memberships if row.workspace_id == workspace_id), None)
    if target is None:
        raise NotFound()
    await _check_way(db, target, visit.peer)
    async with db.tx(workspace_id) as tx:
        opened = await open_session(tx, target.id, visit, How(state.method, state.factor, now=False))
    async with db.tx(caller.workspace_id) as tx:
        ended = await store.revoke_sessions(tx, caller.membership_id, only=caller.session_id)
        await announce_revoked(tx, caller.membership_id, ended)
        await emit(tx, caller.did("session.close", "session", caller.session_id))
    return opened
