"""What the platform posts, bare or within `{"encrypt": "…"}`; the first version has other names for the same:

{"schema": "2.0", "header": {"event_id", "event_type", "create_time", "token", "app_id", …}, "event": {…}}
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.feishu.card import PRESSED, came_press
from kezhan.channels.adapters.feishu.content import parts
from kezhan.channels.adapters.feishu.crypto import card_signature, opened, signature
from kezhan.channels.adapters.feishu.old import modern
from kezhan.channels.adapters.feishu.person import UNION
from kezhan.channels.adapters.feishu.reactions import CREATED, DELETED, came_reaction
from kezhan.channels.adapters.feishu.ticket import NO_TOPIC
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Forged,
    Happened,
    Inbound,
    Malformed,
    Opening,
    Person,
    Progress,
    Recalled,
    Request,
    Unreadable,
)
from kezhan.kit.loose import moment, read, rows, word

SIGNATURE, STAMP, NONCE = "x-lark-signature", "x-lark-request-timestamp", "x-lark-request-nonce"
OLDEST_SECONDS = 12 * 3600
"""A call is repeated for seven hours, and nothing says that its repeats are signed anew."""
_TAKEN = Answer(body=b"{}", media_type="application/json")
# Their operator is the customer herself; of all others the group comes first.
_HERS = frozenset({"im.chat.access_event.bot_p2p_chat_entered_v1", "p2p_chat_create", PRESSED, "card"})
# A group is open to the robot from when it is let in until it is taken out; there is no other window.
_OPENINGS = {
    "im.chat.member.bot.added_v1": Opening(seconds=10 * 365 * 24 * 3600),
    "im.chat.member.bot.deleted_v1": Opening(seconds=0),
    "im.chat.disbanded_v1": Opening(seconds=0),
}


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed where there is an encrypt key, else with the verification token in it."""
    if request.method != "POST":
        raise Malformed("POST expected")
    secrets, signed = account.secrets, bool(request.headers.get(SIGNATURE))
    if signed:
        _check_signature(request, secrets, at)
    try:
        body = _opened(request.body, secrets.encrypt_key)
    except ValueError as fault:
        if not signed:
            raise Forged(f"not sealed for this app: {fault}") from fault
        body = {}  # genuine, so it is kept, and told to be unreadable
    if word(body, "type") == "url_verification":
        _check_token(word(body, "token"), secrets.verification_token)
        answer = msgspec.json.encode({"challenge": word(body, "challenge")})
        return Admitted(dedup_key=None, answer=Answer(body=answer, media_type="application/json"))
    if not signed:
        if secrets.encrypt_key:
            raise Forged("no signature")
        _check_token(word(body, "header", "token") or word(body, "token"), secrets.verification_token)
    return Admitted(dedup_key=_key(body, request.body), answer=_TAKEN)


def _check_signature(request: Request, secrets: Any, at: datetime) -> None:
    given, stamp, nonce = (request.headers.get(name, "") for name in (SIGNATURE, STAMP, NONCE))
    if not stamp.isdecimal() or len(stamp) > 12 or abs(at.timestamp() - int(stamp)) > OLDEST_SECONDS:
        raise Forged("too old or too new")
    wanted = []
    if secrets.encrypt_key:
        wanted.append(signature(stamp, nonce, secrets.encrypt_key, request.body))
    if secrets.verification_token:
        wanted.append(card_signature(stamp, nonce, secrets.verification_token, request.body))
    if not any(hmac.compare_digest(one.encode(), given.encode()) for one in wanted):
        raise Forged("wrong signature")


def _check_token(given: str, wanted: str) -> None:
    if not wanted or not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise Forged("wrong token")


def _opened(raw: bytes, encrypt_key: str) -> dict[str, Any]:
    """The body, taken out of its envelope. Raises ValueError."""
    body = read(raw)
    sealed = word(body, "encrypt")
    return read(opened(sealed, encrypt_key)) if sealed else body


