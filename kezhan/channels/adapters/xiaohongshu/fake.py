"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.xiaohongshu.settings import API, Secrets, Settings
from kezhan.channels.adapters.xiaohongshu.signature import HEADER, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id

KEY = bytes(range(16)).hex()


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`, and signs."""
    settings = Settings(
        app_id="xhs1",
        user_id="shop-1",
        check_signature=True,
        send_path="/api/open/im/message",
        api_url=base_url or API,
    )
    secrets = Secrets(aes_key=KEY, signing_key=new_token(""), refresh_token=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it; its signature is the same at any time."""
    header = {HEADER: signature(account.secrets.signing_key, request.body)}
    return structs.replace(request, headers={**request.headers, **header})
