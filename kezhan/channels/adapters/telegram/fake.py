"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.telegram.inbound import HEADER, hook_secret
from kezhan.channels.adapters.telegram.settings import API_URL, Secrets, Settings
from kezhan.channels.base import Account, Request
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    return Account(
        id=new_id(),
        workspace_id=new_id(),
        settings=Settings(api_url=base_url or API_URL),
        secrets=Secrets(bot_token="42:TEST"),  # noqa: S106 — nobody's
    )


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    return structs.replace(request, headers={**request.headers, HEADER: hook_secret(account)})
