"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.dingtalk.envelope import sign
from kezhan.channels.adapters.dingtalk.settings import Secrets, Settings
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(app_key="ding7")
    if base_url:
        settings = structs.replace(settings, api_url=base_url, old_api_url=base_url)
    return Account(
        id=new_id(), workspace_id=new_id(), settings=settings, secrets=Secrets(app_secret=new_token("s_"))
    )


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The robot's call as the platform would make it at `at`."""
    stamp = str(int(at.timestamp() * 1000))
    headers = {"timestamp": stamp, "sign": sign(account.secrets.app_secret, stamp)}
    return structs.replace(request, headers={**request.headers, **headers})
