"""`kwaisign: <hex MD5(raw body + app secret)>`. Nothing in it tells the time."""

import hashlib
import hmac

from kezhan.channels.base import Forged

HEADER = "kwaisign"


def signature(secret: str, body: bytes) -> str:
    """The header's value for `body`."""
    return hashlib.md5(body + secret.encode(), usedforsecurity=False).hexdigest()


def check_signature(header: str, secret: str, body: bytes) -> None:
    """Raises Forged unless `secret` has signed just these bytes."""
    if not secret:
        raise Forged("no app secret is set")
    if not hmac.compare_digest(signature(secret, body).encode(), header.encode("utf-8", "replace")):
        raise Forged("wrong signature")
