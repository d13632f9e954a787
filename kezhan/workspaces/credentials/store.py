"""Every statement of the room that a `system_tx` carries out. Times are the database's."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Text, cast, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.access.store import ends_sql
from kezhan.workspaces.factors.store import DUE_SQL
from kezhan.workspaces.models import Invitation, Membership, OwnRole, SignInFailures, User, Workspace

WINDOW = "15 minutes"

_TEAMS = """
    array(select tm.team_id from team_members tm
          join teams t on t.workspace_id = tm.workspace_id and t.id = tm.team_id
          where tm.workspace_id = m.workspace_id and tm.membership_id = m.id and t.archived_at is null)
"""
_ENDS = ends_sql("s", "a")
_SESSION = text(
    f"""
    select s.id, s.workspace_id, m.id as membership_id, m.user_id, m.name, m.role, m.rights,
           u.language, w.masked, w.plain_when_serving, s.method,
           coalesce({DUE_SQL} <= now(), false) as factor_needed,
           s.user_agent, coalesce(a.networks, '{{}}') as networks,
           s.seen_at < now() - interval '1 minute' as stale,
           s.active_at < now() - interval '1 minute' as idle,
           cast(extract(epoch from {_ENDS} - now()) as float) as seconds_left, {_TEAMS} as team_ids
    from sessions s
    join memberships m on m.workspace_id = s.workspace_id and m.id = s.membership_id
    join workspaces w on w.id = s.workspace_id
    join users u on u.id = m.user_id
    left join access_rules a on a.workspace_id = s.workspace_id
    where s.token_digest = :digest and s.revoked_at is null and {_ENDS} > now()
      and m.archived_at is null and w.archived_at is null and u.disabled_at is null
    """  # noqa: S608 - a constant of this file
)
_TOKEN = text(
    f"""
    select k.id, k.workspace_id, m.id as membership_id, k.name, k.scopes, k.networks, k.per_minute, m.role,
           m.rights, u.language, w.masked, w.plain_when_serving,
           coalesce(k.last_used_at < now() - interval '1 minute', true) as stale,
           cast(coalesce(extract(epoch from k.expires_at - now()), 3600) as float) as seconds_left,
           {_TEAMS} as team_ids
    from api_tokens k
    join memberships m on m.workspace_id = k.workspace_id and m.id = k.created_by
    join workspaces w on w.id = k.workspace_id
    join users u on u.id = m.user_id
    where k.token_digest = :digest and k.revoked_at is null
      and (k.expires_at is null or k.expires_at > now())
      and m.archived_at is null and w.archived_at is null and u.disabled_at is null
    """  # noqa: S608 - a constant of this file
)
_TOUCH_SESSION = text(
    """
    update sessions set seen_at = now(), seen_peer = :peer,
        active_at = case when :active then now() else active_at end,
        expires_at = least(created_at + interval '90 days', now() + interval '14 days')
    where workspace_id = :ws and id = :id
    """
)
_REVOKE_SESSION = text(
    "update sessions set revoked_at = now() where workspace_id = :ws and id = :id and revoked_at is null"
)
_TOUCH_TOKEN = text("update api_tokens set last_used_at = now() where workspace_id = :ws and id = :id")
# Counting comes before the check of the password, so that guesses made at the same moment are counted too.
_COUNT_ATTEMPT = text(
    f"""
    insert into sign_in_failures as f (key, failures, first_at) values (:key, 1, now())
    on conflict (key) do update set
        failures = case when coalesce(f.locked_until, f.first_at + interval '{WINDOW}') <= now()
                        then 1 else f.failures + 1 end,
        first_at = case when coalesce(f.locked_until, f.first_at + interval '{WINDOW}') <= now()
                        then now() else f.first_at end,
        locked_until = case when coalesce(f.locked_until, f.first_at + interval '{WINDOW}') <= now() then null
                            when f.failures + 1 > :limit
                            then coalesce(f.locked_until, now() + interval '{WINDOW}') end
    returning cast(ceil(extract(epoch from f.locked_until - now())) as integer)
    """  # noqa: S608 - a constant of this file
)
_DROP_OLD_ATTEMPTS = text(
    "delete from sign_in_failures where coalesce(locked_until, first_at) < now() - interval '1 day'"
)
_MEMBERSHIPS = text(
    """
    select m.workspace_id, m.id, m.name, m.email, m.role, w.name as workspace_name
    from memberships m join workspaces w on w.id = m.workspace_id
    left join lateral (select max(s.seen_at) as at from sessions s
                       where s.workspace_id = m.workspace_id and s.membership_id = m.id) last on true
    where m.user_id = :user_id and m.archived_at is null and w.archived_at is null
    order by last.at desc nulls last, m.created_at, m.id
    """
)
_FIRST_RUN_LOCK = text("select pg_advisory_xact_lock(hashtext('workspaces.first_run'))")
_OWNED = text(
    """
    select exists (select 1 from memberships m join workspaces w on w.id = m.workspace_id
                   where m.role = 'owner' and m.archived_at is null
                     and w.archived_at is null and not w.demo)
    """
)
_AWAITING_OWNER = text(
    """
    select w.id from workspaces w
    where not w.demo and w.archived_at is null
      and not exists (select 1 from memberships m where m.workspace_id = w.id)
    order by w.created_at, w.id limit 1
    """
)


_SESSION_STATE = text(
    f"""
    select s.method, s.factor, {DUE_SQL} as due, coalesce({DUE_SQL} <= now(), false) as factor_needed,
           coalesce(s.proved_at > now() - interval '10 minutes', false) as proved, a.idle_minutes
    from sessions s join memberships m on m.workspace_id = s.workspace_id and m.id = s.membership_id
    left join access_rules a on a.workspace_id = s.workspace_id
    where s.workspace_id = :ws and s.id = :id
    """  # noqa: S608 - a constant of this file
)


# Credential → caller


async def session_by_digest(tx: Tx, digest: bytes) -> Row[Any] | None:
    return await tx.row(_SESSION, {"digest": digest})


async def session_state(tx: Tx, workspace_id: UUID, session_id: UUID) -> Row[Any]:
    """How it was opened (`method`, `factor`), whether the password was given a moment ago (`proved`), and
    `due`, when this workspace wants a factor that it lacks."""
    return (await tx.rows(_SESSION_STATE, {"ws": workspace_id, "id": session_id}))[0]


async def touch_session(tx: Tx, workspace_id: UUID, session_id: UUID, peer: str, *, active: bool) -> None:
    """Seen now, at `peer`: the session lives 14 days more, 90 days in all. `active`: she has done
    something."""
    values = {"ws": workspace_id, "id": session_id, "peer": peer, "active": active}
    await tx.run(_TOUCH_SESSION, values)


async def revoke_session(tx: Tx, workspace_id: UUID, session_id: UUID) -> bool:
    """Whether it was good until now."""
    return bool(await tx.run(_REVOKE_SESSION, {"ws": workspace_id, "id": session_id}))


async def token_by_digest(tx: Tx, digest: bytes) -> Row[Any] | None:
    return await tx.row(_TOKEN, {"digest": digest})


async def touch_token(tx: Tx, workspace_id: UUID, token_id: UUID) -> None:
    await tx.run(_TOUCH_TOKEN, {"ws": workspace_id, "id": token_id})


async def invitation_by_digest(tx: Tx, digest: bytes) -> Row[Any] | None:
    return await tx.row(
        select(
            Invitation.id,
            Invitation.workspace_id,
            Workspace.name.label("workspace_name"),
            Invitation.email,
            Invitation.role,
            OwnRole.name.label("role_name"),
            Invitation.expires_at,
            Invitation.accepted_at,
            Invitation.revoked_at,
            (Invitation.expires_at <= func.now()).label("lapsed"),
        )
        .join(Workspace, Workspace.id == Invitation.workspace_id)
        .outerjoin(
            OwnRole,
            (OwnRole.workspace_id == Invitation.workspace_id) & (cast(OwnRole.id, Text) == Invitation.role),
        )
        .where(Invitation.token_digest == digest)
    )


# Attempts to sign in


async def count_attempt(tx: Tx, key: str, limit: int) -> int | None:
    """Count one more under `key`; seconds until it is open again where there were more than `limit`."""
    waiting: int | None = await tx.value(_COUNT_ATTEMPT, {"key": key, "limit": limit})
    return waiting


async def forget_attempts(tx: Tx, key: str) -> None:
    await tx.run(delete(SignInFailures).where(SignInFailures.key == key))


async def drop_old_attempts(tx: Tx) -> None:
    await tx.run(_DROP_OLD_ATTEMPTS)


async def take_back_attempt(tx: Tx, key: str) -> None:
    await tx.run(
        update(SignInFailures)
        .where(SignInFailures.key == key, SignInFailures.failures > 0)
        .values(failures=SignInFailures.failures - 1)
    )


# Users


async def user_by_email(tx: Tx, email_key: str) -> Row[Any] | None:
    return await tx.row(
        select(User.id, User.password_hash, User.disabled_at, User.language).where(
            User.email_key == email_key
        )
    )


async def user(tx: Tx, user_id: UUID) -> Row[Any] | None:
    return await tx.row(select(User.id, User.email, User.language).where(User.id == user_id))


async def add_user(tx: Tx, row: dict[str, Any]) -> bool:
    """False where somebody has this e-mail already."""
    made = insert(User).values(**row).on_conflict_do_nothing(index_elements=[User.email_key])
    return bool(await tx.run(made))


async def set_password(tx: Tx, user_id: UUID, password_hash: str) -> None:
    await tx.run(update(User).where(User.id == user_id).values(password_hash=password_hash))


async def set_language(tx: Tx, user_id: UUID, language: str) -> None:
    await tx.run(update(User).where(User.id == user_id).values(language=language))


async def memberships_of(tx: Tx, user_id: UUID) -> Sequence[Row[Any]]:
    """Her active memberships, the one used last first."""
    return await tx.rows(_MEMBERSHIPS, {"user_id": user_id})


# First run


async def lock_first_run(tx: Tx) -> None:
    """Several processes may start at once; one makes what is missing."""
    await tx.run(_FIRST_RUN_LOCK)


async def has_owner(tx: Tx) -> bool:
    """Whether a workspace that is no demo has an owner."""
    return bool(await tx.value(_OWNED))


async def workspace_awaiting_owner(tx: Tx) -> UUID | None:
    found: UUID | None = await tx.value(_AWAITING_OWNER)
    return found


async def demo_workspace(tx: Tx) -> UUID | None:
    found: UUID | None = await tx.value(
        select(Workspace.id)
        .where(Workspace.demo, Workspace.archived_at.is_(None))
        .order_by(Workspace.id)
        .limit(1)
    )
    return found


async def add_workspace(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(Workspace).values(**row))


async def add_membership(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(Membership).values(**row))


async def replace_owner_link(tx: Tx, row: dict[str, Any]) -> None:
    """The newest link to a workspace without an owner is the only one that opens."""
    await tx.run(
        update(Invitation)
        .where(
            Invitation.workspace_id == row["workspace_id"],
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=func.now())
    )
    await tx.run(insert(Invitation).values(**row))
