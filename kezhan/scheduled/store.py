"""Every statement of the room. It joins what people, contacts and files own; only scheduled messages are
written here."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from kezhan.kit.db import Tx
from kezhan.kit.reading import ReadRow
from kezhan.scheduled.models import ScheduledMessage


async def hold(tx: Tx, scheduled_id: UUID) -> Row[Any] | None:
    """The row, locked until the transaction ends."""
    wanted = select(ScheduledMessage.__table__).where(ScheduledMessage.id == scheduled_id)
    return await tx.row(wanted.with_for_update())


async def add(tx: Tx, values: dict[str, Any]) -> bool:
    """False where its id is taken."""
    row = insert(ScheduledMessage).values(workspace_id=tx.workspace, **values)
    return bool(await tx.run(row.on_conflict_do_nothing()))


async def change(tx: Tx, scheduled_id: UUID, values: dict[str, Any]) -> None:
    await tx.run(update(ScheduledMessage).where(ScheduledMessage.id == scheduled_id).values(values))


async def remove(tx: Tx, scheduled_id: UUID) -> None:
    await tx.run(delete(ScheduledMessage).where(ScheduledMessage.id == scheduled_id))


async def count(tx: Tx, conversation_id: UUID, membership_id: UUID) -> int:
    """How many of this member's wait in this conversation."""
    (row,) = await tx.fetch(
        "select count(*)::int as waiting from scheduled_messages"
        " where conversation_id = $1 and membership_id = $2 and state <> 'sent'",
        conversation_id,
        membership_id,
    )
    return int(row["waiting"])


async def bar(tx: Tx, conversation_id: UUID) -> str:
    """Why nobody can be written to there, as a word of `scheduled.why.*`; empty where she can."""
    (row,) = await tx.fetch(_BAR, conversation_id)
    return str(row["bar"])


_BAR = """
    select case when a.archived_at is not null then 'channel_gone'
                when c.spam_at is not null or exists (select 1 from blocks b where b.contact_id = c.contact_id
                     and (b.until is null or b.until > now()))
                     or exists (select 1 from conversations h where h.account_id = c.account_id
                         and h.identity_id = c.identity_id and h.state <> 'closed' and h.spam_at is not null)
                then 'blocked'
                else '' end as bar
    from conversations c join channel_accounts a on a.id = c.account_id where c.id = $1
"""


async def listed(
    tx: Tx, conversation_id: UUID | None, membership_id: UUID | None, limit: int
) -> list[ReadRow]:
    """What has not been sent: of a conversation, or of a member, the soonest first; each with the names of
    its writer and customer and its files."""
    return await tx.fetch(_LISTED, conversation_id, membership_id, limit)


_LISTED = """
    select s.id, s.conversation_id, s.membership_id, s.body, s.original, s.quote_seq, s.copies, s.due_at,
           s.hold, s.state, s.fault, m.name as member_name, p.name as contact_name, f.files
    from scheduled_messages s
    join memberships m on m.id = s.membership_id
    join conversations c on c.id = s.conversation_id
    join contacts p on p.id = c.contact_id
    cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object(
            'id', f.id, 'name', f.name, 'media_type', f.media_type, 'size', f.size, 'width', f.width,
            'height', f.height, 'thumbnail', f.has_thumbnail
        ) order by array_position(s.file_ids, f.id)), '[]')::text as files
        from files f where f.id = any (s.file_ids)
    ) f
    where s.state <> 'sent' and ($1::uuid is null or s.conversation_id = $1)
      and ($2::uuid is null or s.membership_id = $2)
    order by s.due_at, s.id limit $3
"""
