"""For tests: an account of this channel, and its platform's hand."""

import secrets
from datetime import datetime

from kezhan.channels.adapters.wechat_miniprogram.settings import Secrets, Settings, keys
from kezhan.channels.base import Account, Request
from kezhan.channels.vendors.tencent.fake import new_aes_key, pushed
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One in safe mode whose platform's interface is at `base_url`."""
    settings = Settings(app_id="wx2c2769f8efd9abc2", api_url=base_url or "https://api.weixin.qq.com")
    sealed = Secrets(app_secret="s3cret", token=secrets.token_hex(8), aes_key=new_aes_key())  # noqa: S106
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=sealed)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    return pushed(request, keys(account), at, sealed_hello=False)
