"""The error codes of both hosts and what each means for a message."""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Retry, Turned


class Meaning(Struct, frozen=True):
    """`after`: seconds until it is worth another try."""

    fate: Literal["retry", "turned", "expired"]
    fault: Fault
    after: float = 0


Meanings = Mapping[int, Meaning]


class Refused(Turned):
    """With the platform's own number for it."""

    def __init__(self, why: str, code: int, fault: Fault) -> None:
        super().__init__(why, fault=fault)
        self.code = code


_BUSY = Meaning("retry", "transient")
_BAD_TOKEN = Meaning("expired", "token_expired")
_BAD_SECRET = Meaning("turned", "token_expired")
_SOON = Meaning("retry", "rate_limited", 60)
_LATER = Meaning("retry", "rate_limited", 3600)
_NOT_ALLOWED = Meaning("turned", "not_allowed")
_BLOCKED = Meaning("turned", "recipient_blocked")
_CLOSED = Meaning("turned", "window_closed")
_BAD_FILE = Meaning("turned", "media_error")
_TOO_LONG = Meaning("turned", "too_long")
_REFUSED = Meaning("turned", "content_rejected")

OFFICIAL: Meanings = {
    -1: _BUSY,
    **dict.fromkeys((40001, 40014, 42001), _BAD_TOKEN),
    **dict.fromkeys((40013, 40125), _BAD_SECRET),
    **dict.fromkeys(range(40004, 40010), _BAD_FILE),
    **dict.fromkeys((43004, 43019, 43101, 48002, 50005), _BLOCKED),
    45002: _TOO_LONG,
    45009: _LATER,
    45011: _SOON,
    **dict.fromkeys((45015, 45047), _CLOSED),
    **dict.fromkeys((40164, 48001, 48004, 50002), _NOT_ALLOWED),
    **dict.fromkeys(range(61451, 61459), _NOT_ALLOWED),
    **dict.fromkeys(range(65400, 65418), _NOT_ALLOWED),
    87014: _REFUSED,
}
"""Of api.weixin.qq.com for official accounts."""

MINI: Meanings = {**OFFICIAL, 45009: _SOON}
"""Of the same host for mini-programs, whose quota is of a minute and not of a day."""

WORK: Meanings = {
    -1: _BUSY,
    **dict.fromkeys((40014, 41001, 42001), _BAD_TOKEN),
    **dict.fromkeys((40001, 40013), _BAD_SECRET),
    **dict.fromkeys(range(40004, 40010), _BAD_FILE),
    45002: _TOO_LONG,
    **dict.fromkeys((45009, 45033), _SOON),
    **dict.fromkeys((60111, 81013, 84061), _BLOCKED),
    **dict.fromkeys((40056, 48002, 60011, 60020, 301002), _NOT_ALLOWED),
    **dict.fromkeys((95000, 95004, 95011, 95012, 95016, 95017, 95018), _NOT_ALLOWED),
    **dict.fromkeys((95001, 95013), _CLOSED),
}
"""Of qyapi.weixin.qq.com for WeCom apps and WeChat Customer Service."""

ROBOT: Meanings = {
    -1: _BUSY,
    40058: _REFUSED,
    45002: _TOO_LONG,
    **dict.fromkeys((45009, 45033), _SOON),
    **dict.fromkeys((48002, 60020, 301002), _NOT_ALLOWED),
}
"""Of the same host for the addresses by which robots answer: no token goes along."""

_OTHER = Meaning("turned", "permanent")


def check(answer: Mapping[str, Any], meanings: Meanings) -> None:
    """Raises what the answer's errcode means; none, and 0, is good."""
    code = answer.get("errcode", 0)
    if code == 0:
        return
    said = str(answer.get("errmsg", ""))
    why = f"{code} {said}"[:300]
    meaning = meanings.get(code, _OTHER) if isinstance(code, int) else _OTHER
    if meaning.fate == "expired":
        raise Expired(why)
    if meaning.fate == "retry":
        raise Retry(why, after=meaning.after, fault=meaning.fault)
    raise Refused(why, code if isinstance(code, int) else 0, meaning.fault)


def check_status(status: int) -> None:
    """Raises what an HTTP status means; these hosts answer their own errors with 200."""
    if status == 429:
        raise Retry("HTTP 429", status=status, fault="rate_limited")
    if status >= 500 or status == 408:
        raise Retry(f"HTTP {status}", status=status)
    if status != 200:
        raise Turned(f"HTTP {status}", status=status)
