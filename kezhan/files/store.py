"""Every statement of the room."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, insert, or_, select, update

from kezhan.files.models import File
from kezhan.files.schemas import Owner
from kezhan.kit.db import Tx
from kezhan.workspaces.models import ApiToken, Membership, Session


async def add(tx: Tx, values: dict[str, Any]) -> None:
    await tx.run(insert(File).values(workspace_id=tx.workspace, **values))


async def find(tx: Tx, file_id: UUID) -> Row[Any] | None:
    return await tx.row(select(File.__table__).where(File.id == file_id))


async def attach(tx: Tx, file_id: UUID, owner: Owner, use: str) -> Row[Any] | None:
    """The row where `owner` may use it as `use`: not used yet, or by just this."""
    mine = update(File).where(
        File.id == file_id,
        File.owner_kind == owner.kind,
        File.owner_id == owner.id,
        or_(File.used_by.is_(None), File.used_by == use),
    )
    values = {"used_by": use, "attached_at": func.coalesce(File.attached_at, func.now())}
    return await tx.row(mine.values(values).returning(File.__table__))


async def remove(tx: Tx, file_id: UUID) -> bool:
    return bool(await tx.run(delete(File).where(File.id == file_id)))


async def remove_unattached(tx: Tx, file_id: UUID) -> bool:
    return bool(await tx.run(delete(File).where(File.id == file_id, File.attached_at.is_(None))))


async def known(tx: Tx, file_ids: Sequence[UUID]) -> set[UUID]:
    return {row.id for row in await tx.rows(select(File.id).where(File.id.in_(file_ids)))}


async def session_lives(tx: Tx, session_id: UUID) -> bool:
    living = exists().where(
        Session.id == session_id,
        Session.revoked_at.is_(None),
        Session.expires_at > func.now(),
        Membership.id == Session.membership_id,
        Membership.archived_at.is_(None),
    )
    return bool(await tx.value(select(living)))


async def token_lives(tx: Tx, token_id: UUID) -> bool:
    living = exists().where(
        ApiToken.id == token_id,
        ApiToken.revoked_at.is_(None),
        or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > func.now()),
        Membership.id == ApiToken.created_by,
        Membership.archived_at.is_(None),
    )
    return bool(await tx.value(select(living)))
