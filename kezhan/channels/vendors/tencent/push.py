"""A push of the platform: `?signature=…&timestamp=…&nonce=…` around a plain or sealed body.

A plain push has `signature` over token, timestamp and nonce; a sealed one `msg_signature` over these and the
sealed text, which stands in the body as Encrypt (of robots, encrypt). A sealed text beside plain fields is
the one that counts.
"""

import hashlib
import hmac
from datetime import datetime

from msgspec import Struct

from kezhan.channels.base import Admitted, Answer, Forged, Malformed, Request, Unreadable
from kezhan.channels.vendors.tencent.crypto import Unsealable, signature, unseal
from kezhan.channels.vendors.tencent.fields import Fields, read, word

SKEW_SECONDS = 300
SUCCESS = Answer(body=b"success")


class Keys(Struct, frozen=True, kw_only=True):
    """What an account's pushes are checked and opened by. `receiver`: its app id or corp id. `plain`: pushes
    that are not sealed are taken too."""

    token: str
    aes_key: str
    receiver: str
    plain: bool = False


def admitted(request: Request, keys: Keys, at: datetime) -> Admitted:
    """A genuine push and the key of its repeats. Raises Forged and Malformed."""
    content = genuine(request, keys, at)
    key = key_of(read(content) or {}) or hashlib.sha256(content).hexdigest()
    return Admitted(dedup_key=key, answer=SUCCESS)


def genuine(request: Request, keys: Keys, at: datetime) -> bytes:
    """What a genuine push holds. Raises Forged and Malformed."""
    if request.method != "POST":
        raise Malformed("GET with echostr or POST expected")
    sealed = _sealed(request.body)
    if sealed:
        _check(request, "msg_signature", keys, at, sealed)
        return _opened(keys, sealed)
    if not keys.plain:
        raise Forged("not sealed")
    _check(request, "signature", keys, at)
    return request.body


def hello(request: Request, keys: Keys, at: datetime, *, sealed: bool) -> Admitted:
    """The handshake's answer: the echostr, opened where it comes `sealed`. Raises Forged and Malformed."""
    # Where the blank stands, the platform has written a plus that some proxy has taken for one.
    echo = request.query.get("echostr", "").replace(" ", "+")
    if not echo:
        raise Malformed("no echostr")
    if not sealed:
        _check(request, "signature", keys, at)
        return Admitted(dedup_key=None, answer=Answer(body=echo.encode()))
    _check(request, "msg_signature", keys, at, echo)
    return Admitted(dedup_key=None, answer=Answer(body=_opened(keys, echo)))


def fields(request: Request, keys: Keys) -> Fields | Unreadable:
    """What an admitted push says."""
    sealed = _sealed(request.body)
    try:
        content = unseal(keys.aes_key, keys.receiver, sealed) if sealed else request.body
    except Unsealable as fault:
        return Unreadable(str(fault))
    found = read(content)
    return Unreadable("neither XML nor a JSON object") if found is None else found


def _check(request: Request, name: str, keys: Keys, at: datetime, *more: str) -> None:
    stamp = request.query.get("timestamp", "")
    if not keys.token:
        raise Forged("no token is set")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise Forged("no timestamp")
    if abs(at.timestamp() - int(stamp)) > SKEW_SECONDS:
        raise Forged("too old or too new")
    expected = signature(keys.token, stamp, request.query.get("nonce", ""), *more)
    given = request.query.get(name, "").encode("utf-8", "replace")
    if not hmac.compare_digest(expected.encode(), given):
        raise Forged("wrong signature")


def _opened(keys: Keys, sealed: str) -> bytes:
    try:
        return unseal(keys.aes_key, keys.receiver, sealed)
    except Unsealable as fault:
        raise Forged(str(fault)) from fault


def _sealed(body: bytes) -> str:
    found = read(body) or {}
    return word(found, "Encrypt") or word(found, "encrypt")


def key_of(found: Fields) -> str:
    """The same for every repeat: a message has an id, an event is told from others by who, when and what;
    empty where there is neither."""
    message_id = word(found, "MsgId")
    if message_id.strip("0"):
        return message_id
    # What WeCom says by itself has no sender.
    sender, sent_at = word(found, "FromUserName") or word(found, "ToUserName"), word(found, "CreateTime")
    if not (sender and sent_at):
        return ""
    told = [word(found, name) for name in ("Event", "ChangeType", "EventKey", "MsgID", "OpenKfId", "Token")]
    return ":".join([sender, sent_at, *told])
