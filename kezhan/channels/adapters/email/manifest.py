"""E-mail."""

from msgspec import structs

from kezhan.channels.adapters.email.compose import can_stand
from kezhan.channels.adapters.email.inbound import parse
from kezhan.channels.adapters.email.listen import listen
from kezhan.channels.adapters.email.outbound import send
from kezhan.channels.adapters.email.probe import probe
from kezhan.channels.adapters.email.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.email.thread import read_ticket
from kezhan.channels.adapters.email.token import issue
from kezhan.channels.base import Account, Capabilities, Channel, Copying, Rate

_ABLE = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    text_length=100_000,
    # In a mail a file is a third larger, and most servers take 25 MB.
    file_bytes=18 * 1024 * 1024,
    captions=True,
    quote=True,
    receipts=True,
    rate=Rate(calls=30, seconds=60),
)


def tuned(account: Account) -> Capabilities:
    """Providers allow very different numbers of mails; receipts are the account's choice."""
    settings = account.settings
    rate = Rate(calls=settings.per_minute, seconds=60)
    return structs.replace(_ABLE, rate=rate, receipts=settings.ask_receipts)


def others(account: Account, ticket: str) -> list[str]:
    """Of whoever else got the mail, those its answer may go to."""
    return [one for one in read_ticket(ticket).copies if can_stand(one)] if account.settings.reply_all else []


CHANNEL = Channel(
    name="email",
    label={"zh-CN": "电子邮件", "en": "E-mail"},
    help={
        "zh-CN": "接入任意支持 IMAP/SMTP 的邮箱：QQ、163、企业邮箱、Gmail、Microsoft 365 或自建服务器。",
        "en": "Connects any mailbox with IMAP and SMTP: Gmail, Microsoft 365, QQ, 163 or your own server.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    parse=parse,
    send=send,
    issue=issue,
    listen=listen,
    probe=probe,
    tuned=tuned,
    copying=Copying(others=others, own=lambda settings: str(settings.address)),
    send_seconds=110,
    body_bytes=36 * 1024 * 1024,
)
