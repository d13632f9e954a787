"""Messenger."""

from msgspec import structs

from kezhan.channels.adapters.messenger.inbound import parse, verify
from kezhan.channels.adapters.messenger.outbound import seen, send, typing
from kezhan.channels.adapters.messenger.person import person, probe
from kezhan.channels.adapters.messenger.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel, Rate, Window
from kezhan.channels.vendors.meta.say import BUTTON_BODY, CARD_TEXT, DAY, LINKED, WEEK

_MB = 1024 * 1024
_CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    typing=True,
    text_length=2000,
    file_bytes=25 * _MB,
    # The platform fetches pictures of 8 MB at most from an address.
    files={
        "image/*": 8 * _MB,
        **dict.fromkeys(("audio/*", "video/*", "application/*", "text/*"), 25 * _MB),
    },
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
    name="messenger",
    label={"zh-CN": "Messenger", "en": "Messenger"},
    help={
        "zh-CN": "接待 Facebook 主页的私信；客户最后一条消息后 24 小时内可以回复。",
        "en": "The messages of a Facebook page; customers may be answered within 24 hours.",
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
    person=person,
    probe=probe,
    tuned=tuned,
    # A call may bring many messages.
    body_bytes=4 * _MB,
    experimental=True,
)
