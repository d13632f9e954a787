"""Feishu, and Lark abroad."""

from msgspec import structs

from kezhan.channels.adapters.feishu.inbound import parse, verify
from kezhan.channels.adapters.feishu.listen import listen
from kezhan.channels.adapters.feishu.media import FILE_BYTES, VOICE, media
from kezhan.channels.adapters.feishu.outbound import send
from kezhan.channels.adapters.feishu.person import person, speaker
from kezhan.channels.adapters.feishu.probe import probe
from kezhan.channels.adapters.feishu.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.feishu.token import issue
from kezhan.channels.base import Account, Capabilities, Channel, Rate

_ABLE = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    # The body may have 150 KB, and a quotation mark takes four times its room there.
    text_length=36 * 1024,
    text_unit="bytes",
    file_bytes=FILE_BYTES,
    voice=VOICE,
    cards=True,
    buttons=10,
    button_body=14 * 1024,
    button_links=True,
    reactions=True,
    quote=True,
    edit=True,
    recall=True,
    receipts=True,
    idempotent=True,
    repeat_seconds=3600,
    rate=Rate(calls=16),
    recipient_rate=Rate(calls=5),
)


def tuned(account: Account) -> Capabilities:
    """The app's own limit."""
    return structs.replace(_ABLE, rate=Rate(calls=account.settings.calls_per_second))


CHANNEL = Channel(
    name="feishu",
    label={"zh-CN": "飞书", "en": "Feishu / Lark"},
    help={
        "zh-CN": "客户或同事在飞书里与机器人单聊、或在群里 @ 机器人，消息进入客服工作台。",
        "en": "People write to a robot in Feishu or Lark, alone or by mentioning it in a group.",
    },
    capabilities=_ABLE,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    issue=issue,
    media=media,
    person=person,
    unites=True,
    speaker=speaker,
    listen=listen,
    probe=probe,
    tuned=tuned,
)
