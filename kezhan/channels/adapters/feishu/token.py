"""The token of the app in its company, good for two hours."""

import msgspec

from kezhan.channels.adapters.feishu.api import answered, reached
from kezhan.channels.base import Expired, Line, Token, Turned
from kezhan.kit.loose import word

_PATH = "/open-apis/auth/v3/tenant_access_token/internal"


async def issue(line: Line) -> Token:
    """Asked for with the app's id and secret. While more than half an hour is left it is the same one."""
    settings = line.account.settings
    if not settings.app_id:
        raise Turned("no App ID is set", fault="token_expired")
    body = msgspec.json.encode({"app_id": settings.app_id, "app_secret": line.account.secrets.app_secret})
    response = await reached(line, "POST", _PATH, body, {"content-type": "application/json; charset=utf-8"})
    try:
        answer = answered(response)
    except (Turned, Expired) as fault:
        raise Turned(fault.why, status=fault.status, fault="token_expired") from fault
    seconds = word(answer, "expire")
    return Token(
        value=word(answer, "tenant_access_token"), seconds=float(seconds) if seconds.isdecimal() else 7200
    )
