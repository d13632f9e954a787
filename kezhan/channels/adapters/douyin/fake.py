"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.douyin.settings import API, Secrets, Settings
from kezhan.channels.adapters.douyin.signature import HEADER, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(client_key="awx1", open_id="shop-1", api_url=base_url or API)
    secrets = Secrets(client_secret=new_token(""), refresh_token=new_token("rft."))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it; its signature is the same at any time."""
    header = {HEADER: signature(account.secrets.client_secret, request.body)}
    return structs.replace(request, headers={**request.headers, **header})
