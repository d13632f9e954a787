"""What agents send: replies and internal notes."""

from collections.abc import Callable
from uuid import UUID

from kezhan.conversations import store
from kezhan.conversations.copies import copies_in, copies_of, with_copies
from kezhan.conversations.items import Append, Appended, unheard
from kezhan.conversations.read import seen_head
from kezhan.conversations.rich.card import card_payload, is_rich, use_of, words_of
from kezhan.conversations.schemas import (
    Ack,
    FilePayload,
    Head,
    Kind,
    NotePayload,
    Send,
    TranslatedPayload,
)
from kezhan.conversations.see import require_hand
from kezhan.files.schemas import FileOut, Owner
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
    """A checked frame as the lane takes it. Raises Refused for an empty text, Forbidden for a whisper without
    the right to supervise. Who is named must be checked besides (`mentions.name`), and who is copied to
    (`copies`)."""
    check_body(send)
    if send.tap is not None:
        raise Refused("realtime.not_allowed")
    rich = card_payload(send, ours=True)
    return Append(
        workspace_id=caller.workspace_id,
        conversation_id=conversation_id,
        sender_id=caller.membership_id,
        client_id=send.client_id,
        author_kind="agent",
        author_id=caller.membership_id,
        author_name=caller.name,
        kind=send.kind,
        body=send.body if rich is None else words_of(rich),
        payload=with_copies(
            rich or _note_payload(caller, send) or _translated_payload(send), copies_in(send)
        ),
        quote_seq=send.quote_seq,
        anyway=send.anyway,
        done=done,
    )


def _note_payload(caller: Caller, send: Send) -> NotePayload | None:
    """What a note has besides its text; None for a plain one."""
    names = bool(send.mentions or send.teams)
    if not names and not send.whisper:
        return None
    if send.kind != "note":
        raise Refused("conversations.mention_in_note" if names else "conversations.whisper_in_note", 409)
    if send.whisper:
        caller.require(Permission.CONVERSATION_SUPERVISE)
    members, teams = list(dict.fromkeys(send.mentions)), list(dict.fromkeys(send.teams))
    return NotePayload(mentions=members, teams=teams, whisper=send.whisper)


def _translated_payload(send: Send) -> TranslatedPayload | None:
    """What the writer has written, where the body is its translation."""
    original = send.original.strip()
    if not original or original == send.body.strip():
        return None
    if send.kind != "text" or send.file_id is not None:
        raise Refused("conversations.original_of_text", 409, field="original")
    return TranslatedPayload(original=original)


async def said_before(tx: Tx, caller: Caller, client_id: str) -> Ack | None:
    """The acknowledgement of what the caller has sent under this name already."""
    for key in await store.known_keys(tx, caller.membership_id, [client_id]):
        return Ack(client_id=client_id, conversation_id=key.conversation_id, seq=key.seq, repeated=True)
    return None


_WORDS = frozenset({"text", "note"})


def check_body(send: Send) -> None:
    if "\0" in send.body or "\0" in send.client_id or "\0" in send.original:
        raise Refused("kit.bad_text", field="body")
    bare = send.file_id is None and send.tap is None and not is_rich(send)
    if bare and not send.body.strip():
        raise Refused("conversations.empty", field="body")
    if (send.file_id is None) != (send.kind in _WORDS):
        raise Refused("conversations.kind_mismatch", field="kind")


def payload_of(file: FileOut) -> FilePayload:
    """What a message keeps of its file."""
    return FilePayload(
        file_id=file.id,
        name=file.name,
        media_type=file.media_type,
        size=file.size,
        width=file.width,
        height=file.height,
        thumbnail=file.thumbnail,
        unchecked=file.unchecked,
    )


async def file_payload(tx: Tx, item: Append, file_id: UUID, owner: Owner) -> None:
    """Put the uploaded file into the message; what it is (image or file) is the file's own nature."""
    file = await attach(tx, file_id, owner, use_of(item.sender_id, item.client_id))
    item.payload = with_copies(payload_of(file), copies_of(item.payload))
    item.kind = Kind.IMAGE if file.thumbnail else Kind.FILE


def refusal_of(answer: Appended) -> str | None:
    """The refusal code an outcome stands for; None where the message is stored."""
    return _REFUSALS.get(answer.outcome)


_REFUSALS = {
    "closed": "conversations.closed",
    "gone": "conversations.not_found",
    "refused": "conversations.not_accepted",
    "full": "kit.busy",
    "barred": "screening.barred",
    "warned": "screening.warned",
    "flooded": "shield.many_conversations",
}
