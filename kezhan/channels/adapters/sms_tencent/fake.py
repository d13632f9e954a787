"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.sms_tencent.settings import API, Secrets, Settings
from kezhan.channels.base import CALLER_KEY, Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(
        secret_id=new_token("AKID"),
        sdk_app_id="1400006666",
        sign_name="test",
        template_id="1110",
        api_url=base_url or API,
    )
    secrets = Secrets(secret_key=new_token(""), callback_key=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it: at the address it was given."""
    return structs.replace(request, query={**request.query, CALLER_KEY: account.secrets.callback_key})
