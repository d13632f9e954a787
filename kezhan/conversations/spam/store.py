"""The statements about spam and blocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert

from kezhan.contacts.models import Contact
from kezhan.conversations.models import Conversation
from kezhan.conversations.schemas import State
from kezhan.conversations.spam.models import BlockRow
from kezhan.kit.db import Tx
from kezhan.workspaces.models import Membership


async def open_of(tx: Tx, contact_id: UUID, *, hidden: bool) -> Sequence[UUID]:
    """The contact's open conversations: those among the lists, or (`hidden`) those a block keeps apart."""
    wanted = select(Conversation.id).where(
        Conversation.contact_id == contact_id,
        Conversation.state != State.CLOSED,
        Conversation.spam_at.is_not(None) if hidden else Conversation.spam_at.is_(None),
    )
    return await tx.values(wanted.order_by(Conversation.id))


async def block_of(tx: Tx, contact_id: UUID) -> Row[Any] | None:
    wanted = select(BlockRow.__table__).where(BlockRow.contact_id == contact_id)
    return await tx.row(wanted.with_for_update())


async def put_block(tx: Tx, contact_id: UUID, values: dict[str, Any]) -> None:
    row = insert(BlockRow).values(workspace_id=tx.workspace, contact_id=contact_id, **values)
    keys = ["workspace_id", "contact_id"]
    await tx.run(row.on_conflict_do_update(index_elements=keys, set_=values))


async def drop_block(tx: Tx, contact_id: UUID) -> None:
    await tx.run(delete(BlockRow).where(BlockRow.contact_id == contact_id))


async def blocks(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> Sequence[Row[Any]]:
    """The newest first, with who is blocked and by whom."""
    wanted = (
        select(BlockRow.__table__, Contact.name.label("contact_name"), Membership.name.label("by_name"))
        .join(Contact, Contact.id == BlockRow.contact_id)
        .join(Membership, Membership.id == BlockRow.by_id)
    )
    if after is not None:
        wanted = wanted.where(tuple_(BlockRow.created_at, BlockRow.contact_id) < tuple_(*after))
    return await tx.rows(wanted.order_by(BlockRow.created_at.desc(), BlockRow.contact_id.desc()).limit(limit))
