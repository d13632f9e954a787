"""The statements about wrap-ups."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from kezhan.conversations.wrapup.models import WrapUpRow
from kezhan.kit.db import Tx


async def wrap_up(tx: Tx, conversation_id: UUID) -> Row[Any] | None:
    return await tx.row(select(WrapUpRow.__table__).where(WrapUpRow.conversation_id == conversation_id))


async def put_wrap_up(tx: Tx, conversation_id: UUID, values: dict[str, Any]) -> None:
    row = insert(WrapUpRow).values(workspace_id=tx.workspace, conversation_id=conversation_id, **values)
    keys = ["workspace_id", "conversation_id"]
    await tx.run(row.on_conflict_do_update(index_elements=keys, set_=values))
