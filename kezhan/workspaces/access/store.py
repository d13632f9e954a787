"""Statements on the rules of one workspace, and across workspaces for a `system_tx`."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.workspaces.access.models import AccessRules
from kezhan.workspaces.factors.store import DUE_SQL


def ends_sql(session: str, rules: str) -> str:
    """When a session is over, in SQL; `least` passes over what is null, as a rule is that nobody has made."""
    return (
        f"least({session}.expires_at,"
        f" {session}.created_at + make_interval(hours => {rules}.session_hours),"
        f" {session}.active_at + make_interval(mins => {rules}.idle_minutes))"
    )


_OPEN = text(
    f"""
    select s.id from sessions s
    join memberships m on m.workspace_id = s.workspace_id and m.id = s.membership_id
    left join access_rules a on a.workspace_id = s.workspace_id
    where s.id = any(:ids) and s.revoked_at is null and {ends_sql("s", "a")} > now()
      and coalesce({DUE_SQL} > now(), true)
    union all
    select k.id from api_tokens k
    where k.id = any(:ids) and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
    """  # noqa: S608 - a constant of this file
)


async def rules(tx: Tx) -> Row[Any] | None:
    return await tx.row(select(AccessRules.idle_minutes, AccessRules.session_hours, AccessRules.networks))


async def put_rules(tx: Tx, changes: dict[str, Any]) -> None:
    made = insert(AccessRules).values(workspace_id=tx.workspace, **changes)
    await tx.run(made.on_conflict_do_update(index_elements=[AccessRules.workspace_id], set_=changes))


async def open_ids(tx: Tx, ids: Sequence[UUID]) -> set[UUID]:
    """Of sessions and tokens, of any workspace, those that are good now."""
    return {row.id for row in await tx.rows(_OPEN, {"ids": list(ids)})}


async def networks_of(tx: Tx, workspace_id: UUID) -> list[str]:
    found = await tx.value(select(AccessRules.networks).where(AccessRules.workspace_id == workspace_id))
    return list(found or ())


async def workspaces_with_networks(tx: Tx) -> Sequence[UUID]:
    return await tx.values(select(AccessRules.workspace_id).where(AccessRules.networks != []))
