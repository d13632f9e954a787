"""What a message says, plain, to somebody who has said why she needs it."""

from uuid import UUID

from msgspec import Struct

from kezhan.audit.service import record
from kezhan.conversations import store
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import TranslatedPayload
from kezhan.kit.db import Tx
from kezhan.kit.errors import NotFound
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.masking.reveal import count_reveal
from kezhan.workspaces.masking.schemas import Reason, RevealDetail, Revealed


class MessageReveal(Struct, frozen=True, kw_only=True):
    reason: Reason


async def reveal(tx: Tx, caller: Caller, conversation_id: UUID, seq: int, form: MessageReveal) -> Revealed:
    """Raises NotFound for a conversation out of sight and for a message that says nothing; Refused 429."""
    count_reveal(caller)
    await seen_head(tx, caller, conversation_id)
    message = await store.message(tx, conversation_id, seq)
    if message is None or not message.body:
        raise NotFound("conversations.not_found")
    detail = RevealDetail(what=f"message:{seq}", reason=form.reason.strip())
    await record(tx, caller, "conversation.reveal", "conversation", conversation_id, detail=detail)
    payload = message.payload
    return Revealed(value=payload.original if isinstance(payload, TranslatedPayload) else message.body)
