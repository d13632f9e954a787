"""What an official account says: with the reply token of the customer's message while that is fresh, which
costs nothing, else by a push, which may be repeated safely."""

import asyncio
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from kezhan.channels.adapters.line.call import call
from kezhan.channels.adapters.line.card import card_of
from kezhan.channels.adapters.line.events import NOTHING
from kezhan.channels.base import Button, Expired, Line, Outbound, Receipt, Retry, Seen, Turned, Typing
from kezhan.kit.clock import now

FRESH_SECONDS = 50
_KEYS = UUID("6a0f1c3e-2d52-4d0f-9d0c-6c1f0a3b7e15")
_NAME = 20
_AGAIN_SECONDS = 4
"""Less than what the first call leaves of `send_seconds`."""


class Named(Struct, frozen=True):
    id: str = ""


class Sent(Struct, frozen=True, rename="camel"):
    sent_messages: list[Named] = []


async def send(line: Line, outbound: Outbound) -> Receipt:
    """One message. A reply token that was used or is too old is followed by a push."""
    message, token = _message(line, outbound), _fresh(line, outbound)
    if token:
        body = msgspec.json.encode({"replyToken": token, "messages": [message]})
        try:
            return await _reply(line, body)
        except Turned as fault:
            if "reply token" not in fault.why.lower():
                raise
    body = msgspec.json.encode({"to": outbound.external_id, "messages": [message]})
    # The same for every attempt; what was accepted already is answered with 409 and is as good as sent.
    key = str(uuid5(_KEYS, outbound.event_id))
    response = await call(line, "POST", "/v2/bot/message/push", content=body, retry_key=key)
    return _receipt(response.content)


async def typing(line: Line, shown: Typing) -> None:
    """Dots for twenty seconds, which only a talk with one person has."""
    if shown.external_id.startswith("U"):
        body = msgspec.json.encode({"chatId": shown.external_id, "loadingSeconds": 20})
        await call(line, "POST", "/v2/bot/chat/loading/start", content=body)


async def seen(line: Line, shown: Seen) -> None:
    """By the token her newest message has brought."""
    _, _, token = shown.ticket.rpartition(" ") if shown.ticket.count(" ") > 1 else ("", "", "")
    if token:
        body = msgspec.json.encode({"markAsReadToken": token})
        await call(line, "POST", "/v2/bot/chat/markAsRead", content=body)


async def _reply(line: Line, body: bytes) -> Receipt:
    """A reply takes no key, but its token opens once: where the first may have arrived a second at once does
    no harm. If that is refused too nothing may follow, a push least of all."""
    try:
        return await _replied(line, body)
    except Retry as fault:
        if _is_sure(fault):
            raise
        first = fault
    try:
        async with asyncio.timeout(_AGAIN_SECONDS):
            return await _replied(line, body)
    except (Retry, Turned, Expired, TimeoutError) as fault:
        raise Turned(first.why, status=first.status, fault="unsure") from fault


async def _replied(line: Line, body: bytes) -> Receipt:
    return _receipt((await call(line, "POST", "/v2/bot/message/reply", content=body)).content)


def _is_sure(fault: Retry) -> bool:
    return fault.sure or (fault.status is not None and fault.status < 500)


def _fresh(line: Line, outbound: Outbound) -> str:
    """The reply token while it can be good: one answer may use it, within about a minute."""
    if not (outbound.ticket and outbound.first and line.account.settings.reply_first):
        return ""
    came, token, *_ = outbound.ticket.split(" ")
    young = came.isdecimal() and now().timestamp() - int(came) / 1000 < FRESH_SECONDS
    return token if young and token != NOTHING else ""


def _message(line: Line, outbound: Outbound) -> dict[str, Any]:
    file = outbound.file
    message: dict[str, Any] = {"type": "text", "text": outbound.text}
    if file is not None and file.milliseconds:
        message = {"type": "audio", "originalContentUrl": file.url, "duration": file.milliseconds}
    elif file is not None:
        message = {"type": "image", "originalContentUrl": file.url, "previewImageUrl": file.url}
    if outbound.card is not None:
        message = card_of(outbound.card, [_press(one) for one in outbound.buttons])
    elif outbound.buttons:
        message["quickReply"] = {
            "items": [{"type": "action", "action": _press(one)} for one in outbound.buttons]
        }
    if line.account.settings.agent_names and outbound.agent_name:
        message["sender"] = {"name": outbound.agent_name[:_NAME]}
    return message


def _press(button: Button) -> dict[str, str]:
    """Of an answer, what stands on it is shown as what she has said."""
    if button.url:
        return {"type": "uri", "label": button.text, "uri": button.url}
    return {"type": "postback", "label": button.text, "data": button.ref, "displayText": button.text}


def _receipt(body: bytes) -> Receipt:
    try:
        sent = msgspec.json.decode(body, type=Sent).sent_messages
    except (msgspec.MsgspecError, UnicodeError):
        sent = []  # it has been taken, by whatever name
    return Receipt(external_id=sent[0].id if sent else "")
