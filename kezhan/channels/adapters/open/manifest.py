"""The open channel."""

from kezhan.channels.adapters.open.inbound import parse, verify
from kezhan.channels.adapters.open.outbound import send
from kezhan.channels.adapters.open.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel

CHANNEL = Channel(
    name="open",
    label={"zh-CN": "开放渠道", "en": "Open channel"},
    help={
        "zh-CN": "用两个签名的 HTTP 接口接入任意平台：自有 App、店铺消息、直播评论。",
        "en": "Connects any platform with two signed HTTP calls: your own app, shop messages, live comments.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        captions=True,
        idempotent=True,
        quote=True,
        edit=True,
        recall=True,
        closing=True,
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    # A file of 5 MB is 6.7 MB of base64.
    body_bytes=7 * 1024 * 1024,
)
