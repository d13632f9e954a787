"""Invitations: a one-time link per person. Mail does not exist yet, so the inviter passes the link on."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.kit import clock
from kezhan.kit.crypto import new_token, token_digest
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound, Refused
from kezhan.kit.ids import new_id
from kezhan.kit.outbox import emit
from kezhan.kit.paging import Page, decode_cursor, encode_cursor, page_size
from kezhan.settings import Settings
from kezhan.workspaces import store
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.events import Facts
from kezhan.workspaces.roles.named import role_named
from kezhan.workspaces.schemas import InvitationMade, InvitationState, InvitationView, Invite

PREFIX = "kzi_"
_LIFE = timedelta(days=7)


async def invite(tx: Tx, caller: Caller, form: Invite, settings: Settings) -> InvitationMade:
    """A link good for 7 days and one use; an older open one to the same address ends."""
    given = await role_named(tx, form.role)
    caller.require_role(given.role, given.rights)
    email = form.email.strip()
    if await store.member_with_email(tx, email):
        raise Refused("workspaces.already_member", 409, field="email")
    if await store.active_team_ids(tx, form.team_ids) != set(form.team_ids):
        raise NotFound("workspaces.no_such_team")
    for role in await store.open_invitation_roles(tx, email):
        ended = await role_named(tx, role)
        caller.require_role(ended.role, ended.rights)  # it ends now
    await store.revoke_invitations(tx, email=email)
    secret, invitation_id = new_token(PREFIX), new_id()
    row = {
        "id": invitation_id,
        "email": email,
        "role": given.role,
        "team_ids": list(dict.fromkeys(form.team_ids)),
        "token_digest": token_digest(secret),
        "invited_by": caller.membership_id,
        "expires_at": clock.now() + _LIFE,
    }
    await store.add_invitation(tx, row)
    facts = Facts(role=given.role, team_ids=list(form.team_ids) or None)
    await emit(tx, caller.did("invitation.create", "invitation", invitation_id, facts))
    made = await store.invitation(tx, invitation_id)
    if made is None:
        raise NotFound()
    return InvitationMade(_view(made), f"{settings.address}/join?token={secret}")


async def list_invitations(tx: Tx, *, after: str | None, limit: int) -> Page[InvitationView]:
    size = page_size(limit)
    key = decode_cursor(after, tuple[datetime, UUID]) if after else None
    rows = await store.invitations(tx, after=key, limit=size + 1)
    shown = rows[:size]
    more = encode_cursor(shown[-1].created_at, shown[-1].id) if len(rows) > size else None
    return Page(items=[_view(row) for row in shown], next=more)


async def revoke_invitation(tx: Tx, caller: Caller, invitation_id: UUID) -> None:
    """A second time, or after it was used, changes nothing."""
    row = await store.invitation(tx, invitation_id)
    if row is None:
        raise NotFound()
    ended = await role_named(tx, row.role)
    caller.require_role(ended.role, ended.rights)
    if await store.revoke_invitations(tx, invitation_id=invitation_id):
        await emit(tx, caller.did("invitation.revoke", "invitation", invitation_id))


def state_of(row: Row[Any]) -> InvitationState:
    if row.accepted_at is not None:
        return "accepted"
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.lapsed else "open"


def _view(row: Row[Any]) -> InvitationView:
    return InvitationView(
        id=row.id,
        email=row.email,
        role=row.role,
        role_name=row.role_name or "",
        team_ids=list(row.team_ids),
        state=state_of(row),
        created_at=clock.wire(row.created_at),
        expires_at=clock.wire(row.expires_at),
    )
