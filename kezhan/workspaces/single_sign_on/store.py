"""Statements on the connection of one workspace, and across workspaces for a `system_tx`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership
from kezhan.workspaces.single_sign_on.models import SingleSignOn, SingleSignOnPerson, SingleSignOnSeen

_OFFERS = text(
    """
    select w.id, w.name from single_sign_on c join workspaces w on w.id = c.workspace_id
    where c.enabled and w.archived_at is null and :domain = any(c.domains) order by w.name, w.id limit 10
    """
)
_REQUIRED = text(
    """
    select exists (select 1 from single_sign_on c where c.workspace_id = :ws and c.enabled and c.required
                   and :domain = any(c.domains))
    """
)


_END_OTHERS = text(
    """
    update sessions s set revoked_at = now() from memberships m
    where m.workspace_id = s.workspace_id and m.id = s.membership_id and s.revoked_at is null
      and s.method <> 'single_sign_on' and s.id is distinct from :but and m.role <> 'owner'
      and split_part(lower(m.email), '@', 2) = any(:domains)
    returning s.id, s.membership_id
    """
)


async def connection(tx: Tx) -> Row[Any] | None:
    return await tx.row(select(SingleSignOn.__table__).where(SingleSignOn.workspace_id == tx.workspace))


async def put_connection(tx: Tx, row: dict[str, Any]) -> None:
    made = insert(SingleSignOn).values(workspace_id=tx.workspace, **row)
    await tx.run(made.on_conflict_do_update(index_elements=[SingleSignOn.workspace_id], set_=row))


async def remove_connection(tx: Tx) -> bool:
    return bool(await tx.run(delete(SingleSignOn).where(SingleSignOn.workspace_id == tx.workspace)))


async def offers(tx: Tx, domain: str) -> Sequence[Row[Any]]:
    """Workspaces (`id`, `name`) whose provider knows people of this domain."""
    return await tx.rows(_OFFERS, {"domain": domain})


async def end_other_sessions(tx: Tx, domains: Sequence[str], but: UUID | None) -> Sequence[Row[Any]]:
    """End what members of these domains, owners but for, have opened without the provider."""
    return await tx.rows(_END_OTHERS, {"domains": list(domains), "but": but})


async def is_required(tx: Tx, workspace_id: UUID, domain: str) -> bool:
    return bool(await tx.value(_REQUIRED, {"ws": workspace_id, "domain": domain}))


async def see(tx: Tx, digest: bytes, until: datetime) -> bool:
    """Whether it comes for the first time; what is over is forgotten."""
    await tx.run(delete(SingleSignOnSeen).where(SingleSignOnSeen.until < func.now()))
    made = insert(SingleSignOnSeen).values(workspace_id=tx.workspace, digest=digest, until=until)
    return bool(await tx.run(made.on_conflict_do_nothing()))


# People


async def person(tx: Tx, issuer: str, subject: str) -> UUID | None:
    """The membership behind a subject."""
    found: UUID | None = await tx.value(
        select(SingleSignOnPerson.membership_id).where(
            SingleSignOnPerson.issuer == issuer, SingleSignOnPerson.subject == subject
        )
    )
    return found


async def keep_person(tx: Tx, issuer: str, subject: str, membership_id: UUID) -> bool:
    """False where this subject is somebody already."""
    row = {"issuer": issuer, "subject": subject, "membership_id": membership_id}
    made = insert(SingleSignOnPerson).values(workspace_id=tx.workspace, **row)
    return bool(await tx.run(made.on_conflict_do_nothing()))


async def known_elsewhere(tx: Tx, issuer: str, membership_id: UUID) -> bool:
    """Whether another subject of this provider is this member."""
    found = select(SingleSignOnPerson.subject).where(
        SingleSignOnPerson.issuer == issuer, SingleSignOnPerson.membership_id == membership_id
    )
    return bool(await tx.values(found.limit(1)))


async def membership_of(tx: Tx, user_id: UUID) -> Row[Any] | None:
    """Her membership in this workspace, an archived one too."""
    return await tx.row(select(Membership.id, Membership.archived_at).where(Membership.user_id == user_id))
