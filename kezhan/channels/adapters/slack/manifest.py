"""Slack."""

from kezhan.channels.adapters.slack.inbound import parse, verify
from kezhan.channels.adapters.slack.listen import listen
from kezhan.channels.adapters.slack.media import FILE_BYTES, media
from kezhan.channels.adapters.slack.outbound import send
from kezhan.channels.adapters.slack.person import person, speaker
from kezhan.channels.adapters.slack.probe import probe
from kezhan.channels.adapters.slack.settings import FIELDS, Secrets, Settings
from kezhan.channels.base import Capabilities, Channel, Rate

CHANNEL = Channel(
    name="slack",
    label={"zh-CN": "Slack", "en": "Slack"},
    help={
        "zh-CN": "客户在 Slack 的私信或共享频道里提问，消息进入客服工作台，回复进入同一条消息列。",
        "en": "Customers ask in direct messages or shared channels; answers go into the same thread.",
    },
    capabilities=Capabilities(
        receives=frozenset({"text", "file"}),
        sends=frozenset({"text", "file"}),
        text_length=4000,
        file_bytes=FILE_BYTES,
        captions=True,
        edit=True,
        recall=True,
        recipient_rate=Rate(calls=1),
    ),
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    media=media,
    person=person,
    unites=True,
    speaker=speaker,
    listen=listen,
    probe=probe,
    experimental=True,
)
