"""One call of the interface. What its codes mean is not published."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching


class DataIn(Struct, frozen=True, kw_only=True):
    """Lifetimes are in seconds."""

    access_token: str = ""
    access_token_expires_in: float = 0
    refresh_token: str = ""
    message_id: str | int = ""


class AnswerIn(Struct, frozen=True, kw_only=True):
    success: bool = True
    code: int = 0
    msg: str | None = None
    data: DataIn | None = None


async def called(line: Line, path: str, body: Any, headers: dict[str, str] | None = None) -> DataIn:
    """The answer of a call that succeeded. Raises Retry, Turned and Expired."""
    url = line.account.settings.api_url.rstrip("/") + path
    with reaching():
        response = await line.http.post(url, json=body, headers=headers)
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
    if not answer.success or answer.code != 0 or not 200 <= status < 300:
        raise Turned(f"{answer.code} {answer.msg or ''}".rstrip(), status=status)
    return answer.data or DataIn()
