"""Edit and recall one's own messages."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.events import MessageChanged
from kezhan.conversations.number import bump, hold
from kezhan.conversations.schemas import Kind
from kezhan.files.service import erase
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.outbox import emit

CHANGE_WINDOW = timedelta(minutes=10)


async def edit(tx: Tx, conversation_id: UUID, seq: int, *, author_id: UUID, body: str) -> None:
    """Give one's own text another wording. The same wording again changes nothing. Raises Refused."""
    row, message = await _own(tx, conversation_id, seq, author_id)
    if message.kind not in {Kind.TEXT, Kind.NOTE} or message.recalled_at is not None:
        raise Refused("conversations.not_editable", 409)
    if not body.strip():
        raise Refused("conversations.empty", field="body")
    if message.body == body:
        return
    _in_time(message)
    preview = {"preview_text": body[:120]} if row.preview_seq == seq else {}
    rev = await bump(tx, row, preview)
    await store.change_message(tx, conversation_id, seq, {"body": body, "edited_at": now(), "rev": rev})
    await emit(tx, MessageChanged(conversation_id=conversation_id, seq=seq, rev=rev, recalled=False))


async def recall(tx: Tx, conversation_id: UUID, seq: int, *, author_id: UUID) -> None:
    """Take one's own message back: its place stays, its content is erased, for everybody. Raises Refused."""
    row, message = await _own(tx, conversation_id, seq, author_id)
    if message.recalled_at is not None:
        return
    _in_time(message)
    preview = {"preview_text": "", "preview_kind": "recalled"} if row.preview_seq == seq else {}
    rev = await bump(tx, row, preview)
    if message.payload is not None and message.kind in {Kind.IMAGE, Kind.FILE}:
        await erase(tx, message.payload.file_id)
    emptied = {"body": "", "payload": None, "quote_seq": None, "recalled_at": now(), "rev": rev}
    await store.change_message(tx, conversation_id, seq, emptied)
    await emit(tx, MessageChanged(conversation_id=conversation_id, seq=seq, rev=rev, recalled=True))


async def _own(tx: Tx, conversation_id: UUID, seq: int, author_id: UUID) -> tuple[Row[Any], Row[Any]]:
    row = await hold(tx, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is None:
        raise NotFound("conversations.no_message")
    if message.author_id != author_id:
        raise Forbidden("conversations.not_yours")
    return row, message


def _in_time(message: Row[Any]) -> None:
    if now() - message.created_at > CHANGE_WINDOW:
        raise Refused("conversations.too_late", 409, minutes=int(CHANGE_WINDOW.total_seconds() // 60))
