"""Kuaishou's messages, by contract."""

from kezhan.channels.adapters.kuaishou.inbound import parse, verify
from kezhan.channels.adapters.kuaishou.outbound import send
from kezhan.channels.adapters.kuaishou.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.kuaishou.token import issue, probe
from kezhan.channels.base import Capabilities, Channel

CHANNEL = Channel(
    name="kuaishou",
    label={"zh-CN": "快手私信（测试版）", "en": "Kuaishou messages (beta)"},
    help={
        "zh-CN": "快手未公开私信接口：需与快手或其服务商签约，并按签约文档填写字段与发送地址。"
        "推送验签（kwaisign）已支持。",
        "en": "Kuaishou does not publish its messages: this takes a contract with Kuaishou or a partner of "
        "it, whose documentation tells the fields and the address. Calls signed with kwaisign are checked.",
    },
    capabilities=Capabilities(text_length=1000),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    issue=issue,
    probe=probe,
    experimental=True,
)
