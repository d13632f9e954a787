"""One call of Weibo's interface, and what its error codes mean."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching

_EXPIRED = frozenset({21327, 21332})
_LIMITED = frozenset({10022, 10023})


class AnswerIn(Struct, frozen=True, kw_only=True):
    """What the calls used here answer, in one."""

    error: str = ""
    error_code: int = 0
    nickname: str = ""


async def called(line: Line, method: str, url: str, **parts: Any) -> AnswerIn:
    """The answer of a call that succeeded. Raises Retry, Turned and Expired."""
    with reaching():
        response = await line.http.request(method, url, **parts)
    return checked(response.status_code, response.content)


def checked(status: int, body: bytes) -> AnswerIn:
    """The code in the body says more than the status before it."""
    try:
        answer = msgspec.json.decode(body, type=AnswerIn, strict=False)
    except (msgspec.MsgspecError, UnicodeError):
        answer = AnswerIn()
    why = f"{answer.error_code} {answer.error}" if answer.error_code else f"HTTP {status}"
    if answer.error_code in _EXPIRED:
        raise Expired(why, status=status)
    if answer.error_code in _LIMITED or status == 429:
        raise Retry(why, status=status, fault="rate_limited")
    if status >= 500:
        raise Retry(why, status=status)
    if answer.error_code or not 200 <= status < 300:
        fault: Fault = "not_allowed" if status == 403 else "permanent"
        raise Turned(why, status=status, fault=fault)
    return answer
