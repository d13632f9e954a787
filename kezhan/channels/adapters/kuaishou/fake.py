"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.kuaishou.settings import AUTH_URL, Secrets, Settings
from kezhan.channels.adapters.kuaishou.signature import HEADER, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(
        app_id="ks1",
        send_url=f"{base_url}/send" if base_url else "",
        auth_url=f"{base_url}/oauth2/access_token" if base_url else AUTH_URL,
    )
    secrets = Secrets(app_secret=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it; its signature is the same at any time."""
    header = {HEADER: signature(account.secrets.app_secret, request.body)}
    return structs.replace(request, headers={**request.headers, **header})
