"""LINE."""

from kezhan.channels.adapters.line.inbound import parse, verify
from kezhan.channels.adapters.line.media import media
from kezhan.channels.adapters.line.outbound import seen, send, typing
from kezhan.channels.adapters.line.person import person, probe, speaker
from kezhan.channels.adapters.line.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.line.token import issue
from kezhan.channels.base import Capabilities, Channel, Rate, Voice

_PICTURE = 10 * 1024 * 1024

CHANNEL = Channel(
    name="line",
    label={"zh-CN": "LINE", "en": "LINE"},
    help={
        "zh-CN": "接待 LINE 官方账号的客户：私聊和群组。文件以链接发送，MP3 语音除外。",
        "en": "Customers of a LINE official account, in chats and groups. Files but MP3 sound go as links.",
    },
    capabilities=Capabilities(
        by_link=True,
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        typing=True,
        buttons=13,
        button_text=20,
        button_links=True,
        cards=True,
        cards_alone=True,
        card_text=2000,
        places=True,
        text_length=5000,
        text_unit="utf16",
        # A film wants a picture with it, which there is none of; sound its length.
        files={"image/jpeg": _PICTURE, "image/png": _PICTURE},
        voice=Voice(media_types=("audio/mpeg",), seconds=600, most=20 * 1024 * 1024),
        # Pushes bear a key of ours; a free reply that may have arrived is not tried again.
        idempotent=True,
        repeat_seconds=24 * 3600,
        rate=Rate(calls=2000),
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    typing=typing,
    seen=seen,
    issue=issue,
    media=media,
    person=person,
    unites=True,
    speaker=speaker,
    probe=probe,
    experimental=True,
)
