"""The token of the app, good for two hours."""

from kezhan.channels.adapters.dingtalk.api import answered, reached
from kezhan.channels.base import Expired, Line, Probed, Token, Turned
from kezhan.kit.loose import word


async def issue(line: Line) -> Token:
    """Asked for with the app's key and secret; until it ends it is the same one."""
    settings = line.account.settings
    if not settings.app_key:
        raise Turned("no Client ID is set", fault="token_expired")
    body = {"appKey": settings.app_key, "appSecret": line.account.secrets.app_secret}
    try:
        answer = answered(
            await reached(line, "POST", settings.api_url.rstrip("/") + "/v1.0/oauth2/accessToken", body)
        )
    except (Turned, Expired) as fault:
        raise Turned(fault.why, status=fault.status, fault="token_expired") from fault
    seconds = word(answer, "expireIn")
    return Token(value=word(answer, "accessToken"), seconds=float(seconds) if seconds.isdecimal() else 7200)


async def probe(line: Line) -> Probed:
    """The platform takes the app's key and secret; it has no call that names the app."""
    await issue(line)
    return Probed()
