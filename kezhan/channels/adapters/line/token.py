"""The token: the long-lived one that was put in, or one of a quarter of an hour, of which there may
be any number."""

from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.line.call import fault_of, request
from kezhan.channels.base import Line, Retry, Token, Turned

_DAY = 24 * 3600.0


class Issued(Struct, frozen=True):
    access_token: str
    expires_in: float = 900


async def issue(line: Line) -> Token:
    secrets, settings = line.account.secrets, line.account.settings
    if secrets.access_token:
        return Token(value=secrets.access_token, seconds=_DAY, fixed=True)
    form = {
        "grant_type": "client_credentials",
        "client_id": settings.channel_id,
        "client_secret": secrets.channel_secret,
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    url = f"{settings.api_url.rstrip('/')}/oauth2/v3/token"
    response = await request(line, "POST", url, headers, urlencode(form).encode())
    if response.status_code in {400, 401}:
        raise Turned("the channel's id and secret are not taken", fault="token_expired")
    if response.status_code != 200:
        raise fault_of(response)
    try:
        issued = msgspec.json.decode(response.content, type=Issued)
    except (msgspec.MsgspecError, UnicodeError) as fault:
        raise Retry("no token that can be read") from fault
    return Token(value=issued.access_token, seconds=issued.expires_in)
