"""Statements on one workspace's people. Row-level security cuts by workspace; times are the database's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    cast,
    delete,
    func,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.access.models import AccessRules
from kezhan.workspaces.access.store import ends_sql
from kezhan.workspaces.models import (
    ApiAnswer,
    ApiToken,
    Invitation,
    Membership,
    OwnRole,
    Session,
    Team,
    TeamMember,
    Workspace,
)

_NOW = func.now()
_NO_IDS: ColumnElement[list[UUID]] = literal_column("cast('{}' as uuid[])")
_TEAM_IDS = (
    select(func.coalesce(func.array_agg(TeamMember.team_id), _NO_IDS))
    .join(Team, (Team.workspace_id == TeamMember.workspace_id) & (Team.id == TeamMember.team_id))
    .where(
        TeamMember.workspace_id == Membership.workspace_id,
        TeamMember.membership_id == Membership.id,
        Team.archived_at.is_(None),
    )
    .correlate(Membership)
    .scalar_subquery()
)
_ROLE_NAME = (
    select(OwnRole.name)
    .where(OwnRole.workspace_id == Membership.workspace_id, cast(OwnRole.id, Text) == Membership.role)
    .correlate(Membership)
    .scalar_subquery()
)
_INVITED_ROLE = (
    select(OwnRole.name)
    .where(OwnRole.workspace_id == Invitation.workspace_id, cast(OwnRole.id, Text) == Invitation.role)
    .correlate(Invitation)
    .scalar_subquery()
)
_MEMBER = select(
    Membership.id,
    Membership.user_id,
    Membership.name,
    Membership.email,
    Membership.role,
    Membership.rights,
    _ROLE_NAME.label("role_name"),
    Membership.sort_key,
    Membership.created_at,
    Membership.archived_at,
    _TEAM_IDS.label("team_ids"),
)
_INVITATION = select(
    Invitation.id,
    Invitation.email,
    Invitation.role,
    _INVITED_ROLE.label("role_name"),
    Invitation.team_ids,
    Invitation.created_at,
    Invitation.expires_at,
    Invitation.accepted_at,
    Invitation.revoked_at,
    (Invitation.expires_at <= _NOW).label("lapsed"),
)
_TOKEN = select(
    ApiToken.id,
    ApiToken.name,
    ApiToken.scopes,
    ApiToken.networks,
    ApiToken.per_minute,
    ApiToken.created_by,
    ApiToken.created_at,
    ApiToken.last_used_at,
    ApiToken.expires_at,
    ApiToken.revoked_at,
)


# The workspace itself


async def workspace(tx: Tx) -> Row[Any]:
    found = await tx.row(select(Workspace.__table__).where(Workspace.id == tx.workspace))
    if found is None:
        raise LookupError(f"workspace {tx.workspace} is gone")
    return found


async def hold_workspace(tx: Tx) -> Row[Any]:
    """The same, held until the transaction ends."""
    found = await tx.rows(
        select(Workspace.__table__).where(Workspace.id == tx.workspace).with_for_update(key_share=True)
    )
    return found[0]


async def edit_workspace(tx: Tx, changes: dict[str, Any]) -> None:
    await tx.run(update(Workspace).where(Workspace.id == tx.workspace).values(**changes))


# Members


async def member(tx: Tx, membership_id: UUID) -> Row[Any] | None:
    return await tx.row(_MEMBER.where(Membership.id == membership_id))


async def members(
    tx: Tx, *, after: tuple[str, UUID] | None, archived: bool, limit: int
) -> Sequence[Row[Any]]:
    """By name as Chinese readers sort them, `limit` rows behind `after` (sort key, id)."""
    kept = Membership.archived_at.is_not(None) if archived else Membership.archived_at.is_(None)
    found = _MEMBER.where(kept).order_by(Membership.sort_key, Membership.id).limit(limit)
    if after is not None:
        found = found.where(tuple_(Membership.sort_key, Membership.id) > tuple_(*after))
    return await tx.rows(found)


async def member_with_email(tx: Tx, email: str) -> bool:
    """Whether an active member has this address; upper and lower case are the same here."""
    found = select(Membership.id).where(
        func.lower(Membership.email) == func.lower(email), Membership.archived_at.is_(None)
    )
    return bool(await tx.values(found.limit(1)))


async def active_member_ids(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    return set(
        await tx.values(select(Membership.id).where(Membership.id.in_(ids), Membership.archived_at.is_(None)))
    )


async def active_ids(tx: Tx) -> Sequence[UUID]:
    """Of all active members."""
    return await tx.values(select(Membership.id).where(Membership.archived_at.is_(None)))


async def member_ids_with_roles(tx: Tx, roles: Sequence[str]) -> Sequence[UUID]:
    """Of active members."""
    return await tx.values(
        select(Membership.id).where(Membership.role.in_(roles), Membership.archived_at.is_(None))
    )


async def lock_owners(tx: Tx) -> Sequence[UUID]:
    """Ids of the active owners, locked: two of them cannot remove each other at the same moment."""
    return await tx.values(
        select(Membership.id)
        .where(Membership.role == "owner", Membership.archived_at.is_(None))
        .order_by(Membership.id)
        .with_for_update(key_share=True)
    )


async def edit_member(tx: Tx, membership_id: UUID, changes: dict[str, Any]) -> None:
    await tx.run(update(Membership).where(Membership.id == membership_id).values(**changes))


async def archive_member(tx: Tx, membership_id: UUID) -> bool:
    """Whether she was active until now."""
    return bool(
        await tx.run(
            update(Membership)
            .where(Membership.id == membership_id, Membership.archived_at.is_(None))
            .values(archived_at=_NOW)
        )
    )


async def put_member(tx: Tx, row: dict[str, Any]) -> UUID | None:
    """Add a member, or bring an archived one of the same person back; None where she is active already."""
    statement = insert(Membership).values(workspace_id=tx.workspace, **{"rights": [], **row})
    made: UUID | None = await tx.value(
        statement.on_conflict_do_update(
            index_elements=[Membership.workspace_id, Membership.user_id],
            set_={name: statement.excluded[name] for name in ("name", "sort_key", "email", "role", "rights")}
            | {"archived_at": None},
            where=Membership.archived_at.is_not(None),
        ).returning(Membership.id)
    )
    return made


# Sessions


_ENDS: ColumnElement[datetime] = literal_column(ends_sql("sessions", "access_rules"))


async def add_session(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(Session).values(workspace_id=tx.workspace, **row))


async def sessions(tx: Tx, membership_id: UUID) -> Sequence[Row[Any]]:
    return await tx.rows(
        select(
            Session.id,
            func.coalesce(Session.seen_peer, Session.peer).label("peer"),
            Session.user_agent,
            Session.created_at,
            Session.seen_at,
            _ENDS.label("expires_at"),
            Session.method,
            Session.factor,
        )
        .outerjoin(AccessRules, AccessRules.workspace_id == Session.workspace_id)
        .where(Session.membership_id == membership_id, Session.revoked_at.is_(None), _ENDS > _NOW)
        .order_by(Session.seen_at.desc(), Session.id)
        .limit(200)
    )


async def edit_session(tx: Tx, session_id: UUID, changes: dict[str, Any]) -> None:
    await tx.run(update(Session).where(Session.id == session_id).values(**changes))


async def session_exists(tx: Tx, membership_id: UUID, session_id: UUID) -> bool:
    found = select(Session.id).where(Session.id == session_id, Session.membership_id == membership_id)
    return await tx.value(found) is not None


async def revoke_sessions(
    tx: Tx, membership_id: UUID, *, only: UUID | None = None, but: UUID | None = None
) -> Sequence[UUID]:
    """End live sessions of one member (all, `only` one, or all `but` one); ids of those that ended now."""
    statement = update(Session).where(Session.membership_id == membership_id, _live_session())
    if only is not None:
        statement = statement.where(Session.id == only)
    if but is not None:
        statement = statement.where(Session.id != but)
    ended = await tx.rows(statement.values(revoked_at=_NOW).returning(Session.id))
    return [row.id for row in ended]


def _live_session() -> ColumnElement[bool]:
    return Session.revoked_at.is_(None) & (Session.expires_at > _NOW)


# Invitations


async def add_invitation(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(Invitation).values(workspace_id=tx.workspace, **row))


async def invitation(tx: Tx, invitation_id: UUID) -> Row[Any] | None:
    return await tx.row(_INVITATION.where(Invitation.id == invitation_id))


async def invitations(tx: Tx, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Newest first. The owner's first link is no invitation anybody made, so it stays out of the list."""
    found = _INVITATION.where(Invitation.invited_by.is_not(None))
    return await tx.rows(_newest_first(found, Invitation.created_at, Invitation.id, after, limit))


