"""One call of Twilio's interface, and what its errors mean."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.sms_twilio.inbound import FAULTS
from kezhan.channels.base import Expired, Line, Retry, Turned, reaching

_VERSION = "/2010-04-01/Accounts/"


class NumberIn(Struct, frozen=True, kw_only=True):
    sid: str


class AnswerIn(Struct, frozen=True, kw_only=True):
    """What the calls used here answer, in one; a fault has `code` and `message`."""

    sid: str = ""
    code: int | None = None
    message: str | None = None
    friendly_name: str | None = None
    incoming_phone_numbers: list[NumberIn] = []


def opened(line: Line) -> tuple[str, str]:
    """User and password of the interface."""
    settings, secrets = line.account.settings, line.account.secrets
    if settings.api_key_sid:
        return settings.api_key_sid, secrets.api_key_secret
    return settings.account_sid, secrets.auth_token


async def called(line: Line, method: str, path: str, **parts: Any) -> AnswerIn:
    """The answer of a call of this account (`path` after its SID) that succeeded. Raises Retry, Turned and
    Expired."""
    settings = line.account.settings
    if not settings.account_sid:
        raise Turned("the account SID is not set", fault="not_allowed")
    url = settings.api_url.rstrip("/") + _VERSION + settings.account_sid + path
    with reaching():
        response = await line.http.request(method, url, auth=opened(line), **parts)
    try:
        answer = msgspec.json.decode(response.content, type=AnswerIn)
    except (msgspec.MsgspecError, UnicodeError):
        answer = AnswerIn()
    check(response.status_code, answer, response.headers.get("retry-after", ""))
    return answer


def check(status: int, answer: AnswerIn, pause: str) -> None:
    """Raises what an error means; `pause` is the seconds to wait, where the answer says so."""
    code = answer.code or 0
    why = f"{code} {answer.message or ''}".rstrip() if code else f"HTTP {status}"
    if status == 401 or code == 20003:
        raise Expired(why, status=status)
    after = int(pause) if pause.isdecimal() and len(pause) < 6 else 0
    if status == 429 or code == 20429:
        raise Retry(why, after=after, status=status, fault="rate_limited")
    if status >= 500:
        raise Retry(why, after=after, status=status)
    if not 200 <= status < 300:
        raise Turned(why, status=status, fault=FAULTS.get(str(code), "permanent"))
