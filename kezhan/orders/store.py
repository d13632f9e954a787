"""Every statement of the room."""

from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.orders.models import OrderSource
from kezhan.workspaces.models import Membership


async def source(tx: Tx) -> Row[Any] | None:
    wanted = select(OrderSource.__table__, Membership.name.label("changed_by_name")).join(
        Membership, Membership.id == OrderSource.changed_by
    )
    return await tx.row(wanted)


async def put_source(tx: Tx, values: dict[str, Any]) -> None:
    row = insert(OrderSource).values(workspace_id=tx.workspace, **values)
    await tx.run(row.on_conflict_do_update(index_elements=["workspace_id"], set_=values))


async def drop_source(tx: Tx) -> bool:
    return bool(await tx.run(delete(OrderSource)))
