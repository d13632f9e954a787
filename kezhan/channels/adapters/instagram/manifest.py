"""Instagram."""

from msgspec import structs

from kezhan.channels.adapters.instagram.inbound import parse, verify
from kezhan.channels.adapters.instagram.outbound import seen, send, typing
from kezhan.channels.adapters.instagram.person import person, probe
from kezhan.channels.adapters.instagram.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.instagram.token import issue
from kezhan.channels.base import Account, Capabilities, Channel, Rate, Window
from kezhan.channels.vendors.meta.say import BUTTON_BODY, CARD_TEXT, DAY, LINKED, WEEK

_MB = 1024 * 1024
_CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    typing=True,
    text_length=1000,
    text_unit="bytes",
    file_bytes=25 * _MB,
    files={"image/*": 8 * _MB, "audio/*": 25 * _MB, "video/*": 25 * _MB},
    receipts=True,
    buttons=13,
    button_text=20,
    button_body=BUTTON_BODY,
    button_links=True,
    buttons_linked=LINKED,
    cards=True,
    cards_alone=True,
    card_text=CARD_TEXT,
    reactions=True,
    window=Window(seconds=DAY),
    rate=Rate(calls=300),
)


def tuned(account: Account) -> Capabilities:
    """People may answer for a week where the account has the permission."""
    seconds = WEEK if account.settings.human_agent else DAY
    return structs.replace(_CAPABILITIES, window=Window(seconds=seconds))


CHANNEL = Channel(
    name="instagram",
    label={"zh-CN": "Instagram", "en": "Instagram"},
    help={
        "zh-CN": "接待 Instagram 专业账号的私信；客户最后一条消息后 24 小时内可以回复。",
        "en": "The direct messages of a professional account; customers may be answered within 24 hours.",
    },
    capabilities=_CAPABILITIES,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    typing=typing,
    seen=seen,
    issue=issue,
    person=person,
    probe=probe,
    tuned=tuned,
    # A call may bring many messages.
    body_bytes=4 * _MB,
    experimental=True,
)