def _key(body: Mapping[str, Any], raw: bytes) -> str:
    known = word(body, "header", "event_id") or word(body, "uuid")
    return known[:200] or hashlib.sha256(raw).hexdigest()


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One event: a message with its parts, what became of one, or something else that happened."""
    try:
        body = _opened(request.body, account.secrets.encrypt_key)
    except ValueError as fault:
        return Unreadable(str(fault)[:300])
    kind, event = _event(body)
    if not kind:
        return Unreadable("Expected an event")
    reader = _READERS.get(kind)
    return reader(event) if reader is not None else _other(kind, event, _key(body, request.body))


def _other(kind: str, event: Mapping[str, Any], key: str) -> Sequence[Came]:
    """A reaction, a button pressed, or something nobody is disturbed by."""
    found: Sequence[Came] | None = None
    if kind in {CREATED, DELETED}:
        found = came_reaction(kind, event)
    elif kind == PRESSED:
        found = came_press(event, key)
    if found is not None:
        return found
    who = _who(kind, event)
    return [Happened(external_id=who, dedup_key=key, event=kind, opening=_OPENINGS.get(kind))] if who else []


def _event(body: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if word(body, "type") == "event_callback":
        return modern(body)
    if "action" in body and word(body, "open_id"):
        return "card", {"operator_id": {"open_id": word(body, "open_id")}}
    event = body.get("event")
    return word(body, "header", "event_type"), event if isinstance(event, dict) else {}


def _message(event: Mapping[str, Any]) -> Sequence[Came] | Unreadable:
    message = event.get("message")
    sender, chat_id = word(event, "sender", "sender_id", "open_id"), word(message, "chat_id")
    alone = word(message, "chat_type") == "p2p"
    external_id = (sender if alone else "") or chat_id or sender
    message_id = word(message, "message_id")
    if not isinstance(message, dict) or not external_id or not message_id:
        return Unreadable("Expected message_id and chat_id - at `$.event.message`")
    union_id = word(event, "sender", "sender_id", "union_id")
    in_topic = bool(word(message, "thread_id")) or word(message, "chat_type") == "topic_group"
    return [
        Inbound(
            external_id=external_id,
            dedup_key=_part_id(message_id, number),
            kind="unsupported" if not part.known else "file" if part.file is not None else "text",
            text=part.text,
            file=part.file,
            person=Person(union=UNION + union_id) if alone and union_id else None,
            speaker="" if alone else sender,
            speaker_id="" if alone else sender,
            message_id=_part_id(message_id, number),
            quote_id="" if in_topic or number else word(message, "parent_id"),
            sent_at=moment(word(message, "create_time")),
            original_kind=word(message, "message_type"),
            ticket=message_id if in_topic else NO_TOPIC,
        )
        for number, part in enumerate(parts(message))
    ]


def _part_id(message_id: str, number: int) -> str:
    """A post has a name for itself and one for each picture in it."""
    return f"{message_id}#{number}" if number else message_id


def _recalled(event: Mapping[str, Any]) -> Sequence[Came] | Unreadable:
    message_id, chat_id = word(event, "message_id"), word(event, "chat_id")
    if not message_id or not chat_id:
        return Unreadable("Expected message_id and chat_id - at `$.event`")
    return [Recalled(external_id=chat_id, message_id=message_id)]


def _read(event: Mapping[str, Any]) -> Sequence[Came]:
    reader = word(event, "reader", "reader_id", "open_id")
    ids = [word(one) for one in rows(event, "message_id_list")]
    return [Progress(external_id=reader, state="read", message_id=one) for one in ids if one and reader]


_READERS: Mapping[str, Callable[[Mapping[str, Any]], Sequence[Came] | Unreadable]] = {
    "im.message.receive_v1": _message,
    "im.message.recalled_v1": _recalled,
    "im.message.message_read_v1": _read,
}


def _who(kind: str, event: Mapping[str, Any]) -> str:
    chat_id = word(event, "chat_id") or word(event, "context", "open_chat_id")
    hers = next(
        (
            found
            for name in ("operator_id", "user_id", "operator", "user")
            if (found := word(event, name, "open_id"))
        ),
        "",
    )
    return hers or chat_id if kind in _HERS else chat_id or hers