async def revoke_invitations(tx: Tx, *, invitation_id: UUID | None = None, email: str | None = None) -> int:
    """End open invitations: one by id, or those to one address."""
    statement = update(Invitation).where(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    if invitation_id is not None:
        statement = statement.where(Invitation.id == invitation_id)
    if email is not None:
        statement = statement.where(func.lower(Invitation.email) == func.lower(email))
    return await tx.run(statement.values(revoked_at=_NOW))


async def open_invitation_roles(tx: Tx, email: str) -> Sequence[str]:
    """What the invitations to this address that still open would make of who follows them."""
    return await tx.values(
        select(Invitation.role).where(
            func.lower(Invitation.email) == func.lower(email),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > _NOW,
        )
    )


async def use_invitation(tx: Tx, invitation_id: UUID) -> Row[Any] | None:
    """Mark as accepted, once: None where it was used, revoked or has expired in the meantime."""
    return await tx.row(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > _NOW,
        )
        .values(accepted_at=_NOW)
        .returning(Invitation.role, Invitation.team_ids, Invitation.invited_by)
    )


# Teams


async def teams(tx: Tx) -> Sequence[Row[Any]]:
    """Active teams by name with their active members' ids."""
    member_ids = (
        select(func.coalesce(func.array_agg(TeamMember.membership_id), _NO_IDS))
        .join(
            Membership,
            (Membership.workspace_id == TeamMember.workspace_id)
            & (Membership.id == TeamMember.membership_id)
            & Membership.archived_at.is_(None),
        )
        .where(TeamMember.workspace_id == Team.workspace_id, TeamMember.team_id == Team.id)
        .correlate(Team)
        .scalar_subquery()
        .label("member_ids")
    )
    return await tx.rows(
        select(Team.id, Team.name, Team.created_at, member_ids)
        .where(Team.archived_at.is_(None))
        .order_by(Team.sort_key, Team.id)
    )


