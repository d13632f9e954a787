"""What Twilio posts, as a form: a message (`MessageSid, From, To, Body, NumMedia, MediaUrl0 …,
MediaContentType0 …, ProfileName, Latitude, Longitude …`), or what has become of one of ours (`MessageSid,
MessageStatus, To, ErrorCode, ErrorMessage`)."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from kezhan.channels.adapters.sms_twilio.signature import check_signature, fields
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Fault,
    Inbound,
    InboundFile,
    Malformed,
    Person,
    Progress,
    Request,
    Unreadable,
)

_STATES: dict[str, Literal["delivered", "read", "failed"]] = {
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
FAULTS: dict[str, Fault] = {
    "21408": "not_allowed",
    "21606": "not_allowed",
    "21608": "not_allowed",
    "21610": "recipient_blocked",
    "30007": "content_rejected",
}
EVENT = "event"
"""What our own name of a message is called in the address that is told what becomes of it."""
_MEDIA = 10
_ID = 200
_HEARD = Answer(body=b"<Response></Response>", media_type="text/xml")


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed over our own address and every field."""
    check_signature(request, account)
    if request.method != "POST":
        raise Malformed("POST expected")
    form = _form(request)
    sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    key = f"{sid}:{status}" if status else sid
    if not 0 < len(key) <= _ID:
        key = hashlib.sha256(request.body).hexdigest()
    return Admitted(dedup_key=key, answer=_HEARD)


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One message, or several where it has several files; or the progress of one of ours."""
    form = _form(request)
    sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
    other = form.get("To" if status else "From", "")
    if not (0 < len(sid) <= _ID and 0 < len(other) <= _ID):
        return Unreadable("Expected MessageSid, and From or To")
    if status:
        return _progress(form, sid, other, status, request.query.get(EVENT, ""))
    return _messages(form, sid, other)


def _form(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in fields(request.body).items()}


def _progress(form: dict[str, str], sid: str, customer: str, status: str, event_id: str) -> list[Came]:
    state = _STATES.get(status)
    if state is None:
        return []  # On its way.
    code = form.get("ErrorCode", "")
    return [
        Progress(
            external_id=customer,
            state=state,
            message_id=sid,
            event_id=event_id,
            fault=FAULTS.get(code, "permanent"),
            why=f"{code} {form.get('ErrorMessage', '')}".strip() if state == "failed" else "",
        )
    ]


def _messages(form: dict[str, str], sid: str, customer: str) -> list[Came]:
    person = Person(name=form.get("ProfileName", ""), phone=customer.rpartition(":")[2])
    text, files = _text(form), _files(form)
    first = Inbound(
        external_id=customer,
        dedup_key=sid,
        kind="file" if files else "text" if text else "unsupported",
        text=text,
        file=files[0] if files else None,
        person=person,
        message_id=sid,
        original_kind="mms" if files else "sms",
    )
    rest = [
        Inbound(
            external_id=customer,
            dedup_key=f"{sid}:{number}",
            kind="file",
            file=file,
            person=person,
            original_kind="mms",
        )
        for number, file in enumerate(files[1:], 1)
    ]
    return [first, *rest]


def _text(form: dict[str, str]) -> str:
    lines = [form.get("Body", "")]
    if form.get("Latitude") and form.get("Longitude"):
        lines.append(f"[位置 / Location] {form['Latitude']}, {form['Longitude']}")
    return "\n".join(line for line in lines if line)


def _files(form: dict[str, str]) -> list[InboundFile]:
    return [
        InboundFile(ref=form[f"MediaUrl{number}"], media_type=form.get(f"MediaContentType{number}", ""))
        for number in range(_MEDIA)
        if form.get(f"MediaUrl{number}")
    ]
