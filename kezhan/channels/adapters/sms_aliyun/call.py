"""One call of the interface, and what its codes mean."""

from collections.abc import Mapping

import httpx2
import msgspec
from msgspec import Struct

from kezhan.channels.adapters.sms_aliyun.signature import Action, signed, written
from kezhan.channels.base import Expired, Fault, Line, Retry, Turned, reaching
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id

_VERSION = "2017-05-25"
_MINUTE, _HOUR = 60, 3600
_LATER = {"isv.BUSINESS_LIMIT_CONTROL": _MINUTE, "isv.DAY_LIMIT_CONTROL": _HOUR}
_FAULTS: dict[str, Fault] = {
    "isv.SMS_TEMPLATE_ILLEGAL": "not_allowed",
    "isv.SMS_SIGNATURE_ILLEGAL": "not_allowed",
    "isv.SIGN_STATE_ILLEGAL": "not_allowed",
    "isv.AMOUNT_NOT_ENOUGH": "not_allowed",
    "isv.OUT_OF_SERVICE": "not_allowed",
    "isp.RAM_PERMISSION_DENY": "not_allowed",
    "isv.BLACK_KEY_CONTROL_LIMIT": "content_rejected",
    "isv.PARAM_LENGTH_LIMIT": "too_long",
}


class AnswerIn(Struct, frozen=True, kw_only=True, rename="pascal"):
    """Business errors come with HTTP 200 too."""

    code: str
    message: str = ""
    biz_id: str = ""


async def called(line: Line, name: str, query: Mapping[str, str]) -> AnswerIn:
    """The answer of a call that succeeded. Raises Retry, Turned and Expired."""
    settings, secrets = line.account.settings, line.account.secrets
    if not settings.access_key_id or not secrets.access_key_secret:
        raise Turned("the AccessKey is not set", fault="not_allowed")
    with reaching():
        url = httpx2.URL(f"{settings.api_url.rstrip('/')}/?{written(query)}")
        action = Action(host=url.netloc.decode(), name=name, version=_VERSION, query=query)
        headers = signed(action, settings.access_key_id, secrets.access_key_secret, now(), str(new_id()))
        response = await line.http.post(url, headers=headers)
    return _checked(response.status_code, response.content)


def _checked(status: int, body: bytes) -> AnswerIn:
    try:
        answer = msgspec.json.decode(body, type=AnswerIn)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        if status == 429 or status >= 500:
            limited: Fault = "rate_limited" if status == 429 else "transient"
            raise Retry(f"HTTP {status}", status=status, fault=limited) from fault
        raise Turned(f"HTTP {status}", status=status, fault="not_understood") from fault
    code, why = answer.code, f"{answer.code} {answer.message}".strip()
    if code == "OK":
        return answer
    if code == "SignatureDoesNotMatch" or code.startswith("InvalidAccessKeyId"):
        raise Expired(why, status=status)
    if code in _LATER or code.startswith("Throttling"):
        raise Retry(why, after=_LATER.get(code, 0), status=status, fault="rate_limited")
    if status >= 500:
        raise Retry(why, status=status)
    raise Turned(why, status=status, fault=_FAULTS.get(code, "permanent"))
