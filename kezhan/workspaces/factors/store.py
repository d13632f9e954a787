"""Statements on factors, carried out by a `system_tx`, and on the rules of one workspace. Times are the
database's."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.factors.models import FactorRule, Passkey, RecoveryCode, SignInStep, TotpSecret

_NOW = func.now()
STEP_LIFE = timedelta(minutes=10)
DUE_SQL = """
    (select greatest(r.since, m.created_at) + make_interval(days => r.grace_days) from factor_rules r
     where r.workspace_id = m.workspace_id and r.role = m.role
       and s.factor is null and s.method <> 'single_sign_on')
"""
"""From when on the session `s` of the member `m` is let in no more, for her role needs a second factor that
it lacks; null: never."""
_HELD = text(
    """
    select (select count(*) from totp_secrets t where t.user_id = :user_id and t.confirmed_at is not null)
               as apps,
           (select count(*) from passkeys p where p.user_id = :user_id) as passkeys,
           (select count(*) from recovery_codes c where c.user_id = :user_id and c.used_at is null) as codes
    """
)
# The first day on which some workspace of hers lets her in no more without a second factor.
_DUE = text(
    """
    select min(greatest(r.since, m.created_at) + make_interval(days => r.grace_days))
    from memberships m
    join factor_rules r on r.workspace_id = m.workspace_id and r.role = m.role
    join workspaces w on w.id = m.workspace_id
    where m.user_id = :user_id and m.archived_at is null and w.archived_at is null
    """
)


async def held(tx: Tx, user_id: UUID) -> Row[Any]:
    """How many `apps`, `passkeys` and unused `codes` a person has."""
    return (await tx.rows(_HELD, {"user_id": user_id}))[0]


async def due(tx: Tx, user_id: UUID) -> Any:
    """When she must have a factor at the latest; None: nobody asks for one."""
    return await tx.value(_DUE, {"user_id": user_id})


# Authenticator app


async def offer_totp(tx: Tx, user_id: UUID, sealed: bytes) -> None:
    """A secret that counts once it is confirmed; the one offered before is forgotten."""
    made = insert(TotpSecret).values(user_id=user_id, sealed=sealed)
    await tx.run(
        made.on_conflict_do_update(
            index_elements=[TotpSecret.user_id],
            set_={"sealed": sealed, "last_step": 0, "created_at": _NOW},
            where=TotpSecret.confirmed_at.is_(None),
        )
    )


async def totp(tx: Tx, user_id: UUID) -> Row[Any] | None:
    return await tx.row(
        select(TotpSecret.sealed, TotpSecret.last_step, TotpSecret.confirmed_at).where(
            TotpSecret.user_id == user_id
        )
    )


async def use_step(tx: Tx, user_id: UUID, step: int) -> bool:
    """Whether no code of this step or a later one was taken before; from now on it was."""
    used = update(TotpSecret).where(TotpSecret.user_id == user_id, TotpSecret.last_step < step)
    return bool(await tx.run(used.values(last_step=step)))


async def confirm_totp(tx: Tx, user_id: UUID) -> None:
    await tx.run(update(TotpSecret).where(TotpSecret.user_id == user_id).values(confirmed_at=_NOW))


async def remove_totp(tx: Tx, user_id: UUID) -> bool:
    """Whether there was a confirmed one."""
    gone = delete(TotpSecret).where(TotpSecret.user_id == user_id).returning(TotpSecret.confirmed_at)
    return await tx.value(gone) is not None


# Passkeys


async def add_passkey(tx: Tx, row: dict[str, Any]) -> bool:
    """False where somebody has this very credential already."""
    made = insert(Passkey).values(**row).on_conflict_do_nothing(index_elements=[Passkey.credential_id])
    return bool(await tx.run(made))


async def passkeys(tx: Tx, user_id: UUID) -> Sequence[Row[Any]]:
    """Oldest first."""
    found = select(Passkey.__table__).where(Passkey.user_id == user_id)
    return await tx.rows(found.order_by(Passkey.created_at, Passkey.id))


async def passkey_by_credential(tx: Tx, credential_id: bytes, site: str) -> Row[Any] | None:
    return await tx.row(
        select(Passkey.__table__).where(Passkey.credential_id == credential_id, Passkey.site == site)
    )


async def use_passkey(tx: Tx, row: Row[Any], sign_count: int) -> bool:
    """Whether nobody used it since it was read."""
    used = update(Passkey).where(
        Passkey.user_id == row.user_id, Passkey.id == row.id, Passkey.sign_count == row.sign_count
    )
    return bool(await tx.run(used.values(sign_count=sign_count, used_at=_NOW)))


async def remove_passkey(tx: Tx, user_id: UUID, passkey_id: UUID) -> bool:
    return bool(await tx.run(delete(Passkey).where(Passkey.user_id == user_id, Passkey.id == passkey_id)))


# Recovery codes


async def replace_codes(tx: Tx, user_id: UUID, digests: Sequence[bytes]) -> None:
    await tx.run(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    if digests:
        await tx.run(insert(RecoveryCode), [{"user_id": user_id, "digest": digest} for digest in digests])


async def use_code(tx: Tx, user_id: UUID, digest: bytes) -> bool:
    used = update(RecoveryCode).where(
        RecoveryCode.user_id == user_id, RecoveryCode.digest == digest, RecoveryCode.used_at.is_(None)
    )
    return bool(await tx.run(used.values(used_at=_NOW)))


async def remove_all(tx: Tx, user_id: UUID) -> None:
    for table in (TotpSecret, Passkey, RecoveryCode):
        await tx.run(delete(table).where(table.user_id == user_id))


# Steps


async def add_step(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(SignInStep).values(**row, expires_at=_NOW + STEP_LIFE))


async def step(tx: Tx, digest: bytes, kind: str) -> Row[Any] | None:
    return await tx.row(
        select(SignInStep.__table__).where(
            SignInStep.digest == digest, SignInStep.kind == kind, SignInStep.expires_at > _NOW
        )
    )


async def end_step(tx: Tx, digest: bytes) -> bool:
    """Whether it was open until now: a step is gone through once."""
    gone = delete(SignInStep).where(SignInStep.digest == digest, SignInStep.expires_at > _NOW)
    return bool(await tx.run(gone))


async def drop_old_steps(tx: Tx) -> None:
    await tx.run(delete(SignInStep).where(SignInStep.expires_at < _NOW))


async def drop_steps_of(tx: Tx, user_id: UUID) -> None:
    await tx.run(delete(SignInStep).where(SignInStep.user_id == user_id))


# Rules of a workspace


async def rules(tx: Tx) -> Sequence[Row[Any]]:
    return await tx.rows(
        select(FactorRule.role, FactorRule.grace_days, FactorRule.since).order_by(FactorRule.role)
    )


async def put_rule(tx: Tx, role: str, grace_days: int) -> None:
    """One that is there keeps the day from which it counts."""
    made = insert(FactorRule).values(workspace_id=tx.workspace, role=role, grace_days=grace_days)
    await tx.run(
        made.on_conflict_do_update(
            index_elements=[FactorRule.workspace_id, FactorRule.role], set_={"grace_days": grace_days}
        )
    )


async def remove_rule(tx: Tx, role: str) -> None:
    await tx.run(delete(FactorRule).where(FactorRule.role == role))
