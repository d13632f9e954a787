"""What a page or an Instagram account says: `POST <page>/messages`, which both share."""

import hmac
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Button, Line, Outbound, OutboundCard, OutboundFile, Receipt, Seen, Typing
from kezhan.channels.vendors.meta.graph import call
from kezhan.kit.clock import now

DAY = 24 * 3600
WEEK = 7 * DAY
BUTTON_BODY = 640
"""Characters above the buttons of a template."""
CARD_TEXT = 80
"""Characters of a card's title, and of what stands below it."""
LINKED = 3
"""Buttons of a template, which alone may open pages; up to thirteen others stand below a text."""
SIGNS = {"love": "❤️", "smile": "😄", "wow": "😮", "sad": "😢", "angry": "😡", "like": "👍", "dislike": "👎"}
"""The reactions the platform has words for."""
_WORDS = {sign.replace("\ufe0f", ""): word for word, sign in SIGNS.items()}
_KINDS = frozenset({"image", "video", "audio"})


class Sent(Struct, frozen=True):
    message_id: str = ""


def signed_query(line: Line, token: str) -> dict[str, str]:
    """The token, with the proof that who calls has the app's secret, where the app asks for it."""
    query = {"access_token": token}
    if line.account.settings.sign_calls:
        secret = line.account.secrets.app_secret.encode()
        query["appsecret_proof"] = hmac.digest(secret, token.encode(), "sha256").hex()
    return query


async def say(
    line: Line, outbound: Outbound, *, base: str, path: str, token: str, metadata: str = ""
) -> Receipt:
    """One message: a text, a card, or a file the platform fetches from us. `metadata` comes back with its
    echo. Or a reaction of ours to one."""
    if outbound.what == "reacted":
        # Of several files in one message each has a number of ours behind its name.
        target = outbound.message_ids[0].partition("#")[0] if outbound.message_ids else ""
        action = _reaction(target, outbound.text.replace("\ufe0f", ""))
        await _act(line, outbound.external_id, action, base=base, path=path, token=token)
        return Receipt(external_id=target)
    message = _message(outbound)
    if metadata:
        message["metadata"] = metadata
    body = {"recipient": {"id": outbound.external_id}, **_reason(line, outbound), "message": message}
    query, content = signed_query(line, token), msgspec.json.encode(body)
    sent = await call(line, "POST", f"{path}/messages", Sent, base=base, query=query, content=content)
    return Receipt(external_id=sent.message_id)


async def show_typing(line: Line, shown: Typing, *, base: str, path: str, token: str) -> None:
    """Shown for twenty seconds."""
    action = {"sender_action": "typing_on"}
    await _act(line, shown.external_id, action, base=base, path=path, token=token)


async def show_seen(line: Line, shown: Seen, *, base: str, path: str, token: str) -> None:
    action = {"sender_action": "mark_seen"}
    await _act(line, shown.external_id, action, base=base, path=path, token=token)


async def _act(line: Line, who: str, action: dict[str, Any], *, base: str, path: str, token: str) -> None:
    body = {"recipient": {"id": who}, **action}
    query, content = signed_query(line, token), msgspec.json.encode(body)
    await call(line, "POST", f"{path}/messages", Sent, base=base, query=query, content=content)


def _reaction(target: str, emoji: str) -> dict[str, Any]:
    if not emoji:
        return {"sender_action": "unreact", "payload": {"message_id": target}}
    said = {"message_id": target, "reaction": _WORDS.get(emoji, emoji)}
    return {"sender_action": "react", "payload": said}


def _message(outbound: Outbound) -> dict[str, Any]:
    buttons = outbound.buttons
    templated = [_button(one) for one in buttons] if len(buttons) <= LINKED else []
    if outbound.card is not None:
        element = _element(outbound.card) | ({"buttons": templated} if templated else {})
        message = _template({"template_type": "generic", "elements": [element]})
    elif any(one.url for one in buttons):
        return _template({"template_type": "button", "text": outbound.text, "buttons": templated})
    elif outbound.file is not None:
        message = {"attachment": _attachment(outbound.file)}
    else:
        message = {"text": outbound.text}
    if buttons and not (outbound.card is not None and templated):
        message["quick_replies"] = [
            {"content_type": "text", "title": one.text, "payload": one.ref} for one in buttons
        ]
    return message


def _template(payload: dict[str, Any]) -> dict[str, Any]:
    return {"attachment": {"type": "template", "payload": payload}}


def _element(card: OutboundCard) -> dict[str, Any]:
    """A card as the platform draws it; pressing it opens its page."""
    element: dict[str, Any] = {"title": card.title}
    if card.text:
        element["subtitle"] = card.text
    if card.picture is not None:
        element["image_url"] = card.picture.url
    if card.url:
        element["default_action"] = {"type": "web_url", "url": card.url}
    return element


def _button(button: Button) -> dict[str, str]:
    if button.url:
        return {"type": "web_url", "title": button.text, "url": button.url}
    return {"type": "postback", "title": button.text, "payload": button.ref}


def _attachment(file: OutboundFile) -> dict[str, Any]:
    kind = file.media_type.partition("/")[0]
    return {"type": kind if kind in _KINDS else "file", "payload": {"url": file.url}}


def _reason(line: Line, outbound: Outbound) -> dict[str, str]:
    """Within a day of her last message an answer needs none; after it a person may answer for six days more,
    where the platform allows the account that."""
    wrote = int(outbound.ticket) / 1000 if outbound.ticket.isdecimal() else None
    if wrote is None or not line.account.settings.human_agent or now().timestamp() - wrote < DAY:
        return {"messaging_type": "RESPONSE"}
    return {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
