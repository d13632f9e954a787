"""Xiaohongshu's private messages, by contract."""

from msgspec import structs

from kezhan.channels.adapters.xiaohongshu.inbound import parse, verify
from kezhan.channels.adapters.xiaohongshu.outbound import send
from kezhan.channels.adapters.xiaohongshu.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.xiaohongshu.token import issue, probe
from kezhan.channels.base import Account, Capabilities, Channel, Rate

_HOUR = 3600
_ABLE = Capabilities(text_length=500, recipient_rate=Rate(calls=20, seconds=_HOUR))


def tuned(account: Account) -> Capabilities:
    """As many replies as the contract allows."""
    return structs.replace(_ABLE, recipient_rate=Rate(calls=account.settings.replies_per_hour, seconds=_HOUR))


CHANNEL = Channel(
    name="xiaohongshu",
    label={"zh-CN": "小红书私信（测试版）", "en": "Xiaohongshu messages (beta)"},
    help={
        "zh-CN": "小红书三方客服接口未公开：需与小红书签约，并在反向代理上把平台的固定路径转发到本渠道。",
        "en": "Xiaohongshu's interface for third parties is not public: it takes a contract, and a reverse "
        "proxy that passes the platform's fixed paths on to this channel.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    issue=issue,
    probe=probe,
    tuned=tuned,
    experimental=True,
)
