"""What the number says: texts, files that are uploaded first, and templates outside the window."""

from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.whatsapp.blanks import components, shape_of
from kezhan.channels.base import (
    Expired,
    Line,
    Outbound,
    OutboundCard,
    OutboundFile,
    Receipt,
    Retry,
    Seen,
    TemplateUse,
    Turned,
    Typing,
)
from kezhan.channels.vendors.meta.graph import call

CAPTION = 1024
"""Characters; a longer one follows its file as a text."""
_BUTTONS = 3
"""Below a text; more go as rows of a list."""
_SILENT = frozenset({"audio", "sticker"})
"""These have no caption."""
_OPEN = "☰"
"""Stands on what opens a list, in whatever language she reads."""


class Named(Struct, frozen=True):
    id: str


class Done(Struct, frozen=True):
    success: bool = True


class Sent(Struct, frozen=True):
    messages: list[Named]


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One message. A text that its file cannot carry follows it."""
    if outbound.template is not None:
        used = await _template(line, outbound, outbound.template)
        return Receipt(external_id=await _post(line, outbound, "template", used))
    file, text = outbound.file, outbound.text
    if outbound.what == "reacted":
        target = outbound.message_ids[0] if outbound.message_ids else ""
        await _post(line, outbound, "reaction", {"message_id": target, "emoji": text})
        return Receipt(external_id=target)
    if outbound.card is not None:
        return Receipt(external_id=await _post(line, outbound, *_card(outbound.card)))
    if outbound.buttons:
        return Receipt(external_id=await _post(line, outbound, "interactive", _interactive(outbound)))
    if file is None:
        return Receipt(external_id=await _post(line, outbound, "text", _text(text)))
    kind, part = _kind(file), await _part(line, outbound, file)
    caption = text if kind not in _SILENT and len(text) <= CAPTION else ""
    if caption:
        part["caption"] = caption
    followed = bool(text and not caption)
    named = await _post(line, outbound, kind, part, whole=not followed)
    if followed:
        await _follow(line, outbound)
    return Receipt(external_id=named)


async def _follow(line: Line, outbound: Outbound) -> None:
    """The text of a file that has gone already: not to be tried again together with it."""
    try:
        await _post(line, outbound, "text", _text(outbound.text))
    except (Retry, Expired) as fault:
        raise Turned(f"the file went without its text: {fault.why}", fault="unsure") from fault


def _text(text: str) -> dict[str, Any]:
    """Below a text with an address its page is shown."""
    return {"body": text, "preview_url": True} if "://" in text else {"body": text}


def _card(card: OutboundCard) -> tuple[str, Any]:
    """A place or a person, with the name of its type."""
    at = card.place
    if at is None:
        name = {"formatted_name": card.title, "first_name": card.title}
        return "contacts", [{"name": name, "phones": [{"phone": card.phone}]}]
    address = {"address": at.address} if at.address else {}
    return "location", {"latitude": at.latitude, "longitude": at.longitude, "name": card.title, **address}


def _interactive(outbound: Outbound) -> dict[str, Any]:
    body = {"text": outbound.text}
    if any(one.asks for one in outbound.buttons):
        return {"type": "location_request_message", "body": body, "action": {"name": "send_location"}}
    link = next((one for one in outbound.buttons if one.url), None)
    if link is not None:
        shown = {"display_text": link.text, "url": link.url}
        return {"type": "cta_url", "body": body, "action": {"name": "cta_url", "parameters": shown}}
    rows = [{"id": one.ref, "title": one.text} for one in outbound.buttons]
    if len(rows) > _BUTTONS:
        return {"type": "list", "body": body, "action": {"button": _OPEN, "sections": [{"rows": rows}]}}
    replies = [{"type": "reply", "reply": row} for row in rows]
    return {"type": "button", "body": body, "action": {"buttons": replies}}


def _kind(file: OutboundFile) -> str:
    kind = "sticker" if file.media_type == "image/webp" else file.media_type.partition("/")[0]
    return kind if kind in {"image", "video", "audio", "sticker"} else "document"


async def _part(line: Line, outbound: Outbound, file: OutboundFile) -> dict[str, str]:
    """The file as a message has it."""
    named = {"filename": file.name} if _kind(file) == "document" else {}
    return {"id": await _uploaded(line, outbound, file), **named}


async def _template(line: Line, outbound: Outbound, used: TemplateUse) -> dict[str, Any]:
    shape, header = shape_of(used), None
    if shape.header and outbound.file is not None:
        header = {"type": shape.header, shape.header: await _part(line, outbound, outbound.file)}
    filled = [*components(shape, used.values, header)]
    found = {"name": used.name, "language": {"code": used.language}}
    return {**found, "components": filled} if filled else found


def _number(line: Line, outbound: Outbound | Typing | Seen) -> str:
    """The number she has written to, which answers."""
    number: str = outbound.ticket or line.account.settings.phone_number_id
    if not number:
        raise Turned("no phone number is set", fault="not_allowed")
    return number


async def typing(line: Line, shown: Typing) -> None:
    """Shown for 25 seconds, below her message, which counts as read."""
    await _read(line, shown, {"typing_indicator": {"type": "text"}})


async def seen(line: Line, shown: Seen) -> None:
    """What came before it counts as read too."""
    await _read(line, shown, {})


async def _read(line: Line, shown: Typing | Seen, more: dict[str, Any]) -> None:
    if not shown.last_message_id:
        return
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": shown.last_message_id}
    body = {**read, **more}
    path, token = f"{_number(line, shown)}/messages", line.account.secrets.access_token
    await call(line, "POST", path, Done, token=token, content=msgspec.json.encode(body))


async def _post(line: Line, outbound: Outbound, kind: str, part: Any, *, whole: bool = True) -> str:
    """The message's name there. Our own id comes back with its statuses; not with those of a file whose text
    (`whole` is false) is still to come."""
    who = outbound.external_id
    body: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        # A phone number, or the id of a user who does not show hers.
        "to" if who.isdecimal() else "recipient": who,
        "type": kind,
        kind: part,
    }
    if whole:
        body["biz_opaque_callback_data"] = outbound.event_id
    if outbound.quote_id:
        body["context"] = {"message_id": outbound.quote_id}
    path, token = f"{_number(line, outbound)}/messages", line.account.secrets.access_token
    sent = await call(line, "POST", path, Sent, token=token, content=msgspec.json.encode(body))
    return sent.messages[0].id if sent.messages else ""


async def _uploaded(line: Line, outbound: Outbound, file: OutboundFile) -> str:
    path, token = f"{_number(line, outbound)}/media", line.account.secrets.access_token
    data = {"messaging_product": "whatsapp", "type": file.media_type}
    files = {"file": (file.name, await line.content(file), file.media_type)}
    try:
        return (await call(line, "POST", path, Named, token=token, data=data, files=files)).id
    except Retry as fault:
        fault.sure = True  # nothing has been sent to her yet
        raise
