"""Statements on a workspace's own roles, and on what its people have of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.models import Invitation, Membership, OwnRole, Workspace

_ROLE = select(OwnRole.id, OwnRole.name, OwnRole.note, OwnRole.rights, OwnRole.version).where(
    OwnRole.archived_at.is_(None)
)


async def roles(tx: Tx) -> Sequence[Row[Any]]:
    """By name as Chinese readers sort them."""
    return await tx.rows(_ROLE.order_by(OwnRole.sort_key, OwnRole.id))


async def held(tx: Tx, role_id: UUID) -> Row[Any] | None:
    """Nobody changes it until the transaction ends; others may give it meanwhile."""
    found = await tx.rows(_ROLE.where(OwnRole.id == role_id).with_for_update(read=True))
    return found[0] if found else None


async def locked(tx: Tx, role_id: UUID) -> Row[Any] | None:
    """Nobody gives or changes it until the transaction ends."""
    found = await tx.rows(_ROLE.where(OwnRole.id == role_id).with_for_update())
    return found[0] if found else None


async def add(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(OwnRole).values(workspace_id=tx.workspace, **row))


async def edit(tx: Tx, role_id: UUID, changes: dict[str, Any]) -> None:
    await tx.run(update(OwnRole).where(OwnRole.id == role_id).values(**changes, version=OwnRole.version + 1))


async def archive(tx: Tx, role_id: UUID) -> None:
    """No watermark is kept for it any more either."""
    await tx.run(update(OwnRole).where(OwnRole.id == role_id).values(archived_at=func.now()))
    marked = func.array_remove(Workspace.watermark, str(role_id))
    await tx.run(update(Workspace).where(Workspace.id == tx.workspace).values(watermark=marked))


async def holders(tx: Tx) -> Sequence[Row[Any]]:
    """(role, id, name) of every active member, by name."""
    return await tx.rows(
        select(Membership.role, Membership.id, Membership.name)
        .where(Membership.archived_at.is_(None))
        .order_by(Membership.sort_key, Membership.id)
    )


async def holder_ids(tx: Tx, role: str) -> Sequence[UUID]:
    """The active members who have it, locked."""
    return await tx.values(
        select(Membership.id)
        .where(Membership.role == role, Membership.archived_at.is_(None))
        .order_by(Membership.id)
        .with_for_update(key_share=True)
    )


async def give(tx: Tx, before: str, role: str, rights: Sequence[str]) -> None:
    """Whoever has, had or is invited to the one has the other."""
    await tx.run(update(Membership).where(Membership.role == before).values(role=role, rights=list(rights)))
    if role != before:
        await tx.run(update(Invitation).where(Invitation.role == before).values(role=role))
