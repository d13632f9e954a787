"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.weibo.settings import Secrets, Settings
from kezhan.channels.adapters.weibo.signature import signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id

ACCESS = "2.00T"


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(uid="1902538057")
    if base_url:
        settings = structs.replace(
            settings,
            reply_url=f"{base_url}/2/messages/reply/biz.json",
            profile_url=f"{base_url}/2/eps/user/info.json",
            media_url=f"{base_url}/2/mss/msget",
        )
    secrets = Secrets(app_secret=new_token(""), access_token=ACCESS)
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    stamp, nonce = str(int(at.timestamp())), "n0nce"
    given = signature(account.secrets.app_secret, stamp, nonce)
    query = {**request.query, "signature": given, "timestamp": stamp, "nonce": nonce}
    return structs.replace(request, query=query)
