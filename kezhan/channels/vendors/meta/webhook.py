"""The webhooks of every Meta product: a handshake by GET, then calls whose raw bytes are signed.

`X-Hub-Signature-256: sha256=<hex HMAC-SHA256(app secret, raw body)>`.
"""

import hashlib
import hmac
from collections.abc import Callable, Sequence

import msgspec

from kezhan.channels.base import Account, Admitted, Answer, Came, Forged, Malformed, Request, Unreadable

HEADER = "x-hub-signature-256"


def signature(secret: str, body: bytes) -> str:
    """The header's value for `body`."""
    return f"sha256={hmac.digest(secret.encode(), body, 'sha256').hex()}"


def admit(
    request: Request, account: Account, parse: Callable[[Request, Account], Sequence[Came] | Unreadable]
) -> Admitted:
    """The account's secrets are `app_secret` and `verify_token`. A repeat may be packed otherwise than the
    first, so a call is known by what it means."""
    if request.method == "GET":
        return _handshake(request, account.secrets.verify_token)
    given, secret = request.headers.get(HEADER, ""), account.secrets.app_secret
    if not secret or not hmac.compare_digest(given.encode(), signature(secret, request.body).encode()):
        raise Forged("wrong signature")
    if request.method != "POST":
        raise Malformed("GET or POST expected")
    found = parse(request, account)
    meant = request.body if isinstance(found, Unreadable) or not found else msgspec.json.encode(found)
    return Admitted(dedup_key=hashlib.sha256(meant).hexdigest())


def _handshake(request: Request, verify_token: str) -> Admitted:
    query = request.query
    given = query.get("hub.verify_token", "")
    if not verify_token or not hmac.compare_digest(given.encode(), verify_token.encode()):
        raise Forged("wrong verify token")
    if query.get("hub.mode") != "subscribe":
        raise Malformed("hub.mode=subscribe expected")
    return Admitted(dedup_key=None, answer=Answer(body=query.get("hub.challenge", "")[:1000].encode()))
