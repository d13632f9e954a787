"""For tests: a mailbox. Nothing comes by a call, and nothing goes out by one."""

from datetime import datetime
from uuid import UUID

from kezhan.channels.adapters.email.settings import Secrets, Settings
from kezhan.channels.base import Account, Request

HTTP = False
_ID = UUID("01a20000-0000-7000-8000-00000000e3a1")


def account(base_url: str = "") -> Account:
    """The mailbox the recorded mails came to; its tokens are asked for at `base_url`."""
    settings = Settings(
        address="support@kezhan.example",
        name="客栈客服",
        server_name="mx.kezhan.example",
        token_url=f"{base_url}/token" if base_url else "",
        client_id="client-1",
    )
    secrets = Secrets(password="code-1", client_secret="secret-1", refresh_token="refresh-1")  # noqa: S106
    return Account(id=_ID, workspace_id=_ID, settings=settings, secrets=secrets)


def signed(request: Request, account: Account, at: datetime) -> Request:
    """As it is: mail is fetched from the account's own server."""
    return request
