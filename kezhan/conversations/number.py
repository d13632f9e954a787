"""Numbering outside the lane: a transaction that changes a conversation takes its next `rev` (and `seq`,
for a system event) from the conversation's own row, under its lock, as the lane does."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.events import ConversationChanged, MessageAppended
from kezhan.conversations.schemas import EventPayload, Kind, NotePayload, Payload
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
    await tell(tx, row, rev)
    return rev


async def bump_teams(tx: Tx, rows: Sequence[Row[Any]], team_ids: Sequence[UUID | None]) -> None:
    """The next rev of the locked `rows`, each with its team set."""
    await store.change_teams(tx, [row.id for row in rows], team_ids)
    for row in rows:
        await tell(tx, row, row.rev + 1)


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
    await tell(tx, row, rev)


async def add_event_once(
    tx: Tx, row: Row[Any], payload: EventPayload, speaker: UUID, client_id: str, values: dict[str, Any]
) -> bool:
    """A system event of the locked `row` that is told once for `speaker` and `client_id`, with a change of
    the row's own facts: False where it is there already."""
    if not await store.add_key(tx, speaker, client_id, row.id, row.last_seq + 1):
        return False
    await add_event(tx, row.id, payload, values, row=row)
    return True


async def add_words(
    tx: Tx, row: Row[Any], speaker: UUID, client_id: str, body: str, *, payload: Payload | None = None
) -> bool:
    """A text of the house itself as the next message of the locked `row`; nobody counts as having answered by
    it. Once for `speaker` and `client_id`: False where it is there already."""
    seq, rev, at = row.last_seq + 1, row.rev + 1, now()
    if not await store.add_key(tx, speaker, client_id, row.id, seq):
        return False
    shown = {"preview_kind": Kind.TEXT, "preview_author": "system", "preview_text": body[:120]}
    values = {"last_seq": seq, "rev": rev, "head_rev": rev, "active_at": at, "preview_seq": seq, **shown}
    await store.change(tx, row.id, values)
    await store.add_message(
        tx,
        {
            "conversation_id": row.id,
            "seq": seq,
            "rev": rev,
            "kind": Kind.TEXT,
            "author_kind": "system",
            "author_id": speaker,
            "client_id": client_id,
            "body": body,
            "payload": payload,
            "created_at": at,
        },
    )
    await tell(tx, row, rev)
    said = MessageAppended(conversation_id=row.id, seq=seq, kind=Kind.TEXT, author_kind="system")
    await emit(tx, said)
    return True


async def add_note(
    tx: Tx, row: Row[Any], author_id: UUID, body: str, payload: NotePayload | None = None
) -> None:
    """An internal note as the next message of the locked `row`, in the transaction of what it is about."""
    seq, rev, at = row.last_seq + 1, row.rev + 1, now()
    await store.change(tx, row.id, {"last_seq": seq, "rev": rev, "active_at": at})
    await store.add_message(
        tx,
        {
            "conversation_id": row.id,
            "seq": seq,
            "rev": rev,
            "kind": Kind.NOTE,
            "author_kind": "agent",
            "author_id": author_id,
            "body": body,
            "payload": payload,
            "created_at": at,
        },
    )
    await tell(tx, row, rev)
    said = MessageAppended(conversation_id=row.id, seq=seq, kind=Kind.NOTE, author_kind="agent")
    await emit(tx, said)


async def tell(tx: Tx, row: Row[Any], rev: int) -> None:
    """Live listeners hear after the commit that `row`, as it was, stands at `rev`."""
    topics = [f"conversation:{row.id}", f"visitor:{row.identity_id}", f"inbox:{tx.workspace}"]
    changed = ConversationChanged(
        conversation_id=row.id, identity_id=row.identity_id, from_rev=row.rev, rev=rev
    )
    await emit(tx, changed, topics)
