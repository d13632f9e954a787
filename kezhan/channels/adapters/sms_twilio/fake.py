"""For tests: an account of this channel, and its platform's hand."""

from datetime import datetime

from msgspec import structs

from kezhan.channels.adapters.sms_twilio.settings import API, Secrets, Settings
from kezhan.channels.adapters.sms_twilio.signature import HEADER, fields, signature
from kezhan.channels.base import Account, Request
from kezhan.kit.crypto import new_token
from kezhan.kit.ids import new_id


def account(base_url: str = "") -> Account:
    """One whose platform listens at `base_url`."""
    settings = Settings(account_sid="AC1", from_number="+18005551212", mms=True, api_url=base_url or API)
    secrets = Secrets(auth_token=new_token(""))
    return Account(id=new_id(), workspace_id=new_id(), settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """The call as the platform would make it; its signature is the same at any time."""
    given = signature(account.secrets.auth_token, request.url, fields(request.body))
    return structs.replace(request, headers={**request.headers, HEADER: given})
