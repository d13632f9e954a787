"""Douyin's private messages."""

from kezhan.channels.adapters.douyin.inbound import parse, verify
from kezhan.channels.adapters.douyin.outbound import send
from kezhan.channels.adapters.douyin.probe import probe
from kezhan.channels.adapters.douyin.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.douyin.token import issue
from kezhan.channels.base import Capabilities, Channel, Window

_PICTURE = 10 * 1024 * 1024

CHANNEL = Channel(
    name="douyin",
    label={"zh-CN": "抖音私信", "en": "Douyin messages"},
    help={
        "zh-CN": "接收并回复抖音企业号的私信。应用必须已获平台的私信准入（目前基本只对线索业务开放）；"
        "用户每次来信后 24 小时内最多回复 6 条。",
        "en": "Private messages of a Douyin business account. The app must have been admitted by the "
        "platform (by now hardly any but lead businesses are); 6 replies within 24 hours of each message.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        text_length=1000,
        files={"image/jpeg": _PICTURE, "image/png": _PICTURE},
        file_bytes=_PICTURE,
        recall=True,
        window=Window(seconds=24 * 3600, messages=6),
    ),
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
