"""`X-Douyin-Signature: <hex SHA-1(secret + raw body)>`. Nothing in it tells the time."""

import hashlib
import hmac

from kezhan.channels.base import Forged

HEADER = "x-douyin-signature"


def signature(secret: str, body: bytes) -> str:
    """The header's value for `body`."""
    return hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()


def check_signature(header: str, secret: str, body: bytes) -> None:
    """Raises Forged unless `secret` has signed just these bytes."""
    if not secret:
        raise Forged("no secret is set")
    if not hmac.compare_digest(signature(secret, body).encode(), header.encode("utf-8", "replace")):
        raise Forged("wrong signature")
