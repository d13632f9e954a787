"""For tests: an account of this channel, and its platform's hand."""

import secrets
from datetime import datetime

import msgspec
from msgspec import structs

from kezhan.channels.adapters.wecom_robot.settings import Secrets, Settings, keys
from kezhan.channels.base import Account, Request
from kezhan.channels.vendors.tencent.fake import new_aes_key, pushed
from kezhan.channels.vendors.tencent.fields import read, word
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform's interface is at `base_url`."""
    settings = Settings(robot_name="茶小二", api_url=base_url or "https://qyapi.weixin.qq.com")
    sealed = Secrets(token=secrets.token_hex(8), aes_key=new_aes_key())
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=sealed)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    call = pushed(request, keys(account), at, sealed_hello=True)
    if call.method == "GET":
        return call
    sealed = word(read(call.body) or {}, "Encrypt")
    return structs.replace(call, body=msgspec.json.encode({"encrypt": sealed}))
