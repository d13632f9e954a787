"""What agents send: replies and internal notes."""

from collections.abc import Callable
from uuid import UUID

from kezhan.conversations.items import Append, Appended, unheard
from kezhan.conversations.read import seen_head
from kezhan.conversations.schemas import FilePayload, Head, Kind, Send
from kezhan.conversations.see import require_hand
from kezhan.files.schemas import Owner
from kezhan.files.service import attach
from kezhan.kit.db import Tx
from kezhan.kit.errors import Refused
from kezhan.workspaces.authenticate import Caller
from kezhan.workspaces.permissions import Permission

Settle = Callable[[Append, Appended], None]


async def may_reply(tx: Tx, caller: Caller, conversation_id: UUID) -> Head:
    """The head, if the caller may write into this conversation. Raises NotFound, Forbidden."""
    head = await seen_head(tx, caller, conversation_id)
    require_hand(caller, head, Permission.CONVERSATION_REPLY)
    return head


def agent_item(caller: Caller, conversation_id: UUID, send: Send, done: Settle = unheard) -> Append:
    """A checked frame as the lane takes it. Raises Refused for an empty text."""
    check_body(send)
    return Append(
        workspace_id=caller.workspace_id,
        conversation_id=conversation_id,
        sender_id=caller.membership_id,
        client_id=send.client_id,
        author_kind="agent",
        author_id=caller.membership_id,
        author_name=caller.name,
        kind=send.kind,
        body=send.body,
        quote_seq=send.quote_seq,
        done=done,
    )


_WORDS = frozenset({"text", "note"})


def check_body(send: Send) -> None:
    if "\0" in send.body or "\0" in send.client_id:
        raise Refused("kit.bad_text", field="body")
    if send.file_id is None and not send.body.strip():
        raise Refused("conversations.empty", field="body")
    if (send.file_id is None) != (send.kind in _WORDS):
        raise Refused("conversations.kind_mismatch", field="kind")


async def file_payload(tx: Tx, item: Append, file_id: UUID, owner: Owner) -> None:
    """Put the uploaded file into the message; what it is (image or file) is the file's own nature."""
    file = await attach(tx, file_id, owner, f"{item.sender_id}:{item.client_id}")
    item.payload = FilePayload(
        file_id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        width=file.width,
        height=file.height,
        thumbnail=file.thumbnail,
    )
    item.kind = Kind.IMAGE if file.thumbnail else Kind.FILE


def refusal_of(answer: Appended) -> str | None:
    """The refusal code an outcome stands for; None where the message is stored."""
    return _REFUSALS.get(answer.outcome)


_REFUSALS = {
    "closed": "conversations.closed",
    "gone": "conversations.not_found",
    "refused": "conversations.not_accepted",
    "full": "kit.busy",
}
