"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.open.settings import Secrets, Settings
from kezhan.channels.adapters.open.signature import HEADER, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(webhook_url=base_url)
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=Secrets.make())


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    header = {HEADER: signature(account.secrets.current, request.body, at)}
    return structs.replace(request, headers={**request.headers, **header})
