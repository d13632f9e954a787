"""Signing in and moving between workspaces."""

import asyncio
import time
from uuid import UUID

from kezhan.kit.db import Database
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.attempts import check_password
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.credentials import store as credentials
from kezhan.workspaces.events import Facts, PeopleChanged
from kezhan.workspaces.schemas import SignIn
from kezhan.workspaces.sessions import NewSession, Visit, announce_revoked, open_session

# Longer than a comparison and its log entry take: the time does not tell a known address from another.
_FAILURE_SECONDS = 0.4


async def sign_in(db: Database, form: SignIn, visit: Visit) -> NewSession:
    """Open a session in the workspace used last. Raises Refused 401, or 429 after too many attempts."""
    started = time.monotonic()
    known = await check_password(db, email=form.email, password=form.password, peer=visit.peer)
    if not known.matches or known.user_id is None:
        if known.user_id is not None:
            await _record_refusal(db, known.user_id, visit)
        await asyncio.sleep(max(0.0, started + _FAILURE_SECONDS - time.monotonic()))
        raise Refused("workspaces.wrong_password", 401)
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, known.user_id)
    if not memberships:
        raise Forbidden("workspaces.no_workspace")
    async with db.tx(memberships[0].workspace_id) as tx:
        return await open_session(tx, memberships[0].id, visit)


async def _record_refusal(db: Database, user_id: UUID, visit: Visit) -> None:
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
        facts=Facts(reason="wrong_password"),
    )
    async with db.tx(memberships[0].workspace_id) as tx:
        await emit(tx, event)


async def switch_workspace(db: Database, caller: Caller, workspace_id: UUID, visit: Visit) -> NewSession:
    """Leave this workspace's session for one in another workspace of the same person."""
    if caller.user_id is None or caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    async with db.system_tx() as tx:
        memberships = await credentials.memberships_of(tx, caller.user_id)
    target = next((row for row in memberships if row.workspace_id == workspace_id), None)
    if target is None:
        raise NotFound()
    async with db.tx(workspace_id) as tx:
        opened = await open_session(tx, target.id, visit)
    async with db.tx(caller.workspace_id) as tx:
        ended = await store.revoke_sessions(tx, caller.membership_id, only=caller.session_id)
        await announce_revoked(tx, caller.membership_id, ended)
        await emit(tx, caller.did("session.close", "session", caller.session_id))
    return opened
