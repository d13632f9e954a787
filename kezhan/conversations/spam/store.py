"""The statements about spam and blocks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import insert

from kezhan.conversations.models import Conversation, MessageRow
from kezhan.conversations.schemas import State
from kezhan.conversations.spam.models import BlockRow
from kezhan.kit.db import Tx


async def open_of(tx: Tx, contact_id: UUID, *, hidden: bool) -> Sequence[UUID]:
    """The contact's open conversations: those among the lists, or (`hidden`) those the block of the whole
    customer keeps apart."""
    alone = exists().where(
        MessageRow.conversation_id == Conversation.id,
        MessageRow.seq == 1,
        func.jsonb_extract_path_text(MessageRow.payload, "event") == ALONE,
    )
    wanted = select(Conversation.id).where(
        Conversation.contact_id == contact_id,
        Conversation.state != State.CLOSED,
        Conversation.spam_at.is_not(None) if hidden else Conversation.spam_at.is_(None),
    )
    if hidden:
        wanted = wanted.where(~alone)
    return await tx.values(wanted.order_by(Conversation.id))


ALONE = "identity_blocked"
"""The event with which the conversation begins that keeps what a single identity writes. While it is open,
the identity is blocked: it has no other one."""


async def newest_of(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """The identity's open conversation, else its newest."""
    wanted = select(Conversation.__table__).where(Conversation.identity_id == identity_id)
    return await tx.row(
        wanted.order_by(Conversation.state == State.CLOSED, Conversation.opened_at.desc()).limit(1)
    )


async def alone_of(tx: Tx, identity_id: UUID) -> Row[Any] | None:
    """(id, until, reason) of the conversation that blocks this identity; None where it is not blocked."""
    rows = await tx.rows(_ALONE_OF, {"identity": identity_id})
    return rows[0] if rows else None


_ALONE_OF = text(
    f"""
    select c.id, (m.payload ->> 'until')::timestamptz as until, coalesce(m.payload ->> 'reason', '') as reason
    from conversations c join messages m on m.conversation_id = c.id and m.seq = 1
    where c.identity_id = :identity and c.spam_at is not null and c.state <> 'closed'
      and m.payload ->> 'event' = '{ALONE}'
    """  # noqa: S608 - words of this file
)


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
    """The newest first, with who is blocked and by whom; those of single identities by the identity's id."""
    at, id_ = after or (None, None)
    return await tx.rows(_BLOCKS, {"at": at, "id": id_, "limit": limit})


_BLOCKS = text(
    f"""
    select b.*, coalesce(p.name, '') as contact_name
    from (
        select b.contact_id as key, b.contact_id, b.until, b.reason, b.created_at, m.name as by_name,
               cast(null as uuid) as identity_id, '' as channel
        from blocks b join memberships m on m.id = b.by_id
        union all
        select c.identity_id, c.contact_id, (m.payload ->> 'until')::timestamptz,
               coalesce(m.payload ->> 'reason', ''), c.opened_at, coalesce(m.payload ->> 'actor', ''),
               c.identity_id, c.channel
        from conversations c join messages m on m.conversation_id = c.id and m.seq = 1
        where c.spam_at is not null and c.state <> 'closed' and m.payload ->> 'event' = '{ALONE}'
    ) b
    join contacts p on p.id = b.contact_id
    where cast(:at as timestamptz) is null or (b.created_at, b.key) < (:at, cast(:id as uuid))
    order by b.created_at desc, b.key desc limit :limit
    """  # noqa: S608 - words of this file
)
