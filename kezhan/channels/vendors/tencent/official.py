"""What official accounts and mini-programs do alike on api.weixin.qq.com."""

from collections.abc import Mapping
from typing import Any

from kezhan.channels.base import Line, Token, Turned
from kezhan.channels.vendors.tencent import api
from kezhan.channels.vendors.tencent.faults import Meanings


async def issue(line: Line, meanings: Meanings) -> Token:
    """The stable token: asked for again it is the same one, so that several processes do not end each
    other's."""
    app_id, secret = line.account.settings.app_id, line.account.secrets.app_secret
    if not (app_id and secret):
        raise Turned("app id or secret is missing", fault="token_expired")
    body = {"grant_type": "client_credential", "appid": app_id, "secret": secret, "force_refresh": False}
    return await api.issue(line, "POST", "/cgi-bin/stable_token", {}, body, meanings)


async def tell(line: Line, body: Mapping[str, Any], meanings: Meanings) -> None:
    """Send a customer-service message; the platform gives it no name."""
    await api.post(line, "/cgi-bin/message/custom/send", body, meanings)
