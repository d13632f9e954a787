"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.sms_aliyun.settings import API, Secrets, Settings
from kezhan.channels.base import CALLER_KEY, Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(
        access_key_id="ak", sign_name="阿里云", template_code="SMS_1", api_url=base_url or API
    )
    secrets = Secrets(access_key_secret=new_token(""), callback_key=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it: at the address it was given."""
    return structs.replace(request, query={**request.query, CALLER_KEY: account.secrets.callback_key})
