"""WhatsApp."""

from msgspec import structs

from kezhan.channels.adapters.whatsapp.inbound import parse, verify
from kezhan.channels.adapters.whatsapp.media import media
from kezhan.channels.adapters.whatsapp.outbound import seen, send, typing
from kezhan.channels.adapters.whatsapp.probe import connect, probe
from kezhan.channels.adapters.whatsapp.settings import FIELDS, Secrets, Settings
from kezhan.channels.adapters.whatsapp.templates import templates
from kezhan.channels.base import Account, Capabilities, Channel, Rate, Voice, Window

_MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
_CAPABILITIES = Capabilities(
    receives=frozenset({"text", "file"}),
    sends=frozenset({"text", "file"}),
    typing=True,
    text_length=4096,
    file_bytes=100 * _MB,
    files={
        **dict.fromkeys(("image/jpeg", "image/png"), 5 * _MB),
        "image/webp": 100 * 1024,  # a sticker; a moving one might have more
        **dict.fromkeys(("video/mp4", "video/3gpp"), 16 * _MB),
        **dict.fromkeys(("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"), 16 * _MB),
        **dict.fromkeys(
            (
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{_OFFICE}.wordprocessingml.document",
                f"{_OFFICE}.spreadsheetml.sheet",
                f"{_OFFICE}.presentationml.presentation",
            ),
            100 * _MB,
        ),
    },
    voice=Voice(media_types=("audio/ogg", "audio/mpeg", "audio/amr"), seconds=600, most=16 * _MB),
    captions=True,
    quote=True,
    buttons=10,
    button_text=20,
    button_body=1024,
    # One that opens a page stands alone.
    button_links=True,
    buttons_linked=1,
    asks=frozenset({"place"}),
    places=True,
    persons=True,
    reactions=True,
    receipts=True,
    templates=True,
    window=Window(seconds=24 * 3600),
    rate=Rate(calls=80),
    # One in six seconds to the same customer, of which some may come at once.
    recipient_rate=Rate(calls=45, seconds=270),
)


def tuned(account: Account) -> Capabilities:
    """How fast the number may send is the number's own; templates are the business account's."""
    settings = account.settings
    return structs.replace(
        _CAPABILITIES, rate=Rate(calls=settings.per_second), templates=bool(settings.business_id)
    )


CHANNEL = Channel(
    name="whatsapp",
    label={"zh-CN": "WhatsApp", "en": "WhatsApp"},
    help={
        "zh-CN": "用 WhatsApp 商业号码（Cloud API）接待客户；24 小时后只能用消息模板。",
        "en": "A WhatsApp business number on the Cloud API; after 24 hours only templates may be sent.",
    },
    capabilities=_CAPABILITIES,
    settings=Settings,
    secrets=Secrets,
    fields=FIELDS,
    verify=verify,
    parse=parse,
    send=send,
    typing=typing,
    seen=seen,
    media=media,
    probe=probe,
    connect=connect,
    templates=templates,
    tuned=tuned,
    # A call may bring many messages.
    body_bytes=4 * 1024 * 1024,
)
