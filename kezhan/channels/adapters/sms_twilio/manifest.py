"""Text messages by Twilio."""

from msgspec import structs

from kezhan.channels.adapters.sms_twilio.connect import connect, probe
from kezhan.channels.adapters.sms_twilio.inbound import parse, verify
from kezhan.channels.adapters.sms_twilio.media import media
from kezhan.channels.adapters.sms_twilio.outbound import send
from kezhan.channels.adapters.sms_twilio.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel

_PICTURE = 5 * 1024 * 1024
_ABLE = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    text_length=1600,
    files={"image/jpeg": _PICTURE, "image/png": _PICTURE, "image/gif": _PICTURE},
    captions=True,
    receipts=True,
)
_TEXT_ONLY = structs.replace(_ABLE, sends=frozenset({"text"}), files={}, captions=False)


def tuned(account: Account) -> Capabilities:
    """Few numbers can send pictures."""
    return _ABLE if account.settings.mms else _TEXT_ONLY


CHANNEL = Channel(
    name="sms_twilio",
    label={"zh-CN": "短信（Twilio）", "en": "SMS (Twilio)"},
    help={
        "zh-CN": "用 Twilio 或兼容厂商的号码收发短信和彩信，含送达回执；对方回复 STOP 后不能再发送。",
        "en": "Text and picture messages by a number of Twilio or of a provider that speaks like it, with "
        "delivery reports. Who has answered STOP cannot be written to.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    media=media,
    probe=probe,
    connect=connect,
    tuned=tuned,
)
