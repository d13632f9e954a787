"""What a bot says: texts and files, their edits, their end."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.telegram.call import Moved, Upload, call
from kezhan.channels.adapters.telegram.place import Place, message_key, message_number, read_place
from kezhan.channels.base import (
    Button,
    Expired,
    Line,
    Outbound,
    OutboundCard,
    OutboundFile,
    Receipt,
    Retry,
    Seen,
    Turned,
    Typing,
)

CAPTION = 1024
"""UTF-16 units; a longer one follows its file as a text."""
PHOTO_BYTES = 10 * 1024 * 1024
_METHODS = {
    "image/jpeg": ("sendPhoto", "photo"),
    "image/png": ("sendPhoto", "photo"),
    "image/webp": ("sendPhoto", "photo"),
    "image/gif": ("sendAnimation", "animation"),
    "video/mp4": ("sendVideo", "video"),
    "audio/ogg": ("sendVoice", "voice"),
    "audio/mpeg": ("sendAudio", "audio"),
    "audio/mp4": ("sendAudio", "audio"),
}
"""By media type: the call and its field. Everything else is a document."""
_ASKED = {"phone": "request_contact", "place": "request_location"}


class Sent(Struct, frozen=True):
    message_id: int


async def send(line: Line, outbound: Outbound) -> Receipt:
    """A message, or what becomes of one. A caption that is too long makes two messages; both are named."""
    place = read_place(outbound.external_id)
    match outbound.what:
        case "edited":
            await _edit(line, place, outbound)
        case "reacted":
            await _react(line, place, outbound)
        case "recalled":
            await _delete(line, place, outbound, outbound.message_ids)
        case "message":
            return await _say(line, place, outbound)
    return Receipt(external_id=",".join(outbound.message_ids))


async def _say(line: Line, place: Place, outbound: Outbound) -> Receipt:
    file, text = outbound.file, outbound.text
    if outbound.card is not None:
        return Receipt(external_id=await _post(line, place, outbound, *_card(outbound.card)))
    if file is None:
        return Receipt(external_id=await _post(line, place, outbound, "sendMessage", {"text": text}))
    fits = len(text.encode("utf-16-le")) // 2 <= CAPTION
    caption: dict[str, Any] = {"caption": text} if text and fits else {}
    method, field = _METHODS.get(file.media_type, ("sendDocument", "document"))
    if method == "sendPhoto" and file.size > PHOTO_BYTES:
        method, field = "sendDocument", "document"
    if file.milliseconds:
        caption["duration"] = max(1, round(file.milliseconds / 1000))
    upload = await _upload(line, file, field)
    named = await _post(line, place, outbound, method, caption, upload)
    if text and not fits:
        named += "," + await _follow(line, place, outbound)
    return Receipt(external_id=named)


def _card(card: OutboundCard) -> tuple[str, dict[str, Any]]:
    """The call that shows a place or a person; a venue has an address, be it but where it lies."""
    at = card.place
    if at is None:
        return "sendContact", {"phone_number": card.phone, "first_name": card.title}
    address = at.address or card.text
    return "sendVenue", {
        "latitude": at.latitude,
        "longitude": at.longitude,
        "title": card.title,
        "address": address,
    }


async def _follow(line: Line, place: Place, outbound: Outbound) -> str:
    """The text of a file that has gone already: not to be tried again together with it."""
    try:
        return await _post(line, place, outbound, "sendMessage", {"text": outbound.text})
    except (Retry, Expired) as fault:
        raise Turned(f"the file went without its text: {fault.why}", fault="unsure") from fault


async def _upload(line: Line, file: OutboundFile, field: str) -> Upload:
    return Upload(field, file.name, await line.content(file), file.media_type)


async def _post(
    line: Line,
    place: Place,
    outbound: Outbound,
    method: str,
    fields: dict[str, Any],
    upload: Upload | None = None,
) -> str:
    """The name of the message that has come of it."""
    quoted = message_number(outbound.quote_id.partition(",")[0])
    if quoted is not None:
        fields["reply_parameters"] = {"message_id": quoted, "allow_sending_without_reply": True}
    if place.topic is not None:
        fields["message_thread_id"] = place.topic
    if outbound.buttons:
        fields["reply_markup"] = _keyboard(place, outbound.buttons)
    result = await _in_chat(
        line, place, outbound.ticket, lambda chat: call(line, method, {**chat, **fields}, upload=upload)
    )
    return message_key(place, msgspec.json.decode(result, type=Sent).message_id)


async def _in_chat(
    line: Line,
    place: Place,
    ticket: str,
    work: Callable[[dict[str, Any]], Awaitable[msgspec.Raw]],
) -> msgspec.Raw:
    """Do it in the chat, or in the one the group has become."""
    chat: dict[str, Any] = {"chat_id": place.chat_id}
    if place.business:
        chat["business_connection_id"] = ticket
    try:
        return await work(chat)
    except Moved as fault:
        chat["chat_id"] = fault.chat_id
    try:
        return await work(chat)
    except Moved as fault:
        raise Turned("the group has moved on") from fault


async def typing(line: Line, shown: Typing) -> None:
    """Shown for five seconds."""
    place, fields = read_place(shown.external_id), {"action": "typing"}
    topic = {"message_thread_id": place.topic} if place.topic is not None else {}
    await _in_chat(
        line, place, shown.ticket, lambda chat: call(line, "sendChatAction", {**chat, **topic, **fields})
    )


async def seen(line: Line, shown: Seen) -> None:
    """Only the chats of a business account know who has read."""
    place, number = read_place(shown.external_id), message_number(shown.last_message_id)
    if place.business and number is not None:
        fields = {
            "business_connection_id": shown.ticket,
            "chat_id": place.chat_id,
            "message_id": number,
        }
        await call(line, "readBusinessMessage", fields)


def _keyboard(place: Place, buttons: Sequence[Button]) -> dict[str, Any]:
    """Below the message; what shares something stands in place of her keyboard, in a private chat alone."""
    private = place.chat_id > 0 and not place.business
    asked = [[{"text": one.text, _ASKED[one.asks]: True}] for one in buttons if one.asks and private]
    if asked:
        return {"keyboard": asked, "resize_keyboard": True, "one_time_keyboard": True}
    return {"inline_keyboard": [[_button(one)] for one in buttons]}


def _button(button: Button) -> dict[str, str]:
    data = {"url": button.url} if button.url else {"callback_data": button.ref}
    return {"text": button.text, **data}


async def _react(line: Line, place: Place, outbound: Outbound) -> None:
    """The bot's one reaction; the platform knows its signs without the mark that asks for colour."""
    emoji = outbound.text.replace("\ufe0f", "")
    fields = {
        "message_id": message_number(outbound.message_ids[0].partition(",")[0])
        if outbound.message_ids
        else None,
        "reaction": [{"type": "emoji", "emoji": emoji}] if emoji else [],
    }
    await _in_chat(
        line, place, outbound.ticket, lambda chat: call(line, "setMessageReaction", {**chat, **fields})
    )


