"""WeChat mini-programs."""

from msgspec import structs

from kezhan.channels.adapters.wechat_miniprogram.inbound import parse, verify
from kezhan.channels.adapters.wechat_miniprogram.outbound import (
    FILES,
    issue,
    media,
    probe,
    send,
    templates,
    typing,
)
from kezhan.channels.adapters.wechat_miniprogram.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel, Rate, Window
from kezhan.channels.vendors.tencent.cards import NEEDS_PICTURE, PAGE_NEEDS

_HOURS_48 = 48 * 3600

CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    typing=True,
    text_length=2048,
    text_unit="bytes",
    files=FILES,
    cards=True,
    card_needs=NEEDS_PICTURE,
    pages=PAGE_NEEDS,
    templates=True,
    window=Window(seconds=_HOURS_48, messages=5),
    recipient_rate=Rate(calls=100, seconds=60),
)


def tuned(account: Account) -> Capabilities:
    """The window's number of messages is the platform's to change, and the account's to set; of pages
    it opens its own."""
    window = Window(seconds=_HOURS_48, messages=account.settings.messages)
    return structs.replace(CAPABILITIES, window=window, pages_of=account.settings.app_id)


CHANNEL = Channel(
    name="wechat_miniprogram",
    label={"zh-CN": "微信小程序", "en": "WeChat Mini Program"},
    help={
        "zh-CN": "接入小程序客服：用户在小程序的客服会话里发来的消息进入客栈。小程序页面上要有"
        ' <button open-type="contact"> 按钮。',
        "en": "Customer service of a mini-program: what people write in its chat comes here. A page of the"
        ' mini-program needs a <button open-type="contact">.',
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
    probe=probe,
    templates=templates,
    tuned=tuned,
)
