"""Sessions: opened, listed, ended. Ending one is heard on `session:<id>` so that its sockets close."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from kezhan.kit import clock
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts, PeopleChanged, SessionRenewed, SessionRevoked
from kezhan.workspaces.schemas import SessionList, SessionView

_FIRST_LIFE = timedelta(days=14)


class Visit(msgspec.Struct, frozen=True):
    """Where a request comes from: checked address, browser, language."""

    peer: str
    user_agent: str
    language: str


class How(msgspec.Struct, frozen=True):
    """By what somebody signed in, and what she showed beside it. `now`: just now, not in another workspace
    some time ago."""

    method: str = "password"
    factor: str | None = None
    now: bool = True


BY_PASSWORD = How()


class NewSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session just opened; `secret` goes into the cookie and is kept nowhere."""

    secret: str
    session_id: UUID
    membership_id: UUID
    workspace_id: UUID


async def open_session(tx: Tx, membership_id: UUID, visit: Visit, how: How = BY_PASSWORD) -> NewSession:
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
            "method": how.method,
            "factor": how.factor,
            "proved_at": clock.now() if how.now and how.method != "single_sign_on" else None,
        },
    )
    event = PeopleChanged(
        action="session.open",
        actor_kind="member",
        actor_id=membership_id,
        subject_kind="session",
        subject_id=session_id,
        peer=visit.peer,
        facts=Facts(method=how.method, factor=how.factor) if how.factor or how.method != "password" else None,
    )
    await emit(tx, event)
    return NewSession(
        secret=secret, session_id=session_id, membership_id=membership_id, workspace_id=tx.workspace
    )


async def renew(tx: Tx, caller: Caller, changes: Mapping[str, Any]) -> str:
    """Another secret for the caller's session, which may do more from now on by these `changes` of its row;
    the one before opens nothing any more."""
    if caller.session_id is None:
        raise Forbidden("workspaces.people_only")
    secret = new_token("kzs_")
    await store.edit_session(tx, caller.session_id, {"token_digest": token_digest(secret), **changes})
    await emit(tx, SessionRenewed(session_id=caller.session_id), topics=[f"session:{caller.session_id}"])
    return secret


async def list_sessions(tx: Tx, caller: Caller) -> SessionList:
    """The caller's own live sessions in this workspace, the latest used first."""
    return SessionList(await sessions_of(tx, caller.membership_id, caller.session_id))


async def sessions_of(tx: Tx, membership_id: UUID, current: UUID | None) -> list[SessionView]:
    """A member's live sessions, the latest used first."""
    return [
        SessionView(
            id=row.id,
            current=row.id == current,
            peer=row.peer,
            user_agent=row.user_agent,
            method=row.method,
            factor=row.factor,
            created_at=clock.wire(row.created_at),
            seen_at=clock.wire(row.seen_at),
            expires_at=clock.wire(row.expires_at),
        )
        for row in await store.sessions(tx, membership_id)
    ]


async def close_others(tx: Tx, caller: Caller) -> None:
    """Sign out everywhere in this workspace but here."""
    await revoke_all(tx, caller, caller.membership_id, but=caller.session_id)


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
    caller.require_role(member.role, member.rights)
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
