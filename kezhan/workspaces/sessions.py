"""Sessions: opened, listed, ended. Ending one is heard on `session:<id>` so that its sockets close."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import msgspec

from kezhan.kit import clock
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts, PeopleChanged, SessionRevoked
from kezhan.workspaces.schemas import SessionList, SessionView

_FIRST_LIFE = timedelta(days=14)


class Visit(msgspec.Struct, frozen=True):
    """Where a request comes from: checked address, browser, language."""

    peer: str
    user_agent: str
    language: str


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session just opened; `secret` goes into the cookie and is kept nowhere."""

    secret: str
    session_id: UUID
    membership_id: UUID
    workspace_id: UUID


async def open_session(tx: Tx, membership_id: UUID, visit: Visit, action: str = "session.open") -> NewSession:
    secret, session_id = new_token("kzs_"), new_id()
    await store.add_session(
        tx,
        {
            "id": session_id,
            "membership_id": membership_id,
            "token_digest": token_digest(secret),
            "peer": visit.peer,
            "user_agent": visit.user_agent[:300],
            "expires_at": clock.now() + _FIRST_LIFE,
        },
    )
    event = PeopleChanged(
        action=action,
        actor_kind="member",
        actor_id=membership_id,
        subject_kind="session",
        subject_id=session_id,
        peer=visit.peer,
    )
    await emit(tx, event)
    return NewSession(
        secret=secret, session_id=session_id, membership_id=membership_id, workspace_id=tx.workspace
    )


async def list_sessions(tx: Tx, caller: Caller) -> SessionList:
    """The caller's own live sessions in this workspace, the latest used first."""
    return SessionList(
        [
            SessionView(
                id=row.id,
                current=row.id == caller.session_id,
                peer=row.peer,
                user_agent=row.user_agent,
                created_at=clock.wire(row.created_at),
                seen_at=clock.wire(row.seen_at),
                expires_at=clock.wire(row.expires_at),
            )
            for row in await store.sessions(tx, caller.membership_id)
        ]
    )


async def close_session(tx: Tx, caller: Caller, session_id: UUID) -> None:
    """Sign out, here or elsewhere; one's own sessions only. A second time changes nothing."""
    if not await store.session_exists(tx, caller.membership_id, session_id):
        raise NotFound()
    ended = await store.revoke_sessions(tx, caller.membership_id, only=session_id)
    await announce_revoked(tx, caller.membership_id, ended)
    if ended:
        await emit(tx, caller.did("session.close", "session", session_id))


async def close_sessions_of(tx: Tx, caller: Caller, membership_id: UUID) -> None:
    """Sign a member out everywhere in this workspace."""
    member = await store.member(tx, membership_id)
    if member is None:
        raise NotFound()
    caller.require_role(member.role)
    await revoke_all(tx, caller, membership_id)


async def revoke_all(tx: Tx, caller: Caller, membership_id: UUID, *, but: UUID | None = None) -> None:
    ended = await store.revoke_sessions(tx, membership_id, but=but)
    await announce_revoked(tx, membership_id, ended)
    if ended:
        await emit(tx, caller.did("session.close_all", "member", membership_id, Facts(sessions=len(ended))))


async def announce_revoked(tx: Tx, membership_id: UUID, session_ids: Sequence[UUID]) -> None:
    for session_id in session_ids:
        event = SessionRevoked(session_id=session_id, membership_id=membership_id)
        await emit(tx, event, topics=[f"session:{session_id}"])
