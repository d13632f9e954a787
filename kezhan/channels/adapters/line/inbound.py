"""What an official account hears: some events in one call, perhaps again, perhaps out of order."""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.line.events import NOTHING, EventIn, MessageIn, Postback, read_events
from kezhan.channels.base import (
    Account,
    Admitted,
    Came,
    Forged,
    Happened,
    Inbound,
    InboundFile,
    Malformed,
    Opening,
    Person,
    Recalled,
    Request,
    Unreadable,
)

HEADER = "x-line-signature"
_FILES = {
    "image": "image.jpg",
    "video": "video.mp4",
    "audio": "audio.m4a",
    "file": "file",
}
"""By type; only a file has a name of its own. What it is in truth is said with its content."""
_SHARED = frozenset({"group", "room"})
_REACHED = Opening(seconds=10 * 365 * 24 * 3600)
"""There is no window: who has not blocked the account may be written to."""
_OPENINGS = {
    "follow": _REACHED,
    "join": _REACHED,
    "unfollow": Opening(seconds=0),
    "leave": Opening(seconds=0),
}


def signature(secret: str, body: bytes) -> str:
    """The header's value for `body`: base64 of its HMAC-SHA256 by the channel's secret."""
    return base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed by the channel's secret; no time is signed. The console's own test brings no events."""
    given, secret = request.headers.get(HEADER, ""), account.secrets.channel_secret
    if not secret or not hmac.compare_digest(given.encode(), signature(secret, request.body).encode()):
        raise Forged("wrong signature")
    if request.method != "POST":
        raise Malformed("POST expected")
    events = read_events(request.body)
    if events == []:
        return Admitted(dedup_key=None)
    return Admitted(dedup_key=_key(request.body, events))


def _key(body: bytes, events: list[dict[str, Any]] | Unreadable) -> str:
    """By the events' own ids: a repeat says that it is one, so its bytes are others."""
    ids = [] if isinstance(events, Unreadable) else [one.get("webhookEventId") for one in events]
    if not ids or not all(isinstance(one, str) and one for one in ids):
        return hashlib.sha256(body).hexdigest()
    return str(ids[0]) if len(ids) == 1 else hashlib.sha256(msgspec.json.encode(ids)).hexdigest()


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """All the events of the call, in its order."""
    events = read_events(request.body)
    if isinstance(events, Unreadable):
        return events
    try:
        return [one for raw in events for one in _came(_event(raw))]
    except msgspec.ValidationError as fault:
        return Unreadable(str(fault)[:300])


def _event(raw: dict[str, Any]) -> EventIn:
    """One whose content is not as documented keeps its place among the others, as of an unknown kind."""
    try:
        return msgspec.convert(raw, EventIn)
    except msgspec.ValidationError:
        bare: dict[str, Any] = {
            name: raw[name] for name in ("type", "webhookEventId", "source") if name in raw
        }
        message = raw.get("message")
        if isinstance(message, dict):
            bare["message"] = {name: message[name] for name in ("id", "type") if name in message}
        return msgspec.convert(bare, EventIn)


def _came(event: EventIn) -> Iterator[Came]:
    source = event.source
    who = source.group_id or source.room_id or source.user_id
    if not who:
        return  # of the account itself
    if event.message is not None:
        yield _said(event, event.message, who)
    elif event.unsend is not None:
        yield Recalled(external_id=who, message_id=event.unsend.message_id)
    elif event.postback is not None and _picked(event.postback):
        yield _text(event, who, _picked(event.postback))
    else:
        yield Happened(
            external_id=who,
            dedup_key=event.webhook_event_id,
            event=event.type[:64] or "unknown",
            person=_person(event),
            opening=_OPENINGS.get(event.type),
            ticket=ticket_of(event),
        )


def ticket_of(event: EventIn) -> str:
    """Since when it is, the token an answer is free with, which is good for about a minute, and the one by
    which the message is marked as read."""
    read = event.message.mark_as_read_token if event.message is not None else ""
    if not (event.reply_token or read) or event.timestamp is None:
        return ""
    return " ".join([str(event.timestamp), event.reply_token or NOTHING, *([read] if read else [])])[:4000]


def _picked(postback: Postback) -> str:
    return next((value for value in postback.params.values() if value), postback.data)


def _text(event: EventIn, who: str, text: str) -> Inbound:
    """A button of ours was pressed."""
    return Inbound(
        external_id=who,
        dedup_key=event.webhook_event_id,
        kind="text",
        text=text,
        person=_person(event),
        speaker=_speaker(event),
        speaker_id=_speaker_id(event),
        sent_at=event.at,
        original_kind=event.type,
        ticket=ticket_of(event),
        tap=event.postback.data[:64] if event.postback is not None else "",
    )


def _speaker(event: EventIn) -> str:
    """The message does not say the name; where it cannot be asked for, the end of her id parts one speaker
    from another."""
    user_id = _speaker_id(event)
    return f"#{user_id[-4:]}" if user_id else ""


def _speaker_id(event: EventIn) -> str:
    return event.source.user_id if event.source.type in _SHARED else ""


def _person(event: EventIn) -> Person | None:
    """A user's id is the same for all channels of one provider."""
    user_id = event.source.user_id
    return Person(union=f"line:{user_id}") if user_id and event.source.type not in _SHARED else None


def _said(event: EventIn, message: MessageIn, who: str) -> Inbound:
    file, text = _file(message), "\n".join(line for line in _lines(message) if line)
    return Inbound(
        external_id=who,
        dedup_key=event.webhook_event_id,
        kind="file" if file is not None else "text" if text else "unsupported",
        text=text,
        file=file,
        person=_person(event),
        speaker=_speaker(event),
        speaker_id=_speaker_id(event),
        message_id=message.id,
        quote_id=message.quoted_message_id,
        sent_at=event.at,
        original_kind=message.type,
        ticket=ticket_of(event),
    )


def _file(message: MessageIn) -> InboundFile | None:
    if message.type not in _FILES:
        return None
    name, url = message.file_name or _FILES[message.type], message.content_provider.original_content_url
    if message.content_provider.type == "external" and url:
        return InboundFile(url=url, name=name)
    return InboundFile(ref=message.id, name=name)


def _lines(message: MessageIn) -> Iterator[str]:
    match message.type:
        case "text":
            yield message.text
        case "sticker" if message.text or message.keywords:
            yield f"[{message.text or ', '.join(message.keywords[:3])}]"
        case "location" if message.latitude is not None and message.longitude is not None:
            point = f"{message.latitude:.6f}, {message.longitude:.6f}"
            yield f"📍 {message.title or point}"
            yield message.address
            yield point if message.title else ""
