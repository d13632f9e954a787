"""Telegram."""

from kezhan.channels.adapters.telegram.hook import connect, probe
from kezhan.channels.adapters.telegram.inbound import parse, verify
from kezhan.channels.adapters.telegram.listen import listen
from kezhan.channels.adapters.telegram.media import media
from kezhan.channels.adapters.telegram.outbound import seen, send, typing
from kezhan.channels.adapters.telegram.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel, Rate, Voice

CHANNEL = Channel(
    name="telegram",
    label={"zh-CN": "Telegram", "en": "Telegram"},
    help={
        "zh-CN": "用 Telegram 机器人接待客户：私聊、群组，以及已连接的商业账号。",
        "en": "A Telegram bot for your customers: private chats, groups, a connected business account.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        typing=True,
        text_length=4096,
        text_unit="utf16",
        file_bytes=50 * 1024 * 1024,
        voice=Voice(media_types=("audio/ogg", "audio/mpeg"), seconds=600, most=50 * 1024 * 1024),
        captions=True,
        quote=True,
        edit=True,
        recall=True,
        buttons=10,
        button_text=64,
        button_links=True,
        asks=frozenset({"phone", "place"}),
        places=True,
        persons=True,
        reactions=True,
        rate=Rate(calls=30),
        recipient_rate=Rate(calls=1),
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    typing=typing,
    seen=seen,
    media=media,
    listen=listen,
    probe=probe,
    connect=connect,
)
