"""Who calls, and what it holds.

The robot's call has `timestamp` (milliseconds) and `sign` in its headers: the base64 of HMAC-SHA256 with the
app secret over the timestamp, a line's end and the app secret. It is good for an hour; its body is unsigned.
An event's call has its signature in the address and its body sealed, and wants a sealed "success".
"""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.dingtalk.settings import Secrets
from kezhan.channels.base import Account, Admitted, Answer, Forged, Malformed, Request
from kezhan.channels.vendors.dingtalk.crypto import opened, seal, signature
from kezhan.kit.loose import read, word

OLDEST_SECONDS = 3600
_TAKEN = Answer(body=b"{}", media_type="application/json")


def sign(app_secret: str, timestamp: str) -> str:
    """The header's value."""
    digest = hmac.digest(app_secret.encode(), f"{timestamp}\n{app_secret}".encode(), "sha256")
    return base64.b64encode(digest).decode()


def opened_body(raw: bytes, secrets: Secrets) -> dict[str, Any]:
    """The body, taken out of its envelope where it is in one. Raises ValueError."""
    body = read(raw)
    sealed = word(body, "encrypt")
    return read(opened(sealed, secrets.aes_key)[0]) if sealed else body


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """A robot's call is kept, an event's only answered: none of them is about a chat."""
    if request.method != "POST":
        raise Malformed("POST expected")
    if request.query.get("msg_signature") or request.query.get("signature"):
        return _event(request, account.secrets)
    _check_sign(request, account.secrets, at)
    return Admitted(dedup_key=key_of(request.body, account.secrets), answer=_TAKEN)


def key_of(raw: bytes, secrets: Secrets) -> str:
    """The message's own id. What cannot be read is kept as well, by its digest."""
    try:
        known = word(opened_body(raw, secrets), "msgId")
    except ValueError:
        known = ""
    return known[:200] or hashlib.sha256(raw).hexdigest()


def _check_sign(request: Request, secrets: Secrets, at: datetime) -> None:
    stamp, given = request.headers.get("timestamp", ""), request.headers.get("sign", "")
    if not secrets.app_secret or not given:
        raise Forged("no signature")
    if not stamp.isdecimal() or len(stamp) > 15 or abs(at.timestamp() - int(stamp) / 1000) > OLDEST_SECONDS:
        raise Forged("too old or too new")
    if not hmac.compare_digest(sign(secrets.app_secret, stamp).encode(), given.encode()):
        raise Forged("wrong signature")


def _event(request: Request, secrets: Secrets) -> Admitted:
    given = request.query.get("msg_signature") or request.query.get("signature", "")
    stamp, nonce = request.query.get("timestamp", ""), request.query.get("nonce", "")
    if not secrets.token or not secrets.aes_key:
        raise Forged("no token and aes_key are set")
    try:
        sealed = word(read(request.body), "encrypt")
        if not hmac.compare_digest(signature(secrets.token, stamp, nonce, sealed).encode(), given.encode()):
            raise Forged("wrong signature")
        text, owner = opened(sealed, secrets.aes_key)
        told = read(text)
    except ValueError as fault:
        raise Forged(f"not sealed for this app: {fault}") from fault
    if word(told, "msgId"):
        return Admitted(dedup_key=word(told, "msgId")[:200], answer=_TAKEN)
    return Admitted(dedup_key=None, answer=_success(secrets, stamp, nonce, owner, sealed))


def _success(secrets: Secrets, stamp: str, nonce: str, owner: str, asked: str) -> Answer:
    # The random part has nothing to hide here: it follows from what was asked, and a repeat has the same.
    answer = seal(b"success", secrets.aes_key, owner, hashlib.sha256(asked.encode()).digest()[:16])
    said = {
        "msg_signature": signature(secrets.token, stamp, nonce, answer),
        "timeStamp": stamp,
        "nonce": nonce,
        "encrypt": answer,
    }
    return Answer(body=msgspec.json.encode(said), media_type="application/json")
