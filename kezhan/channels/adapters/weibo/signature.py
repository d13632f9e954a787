"""`signature=<hex SHA-1 of app secret, timestamp and nonce, sorted and joined>` in the query. The body is not
covered by it."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

from kezhan.channels.base import Forged

SKEW_SECONDS = 300


def signature(secret: str, timestamp: str, nonce: str) -> str:
    joined = "".join(sorted((secret, timestamp, nonce)))
    return hashlib.sha1(joined.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()


def check_signature(query: Mapping[str, str], secret: str, at: datetime) -> None:
    """Raises Forged unless `secret` has signed the query within five minutes of `at`."""
    if not secret:
        raise Forged("no app secret is set")
    stamp, given = query.get("timestamp", ""), query.get("signature", "")
    expected = signature(secret, stamp, query.get("nonce", ""))
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
        raise Forged("wrong signature")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= 12):
        raise Forged("no timestamp")
    if abs(at.timestamp() - int(stamp)) > SKEW_SECONDS:
        raise Forged("too old or too new")
