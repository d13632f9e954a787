"""One call of the interface. `result` 1 is success; what its other values mean is not published."""

from collections.abc import Mapping
from typing import Any

import httpx2
import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching

_GOOD = 1


class AnswerIn(Struct, frozen=True, kw_only=True):
    result: int = _GOOD
    error_msg: str = ""
    access_token: str = ""
    expires_in: float = 0
    message_id: str | int = ""


async def called(line: Line, url: str, query: Mapping[str, str] | None = None, **parts: Any) -> AnswerIn:
    """The answer of a call that succeeded; `query` is added to what the address has. Raises Retry, Turned and
    Expired."""
    with reaching():
        response = await line.http.post(httpx2.URL(url).copy_merge_params(query or {}), **parts)
    status = response.status_code
    if status == 401:
        raise Expired(status=status)
    if status in {408, 429} or status >= 500:
        limited: Fault = "rate_limited" if status == 429 else "transient"
        raise Retry(f"HTTP {status}", status=status, fault=limited)
    try:
        answer = msgspec.json.decode(response.content, type=AnswerIn, strict=False)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise Turned(f"HTTP {status}", status=status, fault="not_understood") from fault
    if answer.result != _GOOD or not 200 <= status < 300:
        raise Turned(f"{answer.result} {answer.error_msg}".rstrip(), status=status)
    return answer
