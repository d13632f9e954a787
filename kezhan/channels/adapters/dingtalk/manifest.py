"""DingTalk."""

from msgspec import structs

from kezhan.channels.adapters.dingtalk.envelope import verify
from kezhan.channels.adapters.dingtalk.inbound import parse
from kezhan.channels.adapters.dingtalk.listen import listen
from kezhan.channels.adapters.dingtalk.media import DOCUMENTS, FILE_BYTES, IMAGES, VOICE, media
from kezhan.channels.adapters.dingtalk.outbound import send
from kezhan.channels.adapters.dingtalk.person import person, speaker
from kezhan.channels.adapters.dingtalk.readers import PULL_SECONDS, pull
from kezhan.channels.adapters.dingtalk.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.dingtalk.token import issue, probe
from kezhan.channels.base import Account, Capabilities, Channel, Rate

_ABLE = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    text_length=5000,
    file_bytes=FILE_BYTES,
    files=dict.fromkeys((*sorted(IMAGES), *DOCUMENTS), FILE_BYTES),
    voice=VOICE,
    # In a session of somebody outside the company a file is but its address.
    by_link=True,
    cards=True,
    buttons=5,
    button_text=20,
    button_links=True,
    recall=True,
    receipts=True,
    recipient_rate=Rate(calls=20, seconds=60),
)


def tuned(account: Account) -> Capabilities:
    """The company's own limit."""
    return structs.replace(_ABLE, recipient_rate=Rate(calls=account.settings.per_minute, seconds=60))


CHANNEL = Channel(
    name="dingtalk",
    label={"zh-CN": "钉钉", "en": "DingTalk"},
    help={
        "zh-CN": "客户或同事在钉钉里与机器人单聊、或在群里 @ 机器人，消息进入客服工作台。",
        "en": "People write to a robot in DingTalk, alone or by mentioning it in a group.",
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
    pull=pull,
    pull_seconds=PULL_SECONDS,
    listen=listen,
    probe=probe,
    tuned=tuned,
)
