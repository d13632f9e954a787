"""One call of Douyin's interface, and what its error codes mean."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching

_EXPIRED = frozenset({10008, 2190002, 2190008})
_LATER: dict[int, Fault] = {2190001: "rate_limited", 28003018: "rate_limited", 2100004: "transient"}
_FAULTS: dict[int, Fault] = {
    10010: "token_expired",
    10020: "token_expired",
    2190003: "token_expired",
    2190004: "not_allowed",
    2190015: "not_allowed",
    2190016: "not_allowed",
    2100009: "recipient_blocked",
    28001038: "content_rejected",
    28003070: "window_closed",
    28003080: "window_closed",
    28003081: "window_closed",
    28003095: "not_allowed",
    28003101: "recipient_blocked",
    28029004: "not_allowed",
}
RENEWED_TOO_OFTEN = 10020


class DouyinTurned(Turned):
    """Refused, with the platform's own code."""

    def __init__(self, code: int, why: str, fault: Fault) -> None:
        super().__init__(f"{code} {why}".rstrip(), status=200, fault=fault)
        self.code = code


class DataIn(Struct, frozen=True, kw_only=True):
    """What the calls used here answer, in one; lifetimes are in seconds."""

    error_code: int = 0
    description: str = ""
    access_token: str = ""
    refresh_token: str = ""
    expires_in: float = 0
    refresh_expires_in: float = 0
    image_id: str = ""
    nickname: str = ""


class ExtraIn(Struct, frozen=True, kw_only=True):
    error_code: int = 0
    sub_error_code: int = 0
    description: str = ""
    sub_description: str = ""


class AnswerIn(Struct, frozen=True, kw_only=True):
    data: DataIn = DataIn()
    extra: ExtraIn = ExtraIn()
    msg_id: str = ""
    all_send_success: bool = True


async def called(line: Line, method: str, path: str, **parts: Any) -> AnswerIn:
    """The answer of a call that succeeded. Raises Retry, Turned and Expired."""
    with reaching():
        response = await line.http.request(method, line.account.settings.api_url.rstrip("/") + path, **parts)
    status = response.status_code
    if status == 429 or status >= 500:
        limited: Fault = "rate_limited" if status == 429 else "transient"
        raise Retry(f"HTTP {status}", status=status, fault=limited)
    try:
        answer = msgspec.json.decode(response.content, type=AnswerIn, strict=False)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise Turned(f"HTTP {status}", status=status, fault="not_understood") from fault
    _check(answer, status)
    return answer


def _check(answer: AnswerIn, status: int) -> None:
    """An error stands in `data`, in `extra`, or in both, and the finer code says more."""
    data, extra = answer.data, answer.extra
    codes = [code for code in (extra.sub_error_code, data.error_code, extra.error_code) if code]
    why = extra.sub_description or data.description or extra.description
    for code in codes:
        if code in _EXPIRED:
            raise Expired(f"{code} {why}", status=status)
        if code in _LATER:
            raise Retry(f"{code} {why}", status=status, fault=_LATER[code])
    if codes:
        code = next((code for code in codes if code in _FAULTS), codes[0])
        raise DouyinTurned(code, why, _FAULTS.get(code, "permanent"))
    if not 200 <= status < 300:
        raise Turned(f"HTTP {status}", status=status)
    if not answer.all_send_success:
        raise Turned("not sent", status=status)
