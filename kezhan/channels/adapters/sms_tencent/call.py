"""One call of the interface, and what its codes mean."""

from typing import Any, NoReturn

import httpx2
import msgspec
from msgspec import Struct

from kezhan.channels.adapters.sms_tencent.signature import authorization
from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching
from kezhan.kit.clock import now

_SERVICE, _VERSION = "sms", "2021-01-11"
_MINUTE, _HOUR = 60, 3600
_LATER = {
    "LimitExceeded.PhoneNumberThirtySecondLimit": 30,
    "LimitExceeded.DeliveryFrequencyLimit": _MINUTE,
    "LimitExceeded.PhoneNumberOneHourLimit": _HOUR,
    "LimitExceeded.PhoneNumberDailyLimit": 6 * _HOUR,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": 6 * _HOUR,
    "LimitExceeded.AppDailyLimit": 6 * _HOUR,
    "LimitExceeded.AppMainlandChinaDailyLimit": 6 * _HOUR,
    "FailedOperation.MarketingSendTimeConstraint": _HOUR,
    "RequestLimitExceeded": 0,
}
_CLOCK = "AuthFailure.SignatureExpire"
_FAULTS: dict[str, Fault] = {
    "UnauthorizedOperation.RequestIpNotInWhitelist": "not_allowed",
    "UnauthorizedOperation.ServiceSuspendDueToArrears": "not_allowed",
    "FailedOperation.InsufficientBalanceInSmsPackage": "not_allowed",
    "FailedOperation.TemplateIncorrectOrUnapproved": "not_allowed",
    "FailedOperation.SignatureIncorrectOrUnapproved": "not_allowed",
    "FailedOperation.PhoneNumberInBlacklist": "recipient_blocked",
    "FailedOperation.ContainSensitiveWord": "content_rejected",
    "InvalidParameterValue.TemplateParameterLengthLimit": "too_long",
    "InvalidParameterValue.ContentLengthLimit": "too_long",
}


class ErrorIn(Struct, frozen=True, kw_only=True, rename="pascal"):
    code: str
    message: str = ""


class StatusIn(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What became of one number."""

    code: str = "Ok"
    message: str = ""
    serial_no: str = ""


class ResponseIn(Struct, frozen=True, kw_only=True, rename="pascal"):
    error: ErrorIn | None = None
    send_status_set: list[StatusIn] = []


class AnswerIn(Struct, frozen=True, kw_only=True, rename="pascal"):
    response: ResponseIn


async def called(line: Line, action: str, told: Any) -> ResponseIn:
    """The answer of a call that succeeded. Raises Retry, Turned and Expired."""
    settings, secrets = line.account.settings, line.account.secrets
    if not settings.secret_id or not secrets.secret_key:
        raise Turned("the secret ID or key is not set", fault="not_allowed")
    body, at = msgspec.json.encode(told), now()
    with reaching():
        url = httpx2.URL(settings.api_url.rstrip("/") + "/")
        signed = {"content-type": "application/json", "host": url.netloc.decode()}
        headers = {
            **signed,
            "authorization": authorization(
                _SERVICE, signed, body, settings.secret_id, secrets.secret_key, at
            ),
            "x-tc-action": action,
            "x-tc-version": _VERSION,
            "x-tc-timestamp": str(int(at.timestamp())),
            "x-tc-region": settings.region,
        }
        response = await line.http.post(url, content=body, headers=headers)
    return _checked(response.status_code, response.content)


def _checked(status: int, body: bytes) -> ResponseIn:
    try:
        answer = msgspec.json.decode(body, type=AnswerIn).response
    except (msgspec.MsgspecError, UnicodeError) as fault:
        if status == 429 or status >= 500:
            limited: Fault = "rate_limited" if status == 429 else "transient"
            raise Retry(f"HTTP {status}", status=status, fault=limited) from fault
        raise Turned(f"HTTP {status}", status=status, fault="not_understood") from fault
    if answer.error is not None:
        refuse(answer.error.code, answer.error.message)
    return answer


def refuse(code: str, message: str) -> NoReturn:
    """Raises what a code means, of the whole call or of one number."""
    why = f"{code} {message}".strip()
    if code == _CLOCK or code.startswith("InternalError"):
        raise Retry(why, status=200)
    if code in _LATER or code.startswith("RequestLimitExceeded"):
        raise Retry(why, after=_LATER.get(code, 0), status=200, fault="rate_limited")
    if code.startswith("AuthFailure"):
        raise Expired(why, status=200)
    raise Turned(why, status=200, fault=_FAULTS.get(code, "permanent"))
