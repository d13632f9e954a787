"""WeChat Customer Service."""

from msgspec import structs

from kezhan.channels.adapters.wechat_kf.inbound import parse, verify
from kezhan.channels.adapters.wechat_kf.outbound import send
from kezhan.channels.adapters.wechat_kf.person import media, person, probe
from kezhan.channels.adapters.wechat_kf.pull import pull
from kezhan.channels.adapters.wechat_kf.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel, Window
from kezhan.channels.vendors.tencent.cards import NEEDS_PICTURE, PAGE_NEEDS
from kezhan.channels.vendors.tencent.work import FILE_BYTES, VOICE, issue

_HOURS_48 = 48 * 3600

CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    text_length=2048,
    text_unit="bytes",
    buttons=10,
    button_body=1024,
    button_links=True,
    cards=True,
    card_needs=NEEDS_PICTURE,
    pages=PAGE_NEEDS,
    places=True,
    file_bytes=FILE_BYTES,
    voice=VOICE,
    recall=True,
    closing=True,
    idempotent=True,
    window=Window(seconds=_HOURS_48, messages=5),
)


def tuned(account: Account) -> Capabilities:
    """The window's number of messages is the platform's to change, and the account's to set; whether sessions
    are ended is the account's choice."""
    settings = account.settings
    window = Window(seconds=_HOURS_48, messages=settings.messages)
    return structs.replace(CAPABILITIES, window=window, closing=settings.end_sessions)


CHANNEL = Channel(
    name="wechat_kf",
    label={"zh-CN": "微信客服", "en": "WeChat Customer Service"},
    help={
        "zh-CN": "接入微信客服：客户从网页、视频号、公众号、小程序等处的客服链接进入，消息由客栈接待。"
        "接待方式请设为由接口（智能助手）接待，否则会话由企业微信里的人员接走后无法回复。",
        "en": "WeChat Customer Service: customers come by its links in web pages, Channels, official"
        " accounts and mini-programs. Let the interface receive them: what a person in WeCom has taken"
        " cannot be answered from here.",
    },
    capabilities=CAPABILITIES,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    issue=issue,
    media=media,
    person=person,
    unites=True,
    pull=pull,
    probe=probe,
    tuned=tuned,
)
