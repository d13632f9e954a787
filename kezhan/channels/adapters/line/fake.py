"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.line.inbound import HEADER, signature
from kezhan.channels.adapters.line.settings import API_URL, DATA_URL, Secrets, Settings
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(
        channel_id="1650000000",
        agent_names=True,
        api_url=base_url or API_URL,
        data_url=f"{base_url}/data" if base_url else DATA_URL,
    )
    secrets = Secrets(channel_secret=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    header = {HEADER: signature(account.secrets.channel_secret, request.body)}
    return structs.replace(request, headers={**request.headers, **header})