async def team(tx: Tx, team_id: UUID) -> Row[Any] | None:
    """One active or archived team, locked against a change at the same moment."""
    return await tx.row(
        select(Team.id, Team.name, Team.archived_at).where(Team.id == team_id).with_for_update(key_share=True)
    )


async def add_team(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(Team).values(workspace_id=tx.workspace, **row))


async def edit_team(tx: Tx, team_id: UUID, changes: dict[str, Any]) -> None:
    await tx.run(update(Team).where(Team.id == team_id).values(**changes))


async def archive_team(tx: Tx, team_id: UUID) -> None:
    await tx.run(update(Team).where(Team.id == team_id).values(archived_at=_NOW))


async def active_team_ids(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    return set(await tx.values(select(Team.id).where(Team.id.in_(ids), Team.archived_at.is_(None))))


async def team_member_ids(tx: Tx, team_id: UUID) -> set[UUID]:
    return set(await tx.values(select(TeamMember.membership_id).where(TeamMember.team_id == team_id)))


async def join_teams(tx: Tx, pairs: Sequence[tuple[UUID, UUID]]) -> None:
    """Add (team, member) pairs; one that is there already stays."""
    rows = [
        {"workspace_id": tx.workspace, "team_id": team_id, "membership_id": membership_id}
        for team_id, membership_id in pairs
    ]
    if rows:
        await tx.run(insert(TeamMember).values(rows).on_conflict_do_nothing())


async def leave_team(tx: Tx, team_id: UUID, membership_ids: set[UUID]) -> None:
    if membership_ids:
        await tx.run(
            delete(TeamMember).where(
                TeamMember.team_id == team_id, TeamMember.membership_id.in_(membership_ids)
            )
        )


# API tokens


async def add_token(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(ApiToken).values(workspace_id=tx.workspace, **row))


async def token(tx: Tx, token_id: UUID) -> Row[Any] | None:
    return await tx.row(_TOKEN.where(ApiToken.id == token_id))


async def tokens(tx: Tx, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    return await tx.rows(_newest_first(_TOKEN, ApiToken.created_at, ApiToken.id, after, limit))


async def edit_token(tx: Tx, token_id: UUID, changes: dict[str, Any]) -> None:
    await tx.run(update(ApiToken).where(ApiToken.id == token_id).values(**changes))


async def revoke_token(tx: Tx, token_id: UUID) -> bool:
    """Whether it was good until now."""
    return bool(
        await tx.run(
            update(ApiToken)
            .where(ApiToken.id == token_id, ApiToken.revoked_at.is_(None))
            .values(revoked_at=_NOW)
        )
    )


async def revoke_tokens_of(tx: Tx, membership_id: UUID) -> None:
    await tx.run(
        update(ApiToken)
        .where(ApiToken.created_by == membership_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=_NOW)
    )


# What tokens were answered

_KEPT = timedelta(hours=24)


async def begin_answer(tx: Tx, token_id: UUID, key: str, digest: bytes) -> bool:
    """Whether this is the first request of this key within a day."""
    fresh = insert(ApiAnswer).values(workspace_id=tx.workspace, token_id=token_id, key=key, digest=digest)
    again = {"digest": digest, "begun_at": _NOW, "status": None, "media_type": "", "sealed": None}
    old = ApiAnswer.begun_at < _NOW - _KEPT
    begun = fresh.on_conflict_do_update(
        index_elements=["workspace_id", "token_id", "key"], set_=again, where=old
    )
    return bool(await tx.run(begun))


async def answer(tx: Tx, token_id: UUID, key: str) -> Row[Any] | None:
    """`age` is in seconds."""
    age = func.extract("epoch", _NOW - ApiAnswer.begun_at).label("age")
    wanted = select(ApiAnswer.__table__, age)
    return await tx.row(wanted.where(ApiAnswer.token_id == token_id, ApiAnswer.key == key))


async def keep_answer(tx: Tx, token_id: UUID, key: str, values: dict[str, Any]) -> None:
    mine = update(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key)
    await tx.run(mine.values(**values))


async def drop_answer(tx: Tx, token_id: UUID, key: str) -> None:
    await tx.run(delete(ApiAnswer).where(ApiAnswer.token_id == token_id, ApiAnswer.key == key))


async def drop_old_answers(tx: Tx) -> None:
    """Across workspaces."""
    await tx.run(delete(ApiAnswer).where(ApiAnswer.begun_at < _NOW - _KEPT))


def _newest_first(
    found: Select[*tuple[Any, ...]], at: Any, row_id: Any, after: tuple[datetime, UUID] | None, limit: int
) -> Select[*tuple[Any, ...]]:
    if after is not None:
        found = found.where(tuple_(at, row_id) < tuple_(*after))
    return found.order_by(at.desc(), row_id.desc()).limit(limit)
