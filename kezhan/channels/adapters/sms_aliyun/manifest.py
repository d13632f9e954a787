"""Text messages by Alibaba Cloud."""

from msgspec import structs

from kezhan.channels.adapters.sms_aliyun.inbound import parse, verify
from kezhan.channels.adapters.sms_aliyun.outbound import probe, send
from kezhan.channels.adapters.sms_aliyun.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel

_ABLE = Capabilities(text_length=35, receipts=True)


def tuned(account: Account) -> Capabilities:
    """A text is as long as the template's variable may be."""
    return structs.replace(_ABLE, text_length=account.settings.text_length)


CHANNEL = Channel(
    name="sms_aliyun",
    label={"zh-CN": "短信（阿里云）", "en": "SMS (Alibaba Cloud)"},
    help={
        "zh-CN": "接收上行短信，并把客服的回复填入已审核模板的变量发出，含送达回执；对方回复 R、T 或 TD "
        "后不再发送。",
        "en": "Takes inbound messages and sends agents' replies inside an approved template, with delivery "
        "reports. Who has answered R, T or TD is not written to any more.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    probe=probe,
    tuned=tuned,
)
