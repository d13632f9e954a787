"""The statements about the rules of channels."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kezhan.conversations.life.models import LifeRow
from kezhan.conversations.life.schemas import LifeRules
from kezhan.kit.db import Tx


async def rules_of(tx: Tx, account_id: UUID) -> LifeRules:
    """What holds for this channel; where nothing was decided, the usual."""
    found: LifeRules | None = await tx.value(select(LifeRow.rules).where(LifeRow.account_id == account_id))
    return found or LifeRules()


async def put_rules(tx: Tx, account_id: UUID, rules: LifeRules) -> None:
    row = insert(LifeRow).values(workspace_id=tx.workspace, account_id=account_id, rules=rules)
    keys = ["workspace_id", "account_id"]
    await tx.run(row.on_conflict_do_update(index_elements=keys, set_={"rules": row.excluded.rules}))
