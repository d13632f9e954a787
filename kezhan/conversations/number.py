"""Numbering outside the lane: a transaction that changes a conversation takes its next `rev` (and `seq`,
for a system event) from the conversation's own row, under its lock, as the lane does."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.events import ConversationChanged
from kezhan.conversations.schemas import EventPayload, Kind
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.kit.outbox import emit


async def hold(tx: Tx, conversation_id: UUID) -> Row[Any]:
    """The conversation's row, locked. Raises NotFound."""
    row = await store.lock(tx, conversation_id)
    if row is None:
        raise NotFound("conversations.not_found")
    return row


async def bump(tx: Tx, row: Row[Any], values: dict[str, Any]) -> int:
    """The next rev of the locked `row`, with `values` set; live listeners hear of it after the commit."""
    rev: int = row.rev + 1
    await store.change(tx, row.id, {"rev": rev, **values})
    await _tell(tx, row, rev)
    return rev


async def add_event(
    tx: Tx,
    conversation_id: UUID,
    payload: EventPayload,
    values: dict[str, Any] | None = None,
    *,
    row: Row[Any] | None = None,
) -> None:
    """A system event as the conversation's next message, with a change of the row's own facts (`values`).
    `row`: as this transaction has locked it, where nothing has numbered it since."""
    row = await hold(tx, conversation_id) if row is None else row
    seq, rev = row.last_seq + 1, row.rev + 1
    await store.change(tx, conversation_id, {"last_seq": seq, "rev": rev, "head_rev": rev, **(values or {})})
    await store.add_message(
        tx,
        {
            "conversation_id": conversation_id,
            "seq": seq,
            "rev": rev,
            "kind": Kind.EVENT,
            "author_kind": "system",
            "body": "",
            "payload": payload,
            "created_at": now(),
        },
    )
    await _tell(tx, row, rev)


async def _tell(tx: Tx, row: Row[Any], rev: int) -> None:
    topics = [f"conversation:{row.id}", f"visitor:{row.identity_id}", f"inbox:{tx.workspace}"]
    changed = ConversationChanged(
        conversation_id=row.id, identity_id=row.identity_id, from_rev=row.rev, rev=rev
    )
    await emit(tx, changed, topics)
