"""Weibo's fans service."""

from msgspec import structs

from kezhan.channels.adapters.weibo.inbound import parse, verify
from kezhan.channels.adapters.weibo.media import media
from kezhan.channels.adapters.weibo.outbound import send
from kezhan.channels.adapters.weibo.person import person, probe
from kezhan.channels.adapters.weibo.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Account, Capabilities, Channel, Window

_ABLE = Capabilities(receives=frozenset({"text", "file"}), text_length=300, window=Window(seconds=48 * 3600))


def tuned(account: Account) -> Capabilities:
    """The account's own numbers: the platform has changed its rules before."""
    settings = account.settings
    window = Window(seconds=settings.window_hours * 3600, messages=settings.window_messages or None)
    return structs.replace(_ABLE, text_length=settings.text_length, window=window)


CHANNEL = Channel(
    name="weibo",
    label={"zh-CN": "微博私信", "en": "Weibo messages"},
    help={
        "zh-CN": "通过粉丝服务平台接收并回复微博私信。需要蓝V 认证账号，并在微博管理中心开启开发者模式。",
        "en": "Receives and answers private messages by Weibo's fans service. Needs a verified company "
        "account with the developer mode switched on.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    media=media,
    person=person,
    probe=probe,
    tuned=tuned,
    experimental=True,
)
