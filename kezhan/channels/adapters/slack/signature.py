"""`X-Slack-Signature: v0=<hex HMAC-SHA256(secret, "v0:<timestamp>:<raw body>")>`, good for five minutes."""

import hmac
from datetime import datetime

from kezhan.channels.base import Forged, Request

HEADER, STAMP = "x-slack-signature", "x-slack-request-timestamp"
SKEW_SECONDS = 300


def signature(secret: str, stamp: str, body: bytes) -> str:
    """The header's value for `body`."""
    return f"v0={hmac.digest(secret.encode(), f'v0:{stamp}:'.encode() + body, 'sha256').hex()}"


def check_signature(request: Request, secret: str, at: datetime) -> None:
    """Raises Forged unless `secret` has signed just these bytes within five minutes of `at`."""
    given, stamp = request.headers.get(HEADER, ""), request.headers.get(STAMP, "")
    if not secret or not given:
        raise Forged("no signature")
    if not stamp.isdecimal() or len(stamp) > 12 or abs(at.timestamp() - int(stamp)) > SKEW_SECONDS:
        raise Forged("too old or too new")
    if not hmac.compare_digest(signature(secret, stamp, request.body).encode(), given.encode()):
        raise Forged("wrong signature")
