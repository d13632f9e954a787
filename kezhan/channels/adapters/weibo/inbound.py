"""What Weibo posts. One call brings one message, which has no id of its own:

{"type": "text|position|voice|image|event|mention", "receiver_id": 1902538057, "sender_id": 2489518277,
 "created_at": "Mon Jul 16 18:09:20 +0800 2012", "text": "…", "data": {…}}
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from kezhan.channels.adapters.weibo.signature import check_signature
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Happened,
    Inbound,
    InboundFile,
    Malformed,
    Opening,
    Request,
    Unreadable,
)

_FILES = frozenset({"image", "voice"})
_OPENING = frozenset({"follow", "scan", "scan_follow", "click"})
_BY: Mapping[str, Literal["code", "menu"]] = {
    "scan": "code",
    "scan_follow": "code",
    "click": "menu",
    "view": "menu",
}
_HOUR = 3600
_Uid = Annotated[int, Meta(ge=1, le=2**63 - 1)]


class DataIn(Struct, frozen=True, kw_only=True):
    """`tovfid` is the receiver's copy of a file, `vfid` the sender's; `subtype` says which event it is."""

    longitude: str | float = ""
    latitude: str | float = ""
    vfid: str | int = ""
    tovfid: str | int = ""
    subtype: str = ""
    key: str = ""
    ticket: str = ""


class MessageIn(Struct, frozen=True, kw_only=True):
    type: Annotated[str, Meta(min_length=1)]
    sender_id: _Uid
    created_at: str = ""
    text: str = ""
    data: DataIn = DataIn()


_decoder = msgspec.json.Decoder(MessageIn, strict=False)


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed by the app's secret a moment ago; the echo of the handshake is answered as it is."""
    check_signature(request.query, account.secrets.app_secret, at)
    if request.method == "GET":
        return Admitted(dedup_key=None, answer=Answer(body=request.query.get("echostr", "").encode()))
    if request.method != "POST":
        raise Malformed("POST expected")
    # Every attempt has a signature of its own and the bytes of the first. An empty answer is no reply.
    return Admitted(dedup_key=hashlib.sha256(request.body).hexdigest())


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One message or event."""
    try:
        message = _decoder.decode(request.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    if message.type == "event":
        return [_happened(message, account)]
    return [_message(message, account)]


def _message(message: MessageIn, account: Account) -> Inbound:
    file, text = _file(message), _text(message)
    mention = Opening(seconds=account.settings.window_hours * _HOUR, messages=1)
    return Inbound(
        external_id=str(message.sender_id),
        dedup_key=_key(message),
        kind="file" if file else "text" if text else "unsupported",
        text=text,
        file=file,
        sent_at=_moment(message.created_at),
        original_kind=message.type,
        opening=mention if message.type == "mention" else None,
    )


def _text(message: MessageIn) -> str:
    data = message.data
    if message.type in {"text", "mention"}:
        return message.text
    if message.type == "position" and data.latitude != "":
        place = f"[位置] 纬度 {data.latitude}，经度 {data.longitude}"
        return f"{place}\n{message.text}".rstrip()
    return ""


def _file(message: MessageIn) -> InboundFile | None:
    fid = str(message.data.tovfid or message.data.vfid)
    return InboundFile(ref=fid) if message.type in _FILES and fid else None


def _happened(message: MessageIn, account: Account) -> Happened:
    """Following, scanning and clicking open the window as a message does; who has left hears nothing more."""
    subtype, opening = message.data.subtype, None
    if subtype in _OPENING:
        settings = account.settings
        opening = Opening(seconds=settings.window_hours * _HOUR, messages=settings.window_messages or None)
    elif subtype == "unfollow":
        opening = Opening(seconds=0)
    return Happened(
        external_id=str(message.sender_id),
        dedup_key=_key(message),
        event=subtype or "event",
        opening=opening,
        by=_BY.get(subtype, ""),
        word=message.data.key,
    )


def _key(message: MessageIn) -> str:
    """Who and when, to the second, and what: two messages of one second are two."""
    told = msgspec.json.encode((message.type, message.text, message.data))
    return f"{message.sender_id}:{message.created_at[:40]}:{hashlib.sha256(told).hexdigest()[:32]}"


def _moment(written: str) -> datetime | None:
    """ "Mon Jul 16 18:09:20 +0800 2012", whatever the language of the machine."""
    parts = written.split()
    if len(parts) != 6:
        return None
    _, month, day, time, zone, year = parts
    try:
        at = parsedate_to_datetime(f"{day} {month} {year} {time} {zone}")
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
    return at if at.tzinfo is not None else None
