"""Statements on the log; names come from the people's tables."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, tuple_

from kezhan.audit.models import AuditEntry
from kezhan.kit.db import Tx
from kezhan.workspaces.models import ApiToken, Membership


async def add(tx: Tx, row: dict[str, Any]) -> None:
    await tx.run(insert(AuditEntry).values(workspace_id=tx.workspace, **row))


async def entries(tx: Tx, *, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """Newest first, `limit` rows behind `after` (time, id)."""
    found = (
        select(
            AuditEntry.id,
            AuditEntry.at,
            AuditEntry.actor_kind,
            AuditEntry.actor_id,
            func.coalesce(Membership.name, ApiToken.name).label("actor_name"),
            AuditEntry.action,
            AuditEntry.subject_kind,
            AuditEntry.subject_id,
            AuditEntry.detail,
            AuditEntry.peer,
        )
        .outerjoin(
            Membership,
            (Membership.workspace_id == AuditEntry.workspace_id) & (Membership.id == AuditEntry.actor_id),
        )
        .outerjoin(
            ApiToken,
            (ApiToken.workspace_id == AuditEntry.workspace_id) & (ApiToken.id == AuditEntry.actor_id),
        )
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    if after is not None:
        found = found.where(tuple_(AuditEntry.at, AuditEntry.id) < tuple_(*after))
    return await tx.rows(found)
