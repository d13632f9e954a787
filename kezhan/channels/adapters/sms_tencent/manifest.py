"""Text messages by Tencent Cloud."""

from msgspec import structs

from kezhan.channels.adapters.sms_tencent.inbound import parse, verify
from kezhan.channels.adapters.sms_tencent.outbound import probe, send
from kezhan.channels.adapters.sms_tencent.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel

_ABLE = Capabilities(text_length=35, receipts=True)


def tuned(account: Account) -> Capabilities:
    """A text is as long as the template's variable may be."""
    return structs.replace(_ABLE, text_length=account.settings.text_length)


CHANNEL = Channel(
    name="sms_tencent",
    label={"zh-CN": "短信（腾讯云）", "en": "SMS (Tencent Cloud)"},
    help={
        "zh-CN": "接收短信回复，并把客服的回复填入已审核模板的变量发出，含送达回执；对方回复 R、T 或 TD "
        "后不再发送。",
        "en": "Takes replies by text message and sends agents' words inside an approved template, with "
        "delivery reports. Who has answered R, T or TD is not written to any more.",
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
