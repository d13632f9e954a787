"""What the platform posts:

{"type": "event_callback", "event_id": "Ev…", "team_id", "api_app_id",
 "event": {"type": "message", "channel", "channel_type", "user", "text", "ts", "thread_ts", "subtype",
           "bot_id", "app_id", "files": [{"id", "name", "mimetype", "url_private"}]}}

A chat is its channel; a message has the channel's name and its time as its own.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from kezhan.channels.adapters.slack.marks import plain
from kezhan.channels.adapters.slack.signature import check_signature
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Edited,
    Happened,
    Inbound,
    InboundFile,
    Malformed,
    Recalled,
    Request,
    Unreadable,
)
from kezhan.kit.loose import read, rows, word

NO_THREAD = "-"
"""The ticket of a message that was said in the channel itself."""
_SAID = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
_TS = re.compile(r"\d{1,11}(\.\d{1,6})?", re.ASCII)
_MOST_FILES = 20
_MOST = 2000


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """Signed; the first call wants its challenge back. What cannot be read is kept as well, by its digest."""
    check_signature(request, account.secrets.signing_secret, at)
    if request.method != "POST":
        raise Malformed("POST expected")
    try:
        body = read(request.body)
    except ValueError:
        body = {}
    if word(body, "type") == "url_verification":
        return Admitted(dedup_key=None, answer=Answer(body=word(body, "challenge").encode()))
    return Admitted(dedup_key=key_of(body, request.body))


def key_of(event: Mapping[str, Any], body: bytes) -> str:
    """The same for every repeat of an event, whichever way it comes."""
    return word(event, "event_id")[:200] or hashlib.sha256(body).hexdigest()


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One event."""
    try:
        body = read(request.body)
    except ValueError as fault:
        return Unreadable(str(fault)[:300])
    event = body.get("event")
    if not isinstance(event, dict) or not word(event, "type"):
        return Unreadable("Expected an event")
    channel = _channel(event)
    if not channel:
        return []  # of the app itself, or of nobody we write with
    found = _message(channel, event, word(body, "api_app_id"), account)
    if found is not None:
        return found
    key = key_of(body, request.body)
    name = word(event, "subtype") or word(event, "type")
    return [Happened(external_id=channel, dedup_key=key, event=name)]


def _message(channel: str, event: Mapping[str, Any], app_id: str, account: Account) -> list[Came] | None:
    """What a message, an edit or a recall is to us; None for anything else, other robots' words included."""
    subtype = word(event, "subtype")
    if word(event, "type") not in {"message", "app_mention"}:
        return None
    if subtype == "message_changed":
        return _changed(channel, event, app_id)
    if subtype == "message_deleted":
        former = event.get("previous_message")
        return _recalled(channel, word(event, "deleted_ts") or word(former, "ts"), former, app_id)
    own = _is_own(event, app_id)
    stranger = bool(word(event, "bot_id")) or word(event, "user") in {"", "USLACKBOT"}
    if subtype not in _SAID or not word(event, "ts") or (stranger and not own):
        return None
    return _said(channel, event, own, account)


def _channel(event: Mapping[str, Any]) -> str:
    return word(event, "channel") or word(event, "channel", "id") or word(event, "item", "channel")


def _is_direct(channel: str, event: Mapping[str, Any]) -> bool:
    return word(event, "channel_type") == "im" or channel.startswith("D")


def _is_own(message: object, app_id: str) -> bool:
    """Whether our own app has written it."""
    return bool(app_id) and app_id in {word(message, "app_id"), word(message, "bot_profile", "app_id")}


def _said(channel: str, event: Mapping[str, Any], own: bool, account: Account) -> list[Came]:
    user, ts = word(event, "user"), word(event, "ts")
    alone = _is_direct(channel, event)
    speaker = "" if alone or own else user
    thread = word(event, "thread_ts") or (NO_THREAD if alone or not account.settings.in_thread else ts)
    text = plain(word(event, "text"))
    files = _files(event)
    names = _names(channel, ts, event, own)
    kind = word(event, "subtype") or "message"
    common: dict[str, Any] = {
        "external_id": channel,
        "speaker": speaker,
        "speaker_id": speaker,
        "sent_at": _moment(ts),
        "ticket": thread,
        "ours": own or user in account.settings.staff,
        "agent_name": word(event, "username") if own else "",
    }
    if files:
        return [
            Inbound(
                kind="file",
                dedup_key=name,
                message_id=name,
                text="" if number else text,
                file=file,
                original_kind="file",
                **common,
            )
            for number, (name, file) in enumerate(zip(names, files, strict=True))
        ]
    known = bool(text.strip())
    return [
        Inbound(
            kind="text" if known else "unsupported",
            dedup_key=names[0],
            message_id=names[0],
            text=text if known else _readable(event),
            original_kind=kind,
            **common,
        )
    ]


def _files(message: object) -> list[InboundFile]:
    return [
        InboundFile(
            # One in a shared channel may come by its id alone.
            ref=word(file, "url_private_download") or word(file, "url_private") or word(file, "id"),
            name=word(file, "name"),
            media_type=word(file, "mimetype"),
        )
        for file in _known_files(message)
    ]


def _known_files(message: object) -> list[Any]:
    return [file for file in rows(message, "files")[:_MOST_FILES] if word(file, "id")]


def _names(channel: str, ts: str, message: object, own: bool) -> list[str]:
    """Of a message and its parts. A file we have sent is known to us by the file's id alone."""
    files = _known_files(message)
    if own and files:
        return [word(file, "id") for file in files]
    return [f"{channel}:{ts}"] + [f"{channel}:{ts}#{number}" for number in range(1, len(files))]


def _changed(channel: str, event: Mapping[str, Any], app_id: str) -> list[Came]:
    """Also told when a link is unfurled or a thread grows: an edit has `edited` and another text."""
    message, former = event.get("message"), event.get("previous_message")
    ts = word(message, "ts")
    if not ts or _is_own(message, app_id):
        return []
    if word(message, "subtype") == "tombstone":
        return _recalled(channel, ts, former, app_id)
    text = word(message, "text")
    if not word(message, "edited", "ts") or text == word(former, "text"):
        return []
    speaker, name = "" if _is_direct(channel, event) else word(message, "user"), f"{channel}:{ts}"
    at = _moment(word(message, "edited", "ts"))
    who = {"speaker": speaker, "speaker_id": speaker}
    return [Edited(external_id=channel, message_id=name, text=plain(text), at=at, **who)]


def _recalled(channel: str, ts: str, former: object, app_id: str) -> list[Came]:
    if not ts:
        return []
    names = _names(channel, ts, former, _is_own(former, app_id))
    return [Recalled(external_id=channel, message_id=name) for name in names]


def _readable(event: Mapping[str, Any]) -> str:
    """What a message without a text shows: the words of its attachments."""
    found = [
        word(one, "fallback") or word(one, "text") or word(one, "title") for one in rows(event, "attachments")
    ]
    return plain("\n".join(one for one in found if one))[:_MOST]


def _moment(ts: str) -> datetime | None:
    """Seconds since 1970 with their fraction as a time; None where they are none."""
    return datetime.fromtimestamp(float(ts), UTC) if _TS.fullmatch(ts) else None
