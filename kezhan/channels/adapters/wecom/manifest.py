"""WeCom apps."""

from kezhan.channels.adapters.wecom.buttons import MOST, TEXT_BYTES
from kezhan.channels.adapters.wecom.inbound import parse, verify
from kezhan.channels.adapters.wecom.outbound import send
from kezhan.channels.adapters.wecom.person import media, person, probe
from kezhan.channels.adapters.wecom.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel, Rate
from kezhan.channels.vendors.tencent.cards import NEEDS, PAGE_NEEDS
from kezhan.channels.vendors.tencent.work import FILE_BYTES, VOICE, issue

CHANNEL = Channel(
    name="wecom",
    label={"zh-CN": "企业微信", "en": "WeCom"},
    help={
        "zh-CN": "接入企业微信自建应用，适合内部服务台：员工在应用里发来的消息进入客栈。"
        "外部客户请用“微信客服”。",
        "en": "An app of your own in WeCom, for a service desk within the company: what members write to it"
        " comes here. Customers outside come by WeChat Customer Service.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        text_length=2048,
        text_unit="bytes",
        file_bytes=FILE_BYTES,
        voice=VOICE,
        cards=True,
        card_needs=NEEDS,
        pages=PAGE_NEEDS,
        buttons=MOST,
        button_text=16,
        button_body=TEXT_BYTES,
        recall=True,
        rate=Rate(calls=10_000, seconds=60),
        # What is more than this is dropped over there without a word.
        recipient_rate=Rate(calls=30, seconds=60),
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    issue=issue,
    media=media,
    person=person,
    probe=probe,
)
