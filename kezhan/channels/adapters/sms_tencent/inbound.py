"""What Tencent Cloud posts: an object for a customer's message, or an array that tells what has become of
ours:

{"extend": "0", "mobile": "13711112222", "nationcode": "86", "sign": "…", "text": "…", "time": 1457336869}
[{"user_receive_time": "2015-10-17 08:03:04", "nationcode": "86", "mobile": "…", "report_status": "SUCCESS",
  "errmsg": "DELIVRD", "description": "…", "sid": "…"}]
"""

import hashlib
from datetime import UTC, datetime

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.sms_tencent.phone import international
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Inbound,
    Malformed,
    Opening,
    Person,
    Progress,
    Request,
    Unreadable,
    check_caller,
)

_STOP = frozenset({"R", "TD", "T"})
_STATES = frozenset({"SUCCESS", "FAIL"})
_ID = 200
_HEARD = Answer(body=b'{"result":0,"errmsg":"OK"}', media_type="application/json")
_REFUSED = Opening(seconds=0)
# Whoever writes after having refused may be answered again; there is no end to it but the next refusal.
_WRITES = Opening(seconds=10 * 365 * 24 * 3600)


class EntryIn(Struct, frozen=True, kw_only=True):
    """Either of the two. Numbers come as such and as text; `time` is in Unix seconds."""

    mobile: str | int = ""
    nationcode: str | int = "86"
    text: str | None = None
    time: int | None = None
    report_status: str = ""
    errmsg: str | None = None
    description: str | None = None
    sid: str = ""


_decoder = msgspec.json.Decoder(list[EntryIn] | EntryIn)


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """By the key in its address; nothing in a call can be checked for its age."""
    check_caller(request, account.secrets.callback_key, account.settings.allowed_ips.split())
    if request.method != "POST":
        raise Malformed("POST expected")
    return Admitted(dedup_key=hashlib.sha256(request.body).hexdigest(), answer=_HEARD)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """An entry each."""
    try:
        told = _decoder.decode(request.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    entries = [told] if isinstance(told, EntryIn) else told
    found = [_came(entry) for entry in entries]
    return [one for one in found if one is not None]


def _came(entry: EntryIn) -> Came | None:
    """None where it is about nobody, or about a message still on its way."""
    number = international(str(entry.nationcode), str(entry.mobile))[:_ID]
    if not number:
        return None
    if not entry.report_status:
        return _message(entry, number)
    if entry.report_status not in _STATES:
        return None
    delivered = entry.report_status == "SUCCESS"
    return Progress(
        external_id=number,
        state="delivered" if delivered else "failed",
        message_id=entry.sid[:_ID],
        why="" if delivered else f"{entry.errmsg or ''} {entry.description or ''}".strip(),
    )


def _message(entry: EntryIn, number: str) -> Inbound:
    """The platform gives it no number of its own: who, when and what tell it from others."""
    text = entry.text or ""
    told = msgspec.json.encode((number, entry.time, text))
    return Inbound(
        external_id=number,
        dedup_key=hashlib.sha256(told).hexdigest(),
        kind="text" if text else "unsupported",
        text=text,
        person=Person(phone=number),
        sent_at=_moment(entry.time),
        original_kind="sms",
        opening=_REFUSED if text.strip().upper() in _STOP else _WRITES,
    )


def _moment(seconds: int | None) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
