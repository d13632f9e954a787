"""WeChat official accounts."""

from msgspec import structs

from kezhan.channels.adapters.wechat_oa.inbound import parse, verify
from kezhan.channels.adapters.wechat_oa.outbound import FILES, VOICE, issue, send, templates, typing
from kezhan.channels.adapters.wechat_oa.person import media, person, probe
from kezhan.channels.adapters.wechat_oa.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel, Window
from kezhan.channels.vendors.tencent.cards import NEEDS, PAGE_NEEDS

_HOURS_48 = 48 * 3600

CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    typing=True,
    text_length=2048,
    text_unit="bytes",
    cards=True,
    card_needs=NEEDS,
    pages=PAGE_NEEDS,
    buttons=10,
    files=FILES,
    voice=VOICE,
    templates=True,
    window=Window(seconds=_HOURS_48, messages=5),
)


def tuned(account: Account) -> Capabilities:
    """The window's number of messages is the platform's to change, and the account's to set."""
    window = Window(seconds=_HOURS_48, messages=account.settings.messages)
    return structs.replace(CAPABILITIES, window=window)


CHANNEL = Channel(
    name="wechat_oa",
    label={"zh-CN": "微信公众号", "en": "WeChat Official Account"},
    help={
        "zh-CN": "接入已认证的服务号或订阅号：粉丝在公众号里发来的消息进入客栈，回复以客服消息送回。",
        "en": "A verified official account: what its followers write comes here, and replies go back as"
        " customer-service messages.",
    },
    capabilities=CAPABILITIES,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    typing=typing,
    issue=issue,
    media=media,
    person=person,
    unites=True,
    probe=probe,
    templates=templates,
    tuned=tuned,
)
