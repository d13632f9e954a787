"""What a page or an Instagram account says: `POST <page>/messages`, which both share."""

import hmac
from typing import Any

import msgspec
from msgspec import Struct

from kezhan.channels.base import Line, Outbound, OutboundFile, Receipt, Typing
from kezhan.channels.vendors.meta.graph import call
from kezhan.kit.clock import now

DAY = 24 * 3600
WEEK = 7 * DAY
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
    """One message: a text, or a file the platform fetches from us. `metadata` comes back with its echo."""
    message: dict[str, Any] = (
        {"text": outbound.text} if outbound.file is None else {"attachment": _attachment(outbound.file)}
    )
    if outbound.buttons:
        replies = [
            {"content_type": "text", "title": one.text, "payload": one.ref} for one in outbound.buttons
        ]
        message["quick_replies"] = replies
    if metadata:
        message["metadata"] = metadata
    body = {"recipient": {"id": outbound.external_id}, **_reason(line, outbound), "message": message}
    query, content = signed_query(line, token), msgspec.json.encode(body)
    sent = await call(line, "POST", f"{path}/messages", Sent, base=base, query=query, content=content)
    return Receipt(external_id=sent.message_id)


async def show_typing(line: Line, shown: Typing, *, base: str, path: str, token: str) -> None:
    """Shown for twenty seconds."""
    body = {"recipient": {"id": shown.external_id}, "sender_action": "typing_on"}
    query, content = signed_query(line, token), msgspec.json.encode(body)
    await call(line, "POST", f"{path}/messages", Sent, base=base, query=query, content=content)


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