async def _edit(line: Line, place: Place, outbound: Outbound) -> None:
    """The new wording goes where the old one stood; parts it no longer needs are deleted."""
    names = [name for key in outbound.message_ids for name in key.split(",")]
    if not names:
        raise Turned("the message has no name there")
    words, spare = (names[-1:], []) if outbound.kind == "file" else (names[:1], names[1:])
    captioned = outbound.kind == "file" and len(names) == 1
    method, field = ("editMessageCaption", "caption") if captioned else ("editMessageText", "text")
    fields = {"message_id": message_number(words[0]), field: outbound.text}
    try:
        await _in_chat(line, place, outbound.ticket, lambda chat: call(line, method, {**chat, **fields}))
    except Turned as fault:
        if "message is not modified" not in fault.why:
            raise
    await _delete(line, place, outbound, spare)


async def _delete(line: Line, place: Place, outbound: Outbound, keys: Sequence[str]) -> None:
    numbers = [message_number(name) for key in keys for name in key.split(",")]
    if place.business and numbers:
        fields = {"business_connection_id": outbound.ticket, "message_ids": numbers}
        await call(line, "deleteBusinessMessages", fields)
        return
    for number in numbers:
        await _delete_one(line, place, outbound, number)


async def _delete_one(line: Line, place: Place, outbound: Outbound, number: int | None) -> None:
    """What is gone already is gone."""
    fields = {"message_id": number}
    try:
        await _in_chat(
            line, place, outbound.ticket, lambda chat: call(line, "deleteMessage", {**chat, **fields})
        )
    except Turned as fault:
        if "message to delete not found" not in fault.why:
            raise
