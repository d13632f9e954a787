"""What Xiaohongshu posts: an envelope whose `content` is encrypted JSON. Which of its fixed paths was called
stands in the query (`event`); without it, it is a message.

{"message_id": "…", "message_type": "TEXT", "from_user_id": "…", "to_user_id": "…",
 "timestamp": 1700000000000, "content": "<iv>~split~<data>"}                  and inside: {"text": "hello"}

Names of the envelope may stand inside the encrypted part as well.
"""

import hashlib
from datetime import UTC, datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.xiaohongshu.crypto import decrypted
from kezhan.channels.adapters.xiaohongshu.signature import check_signature
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Forged,
    Happened,
    Inbound,
    Malformed,
    Person,
    Request,
    Unreadable,
)

_SAID = "send"
_ABOUT_US = frozenset({"bind_account", "unbind_account", "bind_user"})
_SHOWN = {"IMAGE": "[图片]", "VIDEO": "[视频]", "CARD": "[卡片]"}
_ID = 200
_MILLISECONDS = 10**11
_HEARD = Answer(body=b'{"success":true}', media_type="application/json")


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Encrypted by the account's key, and signed where the account says so."""
    if not account.secrets.aes_key:
        raise Forged("no encryption key is set")
    if account.settings.check_signature:
        check_signature(request, account)
    told = _read(request.body, account.secrets.aes_key)
    if isinstance(told, Unreadable):
        raise Forged(told.why)
    if request.method != "POST":
        raise Malformed("POST expected")
    return Admitted(dedup_key=_key(told, request.body), answer=_HEARD)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One message, or something else that concerns a customer, or nothing."""
    told = _read(request.body, account.secrets.aes_key)
    if isinstance(told, Unreadable):
        return told
    key, event = _key(told, request.body), request.query.get("event") or _SAID
    if event in _ABOUT_US:
        return []
    if event != _SAID:
        customer = _text(told, "user_id") or _text(told, "from_user_id")
        name = _text(told, "nick_name")
        person = Person(name=name) if name else None
        return [Happened(external_id=customer, dedup_key=key, event=event, person=person)] if customer else []
    sender, own = _text(told, "from_user_id"), account.settings.user_id
    ours = bool(own) and sender == own
    customer = _text(told, "to_user_id") if ours else sender
    if not customer:
        return Unreadable("Expected from_user_id")
    return [_message(told, customer, key, ours=ours)]


def _message(told: dict[str, Any], customer: str, key: str, *, ours: bool) -> Inbound:
    kind, text = _text(told, "message_type"), _text(told, "text")
    return Inbound(
        external_id=customer,
        dedup_key=key,
        kind="text" if text else "unsupported",
        text=text or _SHOWN.get(kind.upper(), ""),
        message_id=_text(told, "message_id"),
        sent_at=_moment(told.get("timestamp")),
        original_kind=kind,
        ours=ours,
    )


def _read(body: bytes, key: str) -> dict[str, Any] | Unreadable:
    """Envelope and content in one. Where both have a name, what is encrypted counts."""
    try:
        envelope = msgspec.json.decode(body, type=dict[str, Any])
        content = envelope.pop("content", None)
        plain = decrypted(key, content) if isinstance(content, str) else None
        if plain is None:
            return Unreadable("Expected content encrypted by the account's key")
        return {**envelope, **msgspec.json.decode(plain, type=dict[str, Any])}
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])


def _key(told: dict[str, Any], body: bytes) -> str:
    return _text(told, "message_id") or hashlib.sha256(body).hexdigest()


def _text(told: dict[str, Any], name: str) -> str:
    """A text or number; a name too long to be one is none."""
    value = told.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    written = str(value)
    return written if name == "text" or len(written) <= _ID else ""


def _moment(given: Any) -> datetime | None:
    """Unix seconds or milliseconds."""
    if isinstance(given, bool) or not isinstance(given, int) or given <= 0:
        return None
    try:
        return datetime.fromtimestamp(given / 1000 if given > _MILLISECONDS else given, UTC)
    except (OverflowError, ValueError, OSError):
        return None
