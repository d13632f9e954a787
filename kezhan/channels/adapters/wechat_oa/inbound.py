"""What WeChat pushes for an official account: messages and events of its followers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from kezhan.channels.adapters.wechat_oa.settings import keys
from kezhan.channels.base import Account, Admitted, Came, Happened, Opening, Progress, Request, Unreadable
from kezhan.channels.vendors.tencent import push
from kezhan.channels.vendors.tencent.fields import Fields, part, word
from kezhan.channels.vendors.tencent.messages import said

_TOUCHED = Opening(seconds=60, messages=3)
"""Following, scanning and the menu's buttons let three messages through for a minute."""
_OPENINGS = {
    "subscribe": _TOUCHED,
    "SCAN": _TOUCHED,
    "CLICK": _TOUCHED,
    "scancode_push": _TOUCHED,
    "scancode_waitmsg": _TOUCHED,
    "unsubscribe": Opening(seconds=0),
}
_BY: Mapping[str, Literal["code", "menu"]] = {
    "subscribe": "code",
    "SCAN": "code",
    "CLICK": "menu",
    "scancode_push": "menu",
    "scancode_waitmsg": "menu",
    "pic_sysphoto": "menu",
    "pic_photo_or_album": "menu",
    "pic_weixin": "menu",
    "location_select": "menu",
}
_SCENE = "qrscene_"
"""Before the scene of a code, where she has followed by it."""
_OF_NOBODY = frozenset({"MASSSENDJOBFINISH"})
"""Said of the account's own doings, in the name of no customer."""


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """The handshake is signed but never sealed, in whichever mode."""
    if request.method == "GET":
        return push.hello(request, keys(account), at, sealed=False)
    return push.admitted(request, keys(account), at)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One push, one message or event."""
    fields = push.fields(request, keys(account))
    if isinstance(fields, Unreadable):
        return fields
    key = push.key_of(fields)
    if not (word(fields, "FromUserName") and key):
        return Unreadable("neither a message nor an event")
    if word(fields, "MsgType").lower() == "event":
        return _event(fields, key)
    # An item of a menu we have sent comes back as a text, and lets through as little as the menu does.
    chosen = word(fields, "bizmsgmenuid")
    return [said(fields, key, opening=_TOUCHED if chosen else None, tap=chosen[:64])]


def _event(fields: Fields, key: str) -> list[Came]:
    event = word(fields, "Event")
    if event in _OF_NOBODY:
        return []
    if event == "TEMPLATESENDJOBFINISH":
        return [_fate(fields)]
    return [
        Happened(
            external_id=word(fields, "FromUserName"),
            dedup_key=key,
            event=event or "event",
            opening=_OPENINGS.get(event),
            by=_BY.get(event, ""),
            word=" · ".join(
                one for one in (word(fields, "EventKey").removeprefix(_SCENE), *_found(fields)) if one
            ),
        )
    ]


def _found(fields: Fields) -> tuple[str, str]:
    """What she has scanned or pointed at by an entry of the menu."""
    return word(part(fields, "ScanCodeInfo"), "ScanResult"), word(part(fields, "SendLocationInfo"), "Label")


def _fate(fields: Fields) -> Progress:
    """What has become of a template: `success`, `failed:user block`, `failed: system failed`."""
    status = word(fields, "Status")
    return Progress(
        external_id=word(fields, "FromUserName"),
        state="delivered" if status == "success" else "failed",
        message_id=word(fields, "MsgID"),
        fault="recipient_blocked" if "block" in status else "permanent",
        why="" if status == "success" else status,
    )
