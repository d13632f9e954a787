"""The statements about merging."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, literal, select, text

from kezhan.conversations.models import Conversation
from kezhan.kit.db import Tx


async def lock_both(tx: Tx, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """The rows in the order in which everybody locks them, held as by `store.lock`."""
    wanted = select(Conversation.__table__).where(Conversation.id == any_(literal(list(ids), ARRAY(Uuid))))
    return await tx.rows(wanted.order_by(Conversation.id).with_for_update(key_share=True))


async def lock_of(tx: Tx, contact_ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    """All conversations of these contacts, in the order in which everybody locks them."""
    wanted = select(Conversation.__table__).where(
        Conversation.contact_id == any_(literal(list(contact_ids), ARRAY(Uuid)))
    )
    return await tx.rows(wanted.order_by(Conversation.id).with_for_update(key_share=True))


async def of_identities(tx: Tx, kept: UUID, gone: UUID) -> set[UUID]:
    """The conversations of `kept` that came by an identity of `gone`."""
    return {row.id for row in await tx.rows(_OF_IDENTITIES, {"kept": kept, "gone": gone})}


async def give(tx: Tx, contact_id: UUID, ids: Sequence[UUID]) -> None:
    """These locked conversations are this contact's, each at its next rev."""
    await tx.run(_GIVE, {"contact": contact_id, "ids": list(ids)})


async def unread_of(tx: Tx, conversation_id: UUID, membership_id: UUID) -> int:
    """How much of what the customer has said this member has not read."""
    found: int = await tx.value(_UNREAD, {"id": conversation_id, "reader": membership_id})
    return found


async def move_drafts(tx: Tx, gone: UUID, kept: UUID) -> None:
    """What was being written goes along, behind what is being written there."""
    await tx.run(_MOVE_DRAFTS, {"gone": gone, "kept": kept})
    await tx.run(_DROP_DRAFTS, {"gone": gone})


_OF_IDENTITIES = text(
    """
    select c.id from conversations c
    where c.contact_id = :kept and c.identity_id in (select i.id from identities i where i.contact_id = :gone)
    """
)
_GIVE = text(
    "update conversations set contact_id = :contact, rev = rev + 1, head_rev = rev + 1"
    " where id = any(cast(:ids as uuid[]))"
)
_UNREAD = text(
    """
    select greatest(c.inbound_count - coalesce(k.read_inbound, 0), 0)
    from conversations c left join marks k
        on k.conversation_id = c.id and k.party_kind = 'agent' and k.party_id = :reader
    where c.id = :id
    """
)
_MOVE_DRAFTS = text(
    """
    insert into drafts as d (workspace_id, conversation_id, membership_id, body, note, updated_at)
    select workspace_id, :kept, membership_id, body, note, now() from drafts
    where conversation_id = :gone and body <> ''
    on conflict (workspace_id, conversation_id, membership_id) do update
    set body = trim(both E'\\n' from d.body || E'\\n' || excluded.body), note = d.note or excluded.note,
        updated_at = now()
    """
)
_DROP_DRAFTS = text("delete from drafts where conversation_id = :gone")
