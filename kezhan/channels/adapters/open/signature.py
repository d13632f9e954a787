"""`X-Kezhan-Signature: t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "<t>.<raw body>")>`, both directions."""

import hmac
import re
from collections.abc import Sequence
from datetime import datetime

from kezhan.channels.base import Forged
from kezhan.kit.crypto import stamp_digest, stamped

HEADER = "x-kezhan-signature"
SKEW_SECONDS = 300
_FORM = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def signature(secret: str, body: bytes, at: datetime) -> str:
    """The header's value for `body`."""
    return stamped(secret, body, at)


def check_signature(header: str, secrets: Sequence[str], body: bytes, at: datetime) -> None:
    """Raises Forged unless one of `secrets` has signed just these bytes within five minutes of `at`."""
    found = _FORM.fullmatch(header)
    if found is None:
        raise Forged("no signature")
    stamp, given = found.groups()
    if abs(at.timestamp() - int(stamp)) > SKEW_SECONDS:
        raise Forged("too old or too new")
    if not any(hmac.compare_digest(stamp_digest(secret, stamp, body), given) for secret in secrets):
        raise Forged("wrong signature")
