"""Edit and recall one's own messages; what a platform tells of edits, recalls and failures."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from kezhan.conversations import store
from kezhan.conversations.copies import with_copies
from kezhan.conversations.events import MessageChanged
from kezhan.conversations.mentions import store as mentions
from kezhan.conversations.number import bump, hold
from kezhan.conversations.reactions import store as reactions
from kezhan.conversations.rich.card import file_in, use_of
from kezhan.conversations.rich.schemas import CardPayload, TapPayload
from kezhan.conversations.schemas import Kind, TemplatePayload, TranslatedPayload
from kezhan.files.service import release
from kezhan.kit.clock import now
from kezhan.kit.db import Tx
from kezhan.kit.errors import Forbidden, NotFound, Refused
from kezhan.kit.masking import Cover, restored
from kezhan.kit.outbox import emit

CHANGE_WINDOW = timedelta(minutes=10)
_FIXED = TemplatePayload | CardPayload | TapPayload
"""What a message is made of that is not written anew by its text alone."""


async def edit(
    tx: Tx, conversation_id: UUID, seq: int, *, author_id: UUID, body: str, cover: Cover | None = None
) -> None:
    """Give one's own text another wording; what stands masked in it for its writer (`cover`) stays. The same
    wording again changes nothing. Raises Refused."""
    row, message = await _own(tx, conversation_id, seq, author_id)
    body = restored(body, message.body, cover)
    worded = message.kind in {Kind.TEXT, Kind.NOTE} and not isinstance(message.payload, _FIXED)
    if not worded or message.recalled_at is not None:
        raise Refused("conversations.not_editable", 409)
    if not body.strip():
        raise Refused("conversations.empty", field="body")
    if message.body == body:
        return
    _in_time(message)
    await _reword(tx, row, message, body, told=False)


async def recall(tx: Tx, conversation_id: UUID, seq: int, *, author_id: UUID) -> None:
    """Take one's own message back: its place stays, its content is erased, for everybody. Raises Refused."""
    row, message = await _own(tx, conversation_id, seq, author_id)
    if message.recalled_at is not None:
        return
    _in_time(message)
    await _empty(tx, row, message, told=False)


async def reworded(tx: Tx, conversation_id: UUID, seq: int, body: str) -> None:
    """The platform tells of another wording. Of a message that is gone, or no text, nothing becomes."""
    row = await hold(tx, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is None or message.body == body or not body.strip():
        return
    if message.kind == Kind.TEXT and message.recalled_at is None:
        await _reword(tx, row, message, body, told=True)


async def taken_back(tx: Tx, conversation_id: UUID, seq: int) -> None:
    """The platform tells of a recall, by whichever side and however late: the content is erased."""
    row = await hold(tx, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is not None and message.recalled_at is None:
        await _empty(tx, row, message, told=True)


async def undelivered(tx: Tx, conversation_id: UUID, seq: int, fault: str | None) -> None:
    """A message of ours has not reached its customer, for this reason; None: it has, after all."""
    row = await hold(tx, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is None or (message.fault or None) == fault:
        return
    # Mended, it still is a changed message, which is what it is found by: the empty word stands for that.
    rev = await bump(tx, row, {})
    await store.change_message(tx, conversation_id, seq, {"fault": fault or "", "rev": rev})


async def _reword(tx: Tx, row: Row[Any], message: Row[Any], body: str, *, told: bool) -> None:
    seq = message.seq
    preview = {"preview_text": body[:120]} if row.preview_seq == seq else {}
    rev = await bump(tx, row, preview)
    values: dict[str, Any] = {"body": body, "edited_at": now(), "rev": rev}
    if isinstance(message.payload, TranslatedPayload):
        # What it was translated from says something else by now.
        values["payload"] = with_copies(None, message.payload.copies)
    await store.change_message(tx, row.id, seq, values)
    await emit(tx, MessageChanged(conversation_id=row.id, seq=seq, rev=rev, recalled=False, told=told))


async def _empty(tx: Tx, row: Row[Any], message: Row[Any], *, told: bool) -> None:
    seq = message.seq
    preview = {"preview_text": "", "preview_kind": "recalled"} if row.preview_seq == seq else {}
    rev = await bump(tx, row, preview)
    if (file_id := file_in(message.payload)) is not None:
        await release(tx, file_id, use_of(message.author_id, message.client_id))
    if message.reacted_at is not None:
        await reactions.forget(tx, row.id, seq)
    if message.kind == Kind.NOTE:
        await mentions.forget(tx, row.id, seq)
    emptied = {"body": "", "payload": None, "quote_seq": None, "recalled_at": now(), "rev": rev}
    await store.change_message(tx, row.id, seq, emptied)
    await emit(tx, MessageChanged(conversation_id=row.id, seq=seq, rev=rev, recalled=True, told=told))


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
