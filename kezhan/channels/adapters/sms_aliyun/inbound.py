"""What Alibaba Cloud posts: arrays, each entry of which is a customer's message (SmsUp), what has become of
one of ours (SmsReport), or the same of a message abroad:

[{"phone_number": "13711112222", "send_time": "2017-09-01 00:00:00", "content": "…", "sign_name": "…",
  "dest_code": "…", "sequence_id": 123}]
[{"phone_number": "…", "success": true, "err_code": "DELIVERED", "err_msg": "…", "biz_id": "…"}]
[{"To": "…", "Status": "1", "MessageId": "…", "ErrorCode": "…", "ErrorDescription": "…"}]
"""

import hashlib
from datetime import datetime, timedelta, timezone
from typing import Literal

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.sms_aliyun.phone import international
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

_CHINA = timezone(timedelta(hours=8))
_STOP = frozenset({"R", "TD", "T"})
_ABROAD: dict[str, Literal["delivered", "failed"]] = {"1": "delivered", "2": "failed", "6": "failed"}
_ID = 200
_HEARD = Answer(body=b'{"code":0,"msg":"OK"}', media_type="application/json")
_REFUSED = Opening(seconds=0)
# Whoever writes after having refused may be answered again; there is no end to it but the next refusal.
_WRITES = Opening(seconds=10 * 365 * 24 * 3600)


class EntryIn(Struct, frozen=True, kw_only=True):
    """Any of the three. Numbers come as such and as text; times are of China."""

    phone_number: str | int = ""
    send_time: str = ""
    content: str | None = None
    sign_name: str = ""
    sequence_id: str | int = ""
    success: bool | str | None = None
    err_code: str = ""
    err_msg: str | None = None
    biz_id: str | int = ""
    out_id: str | int = ""
    to: str | int = msgspec.field(name="To", default="")
    status: str | int = msgspec.field(name="Status", default="")
    message_id: str | int = msgspec.field(name="MessageId", default="")
    error_code: str = msgspec.field(name="ErrorCode", default="")
    error: str | None = msgspec.field(name="ErrorDescription", default=None)


_decoder = msgspec.json.Decoder(list[EntryIn])


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """By the key in its address; nothing in a call can be checked for its age."""
    check_caller(request, account.secrets.callback_key, account.settings.allowed_ips.split())
    if request.method != "POST":
        raise Malformed("POST expected")
    return Admitted(dedup_key=hashlib.sha256(request.body).hexdigest(), answer=_HEARD)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """An entry each."""
    try:
        entries = _decoder.decode(request.body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    found = [_came(entry) for entry in entries]
    return [one for one in found if one is not None]


def _came(entry: EntryIn) -> Came | None:
    """None where it is about nobody."""
    if entry.message_id != "":
        return _abroad(entry)
    number = international(str(entry.phone_number))[:_ID]
    if not number:
        return None
    if entry.success is not None or entry.biz_id != "":
        return _report(entry, number)
    return _message(entry, number)


def _message(entry: EntryIn, number: str) -> Inbound:
    text = entry.content or ""
    told = msgspec.json.encode((number, entry.send_time, text))
    return Inbound(
        external_id=number,
        dedup_key=f"up:{entry.sequence_id}"[:_ID]
        if entry.sequence_id != ""
        else hashlib.sha256(told).hexdigest(),
        kind="text" if text else "unsupported",
        text=text,
        person=Person(phone=number),
        sent_at=_moment(entry.send_time),
        original_kind="sms",
        opening=_REFUSED if text.strip().upper() in _STOP else _WRITES,
    )


def _report(entry: EntryIn, number: str) -> Progress:
    delivered = entry.success in (True, "true", "True")
    return Progress(
        external_id=number,
        state="delivered" if delivered else "failed",
        message_id=str(entry.biz_id)[:_ID],
        event_id=str(entry.out_id),
        why="" if delivered else f"{entry.err_code} {entry.err_msg or ''}".strip(),
    )


def _abroad(entry: EntryIn) -> Progress | None:
    number, state = international(f"+{entry.to}")[:_ID], _ABROAD.get(str(entry.status))
    if not number or state is None:
        return None
    return Progress(
        external_id=number,
        state=state,
        message_id=str(entry.message_id)[:_ID],
        why=f"{entry.error_code} {entry.error or ''}".strip() if state == "failed" else "",
    )


def _moment(written: str) -> datetime | None:
    try:
        return datetime.strptime(written, "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
    except ValueError:
        return None
