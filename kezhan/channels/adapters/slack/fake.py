"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.slack.settings import Secrets, Settings
from kezhan.channels.adapters.slack.signature import HEADER, STAMP, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = (
        Settings(api_url=f"{base_url}/api", staff=("U0STAFF",)) if base_url else Settings(staff=("U0STAFF",))
    )
    secrets = Secrets(signing_secret=new_token("s_"), bot_token="xoxb-1", app_token="xapp-1")  # noqa: S106
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    stamp = str(int(at.timestamp()))
    headers = {STAMP: stamp, HEADER: signature(account.secrets.signing_secret, stamp, request.body)}
    return structs.replace(request, headers={**request.headers, **headers})
