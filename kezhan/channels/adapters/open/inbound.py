"""What a platform posts. One call brings one message:

{"event_id": "…", "type": "message", "customer": {"id": "…", "name": "…", "email": "…", "phone": "…"},
 "message": {"kind": "text|image|file|voice|video", "text": "…", "quote_seq": 3,
             "file": {"url": "…" or "base64": "…", "name": "…", "type": "…"}},
 "sent_at": "2026-11-22T08:30:00Z"}
"""

import base64
import binascii
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kezhan.channels.adapters.open.signature import HEADER, check_signature
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Inbound,
    InboundFile,
    Malformed,
    Person,
    Request,
    Unreadable,
)

INLINE_BYTES = 5 * 1024 * 1024
_FILES = frozenset({"image", "file", "voice", "video"})

_Id = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
_Word = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


class CustomerIn(Struct, frozen=True, kw_only=True):
    """Who speaks: `id` is the platform's own; the rest fills what we do not know yet."""

    id: _Id
    name: str = ""
    email: str = ""
    phone: str = ""
    language: str = ""


class FileIn(Struct, frozen=True, kw_only=True):
    """A file: where to fetch it (public address, ≤ 20 MB, 10 s), or its bytes (≤ 5 MB)."""

    url: Annotated[str, Meta(max_length=2000)] = ""
    base64: str = ""
    name: Annotated[str, Meta(max_length=1000)] = ""
    type: Annotated[str, Meta(max_length=200)] = ""


class MessageIn(Struct, frozen=True, kw_only=True):
    """`text` is the message, or the caption of its file. `quote_seq` is the `seq` of a message of ours."""

    kind: _Word
    text: str = ""
    file: FileIn | None = None
    quote_seq: Annotated[int, Meta(ge=1, le=2**31 - 1)] | None = None


class EventIn(Struct, frozen=True, kw_only=True):
    """`event_id` is the same for every attempt to bring the same message."""

    event_id: _Id
    type: _Word
    customer: CustomerIn
    message: MessageIn = MessageIn(kind="none")
    sent_at: datetime | None = None


_decoder = msgspec.json.Decoder(EventIn)
_ACCEPTED = Answer(body=b'{"accepted":true}', media_type="application/json")


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed by this account's secret, and readable: who calls can mend the call, so she is told."""
    check_signature(request.headers.get(HEADER, ""), account.secrets.accepted(at), request.body, at)
    if request.method != "POST":
        raise Malformed("POST expected")
    event = _read(request.body)
    if isinstance(event, Unreadable):
        raise Malformed(event.why)
    return Admitted(dedup_key=event.event_id, answer=_ACCEPTED)


def parse(request: Request, account: Account) -> list[Came] | Unreadable:
    """One event, one message."""
    event = _read(request.body)
    return event if isinstance(event, Unreadable) else [_message(event)]


def _read(body: bytes) -> EventIn | Unreadable:
    try:
        event = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as fault:
        return Unreadable(str(fault)[:300])
    file = event.message.file
    if file is None:
        return event
    if bool(file.url) == bool(file.base64):
        return Unreadable("Expected one of url and base64 - at `$.message.file`")
    if file.base64 and _bytes(file.base64) is None:
        return Unreadable("Expected base64 of at most 5 MB - at `$.message.file.base64`")
    return event


def _bytes(text: str) -> bytes | None:
    if len(text) > INLINE_BYTES * 4 // 3 + 4:
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if 0 < len(data) <= INLINE_BYTES else None


def _message(event: EventIn) -> Inbound:
    message, customer = event.message, event.customer
    person = Person(
        name=customer.name, email=customer.email, phone=customer.phone, language=customer.language
    )
    sent_at = _aware(event.sent_at)
    is_text = message.kind == "text" and message.file is None and bool(message.text.strip())
    is_file = message.kind in _FILES and message.file is not None
    if event.type != "message" or not (is_text or is_file):
        original = message.kind if event.type == "message" else event.type
        return Inbound.unsupported(
            customer.id, event.event_id, original, summary=message.text, person=person, sent_at=sent_at
        )
    return Inbound(
        external_id=customer.id,
        dedup_key=event.event_id,
        kind="file" if is_file else "text",
        text=message.text,
        file=_file(message.file) if message.file is not None else None,
        person=person,
        quote_seq=message.quote_seq,
        sent_at=sent_at,
        original_kind=message.kind,
    )


def _file(file: FileIn) -> InboundFile:
    data = _bytes(file.base64) if file.base64 else None
    return InboundFile(name=file.name, media_type=file.type, data=data, url=file.url)


def _aware(at: datetime | None) -> datetime | None:
    if at is None:
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
