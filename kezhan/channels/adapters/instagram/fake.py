"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.instagram.settings import INSTAGRAM_URL, Secrets, Settings
from kezhan.channels.base import Account, Request
from kezhan.channels.vendors.meta.webhook import HEADER, signature
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    secrets = Secrets(
        access_token="IGT0KEN",  # noqa: S106 — nobody's
        app_secret=new_token(""),
        verify_token=new_token(""),
    )
    settings = Settings(
        login="instagram",
        account_id="900",
        app_id="123",
        human_agent=True,
        instagram_url=base_url or INSTAGRAM_URL,
    )
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it at `at`."""
    if request.method == "GET":
        return structs.replace(
            request, query={**request.query, "hub.verify_token": account.secrets.verify_token}
        )
    header = {HEADER: signature(account.secrets.app_secret, request.body)}
    return structs.replace(request, headers={**request.headers, **header})
