"""Messages of official accounts, mini-programs and WeCom apps: one shape, `{"MsgType": …, "MsgId": …}`."""

from collections.abc import Callable

from kezhan.channels.base import Inbound, InboundFile, Opening
from kezhan.channels.vendors.tencent.fields import Fields, lines, moment, place, word

_MEDIA_TYPES = {"image": "", "voice": "audio/amr", "video": "video/mp4", "shortvideo": "video/mp4"}
"""An image may be of any kind; its download says which."""


def said(fields: Fields, dedup_key: str, *, opening: Opening | None = None, tap: str = "") -> Inbound:
    """What a customer has sent, perhaps by a button of ours; FromUserName is not empty."""
    kind = word(fields, "MsgType").lower()
    file = _file(fields, kind)
    text = _TEXTS[kind](fields) if kind in _TEXTS else ""
    if file is None and not text:
        return Inbound.unsupported(
            word(fields, "FromUserName"),
            dedup_key,
            kind,
            summary=lines(*(word(fields, name) for name in ("Title", "Description", "Content"))),
            sent_at=moment(fields, "CreateTime"),
            message_id=word(fields, "MsgId"),
        )
    return Inbound(
        external_id=word(fields, "FromUserName"),
        dedup_key=dedup_key,
        kind="text" if file is None else "file",
        # What the platform has heard in a voice message.
        text=text if file is None else word(fields, "Recognition"),
        file=file,
        message_id=word(fields, "MsgId"),
        sent_at=moment(fields, "CreateTime"),
        original_kind=kind,
        opening=opening,
        tap=tap,
    )


def _file(fields: Fields, kind: str) -> InboundFile | None:
    ref, url = word(fields, "MediaId"), word(fields, "PicUrl")
    if kind not in _MEDIA_TYPES or not (ref or url):
        return None
    media_type = _MEDIA_TYPES[kind]
    if kind == "voice" and word(fields, "Format").lower() == "speex":
        media_type = "audio/speex"
    return InboundFile(ref=ref, url="" if ref else url, media_type=media_type)


def _place(fields: Fields) -> str:
    return lines(word(fields, "Label"), place(word(fields, "Location_X"), word(fields, "Location_Y")))


def _link(fields: Fields) -> str:
    return lines(word(fields, "Title"), word(fields, "Description"), word(fields, "Url"))


def _card(fields: Fields) -> str:
    return lines(word(fields, "Title"), word(fields, "AppId"), word(fields, "PagePath"))


def _text(fields: Fields) -> str:
    return word(fields, "Content")


_TEXTS: dict[str, Callable[[Fields], str]] = {
    "text": _text,
    "location": _place,
    "link": _link,
    "miniprogrampage": _card,
}
