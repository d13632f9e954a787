"""What a bot hears: one `Update` by a call of the platform, or one of those it was asked for."""

import hashlib
import hmac
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from kezhan.channels.adapters.telegram.content import Content, content_of
from kezhan.channels.adapters.telegram.happenings import HAPPENINGS
from kezhan.channels.adapters.telegram.place import Place, message_key
from kezhan.channels.adapters.telegram.speakers import person_of, place_of
from kezhan.channels.adapters.telegram.update import Message, full_name, kind_of, read_update
from kezhan.channels.base import (
    Account,
    Admitted,
    Answer,
    Came,
    Edited,
    Forged,
    Happened,
    Inbound,
    Malformed,
    Request,
    Unreadable,
)

HEADER = "x-telegram-bot-api-secret-token"


def hook_secret(account: Account) -> str:
    """What the platform is told to bring with each call: nobody chooses it and nobody has to keep it."""
    return hmac.digest(account.secrets.bot_token.encode(), account.id.bytes, "sha256").hex()


def verify(request: Request, account: Account, at: datetime) -> Admitted:
    """The platform signs no bytes; it brings the secret it was given with the hook's address."""
    given = request.headers.get(HEADER, "")
    if not hmac.compare_digest(given.encode(), hook_secret(account).encode()):
        raise Forged("wrong secret token")
    if request.method != "POST":
        raise Malformed("POST expected")
    update = read_update(request.body)
    if isinstance(update, Unreadable):
        return Admitted(dedup_key=hashlib.sha256(request.body).hexdigest())
    return Admitted(dedup_key=update_key(update), answer=_answer(update))


def update_key(update: dict[str, Any]) -> str:
    return f"update:{update['update_id']}"


def pressed_id(update: dict[str, Any]) -> str:
    """Whose press of a button waits for an answer; empty where none does."""
    query = update.get("callback_query")
    found = query.get("id") if isinstance(query, dict) else None
    return found if isinstance(found, str) else ""


def _answer(update: dict[str, Any]) -> Answer:
    """The answer may carry one call: a pressed button stops turning."""
    query = pressed_id(update)
    if not query:
        return Answer()
    call = {"method": "answerCallbackQuery", "callback_query_id": query}
    return Answer(body=msgspec.json.encode(call), media_type="application/json")


def parse(request: Request, account: Account) -> Sequence[Came] | Unreadable:
    """One update, usually one message."""
    update = read_update(request.body)
    if isinstance(update, Unreadable):
        return update
    kind = kind_of(update)
    raw, reader = update.get(kind), _READERS.get(kind)
    if reader is None or not isinstance(raw, dict):
        return []  # nothing that concerns a conversation
    try:
        return reader(kind, raw, update_key(update))
    except msgspec.ValidationError as fault:
        return Unreadable(f"{kind}: {fault}"[:300])


def _message(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    message = msgspec.convert(raw, Message)
    place, content = place_of(message), content_of(message, raw)
    named = message_key(place, message.message_id)
    if content.kind == "service":
        return [Happened(external_id=str(place), dedup_key=named, event=content.original)]
    if message.chat.type == "private" and _is_start(content.text):
        event = content.text.removeprefix("/")[:64]
        person = person_of(message)
        payload = content.text.removeprefix("/start").strip()
        return [
            Happened(
                external_id=str(place),
                dedup_key=named,
                event=event,
                person=person,
                by="link" if payload else "",
                word=payload,
            )
        ]
    return [_said(message, place, content, named)]


def _said(message: Message, place: Place, content: Content, named: str) -> Inbound:
    sender = message.sender
    # In the chats of a business account its owner is heard too; the chat has the customer's number.
    ours = place.business and sender is not None and sender.id != message.chat.id
    return Inbound(
        external_id=str(place),
        dedup_key=named,
        kind="unsupported" if content.kind == "service" else content.kind,
        text=content.text,
        file=content.file,
        person=None if ours else person_of(message),
        speaker=_speaker(message),
        message_id=named,
        quote_id=_quoted(message, place),
        sent_at=message.sent_at,
        original_kind=content.original,
        ticket=message.business_connection_id[:4000],
        ours=ours,
        agent_name=_by(message) if ours else "",
    )


def _by(message: Message) -> str:
    if message.sender is not None:
        return full_name(message.sender)
    return full_name(message.sender_chat or message.chat)


def _speaker(message: Message) -> str:
    return _by(message) if message.chat.type != "private" else ""


def _quoted(message: Message, place: Place) -> str:
    """Everything in a topic replies to its beginning, which is no quote."""
    replied = message.reply_to_message
    if replied is None or replied.message_id == place.topic:
        return ""
    return message_key(place, replied.message_id)


def _is_start(text: str) -> bool:
    return text == "/start" or text.startswith("/start ")


def _edited(kind: str, raw: dict[str, Any], key: str) -> list[Came]:
    message = msgspec.convert(raw, Message)
    place = place_of(message)
    named = message_key(place, message.message_id)
    text = content_of(message, raw).text
    at = None if message.edit_date is None else datetime.fromtimestamp(message.edit_date, UTC)
    return [Edited(external_id=str(place), message_id=named, text=text, speaker=_speaker(message), at=at)]


_READERS: dict[str, Callable[[str, dict[str, Any], str], list[Came]]] = {
    **HAPPENINGS,
    "message": _message,
    "business_message": _message,
    "edited_message": _edited,
    "edited_business_message": _edited,
}
"""By the update's field: its name, its content, the update's key."""
