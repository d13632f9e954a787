"""The stream: messages come over a WebSocket of ours, and are acknowledged once kept.

Frames are texts: {"type": "SYSTEM|EVENT|CALLBACK", "headers": {"messageId", "topic"}, "data": "<JSON>"},
answered by {"code": 200, "headers": {"contentType", "messageId"}, "message": "OK", "data": "<JSON>"}.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from kezhan.channels.adapters.dingtalk.api import answered, reached
from kezhan.channels.adapters.dingtalk.envelope import key_of
from kezhan.channels.adapters.dingtalk.ticket import OWN
from kezhan.channels.base import Call, Expired, Keep, Line, Retry, Turned, detail, reason, streaming
from kezhan.kit.loose import read, word

TOPIC = "/v1.0/im/bot/messages/get"
_PING_SECONDS = 60
_FRAME_BYTES = 8 * 1024 * 1024


async def listen(line: Line, cursor: str, keep: Keep) -> None:
    """Hold the stream until it ends: the platform wants another connection now and then. It brings again what
    is not acknowledged, so there is no cursor. Nothing to do where messages come by the hook."""
    if line.account.settings.mode != "stream":
        await asyncio.Event().wait()
    url = await _endpoint(line)
    try:
        async with streaming(line, url, max_size=_FRAME_BYTES, ping_interval=_PING_SECONDS) as socket:
            await _hear(line, socket, keep)
    except (WebSocketException, OSError) as fault:
        raise Retry(detail(fault), fault=reason(fault)) from fault


async def _endpoint(line: Line) -> str:
    """Where to connect, with a ticket that is good once."""
    settings = line.account.settings
    if not settings.app_key:
        raise Turned("no Client ID is set", fault="token_expired")
    body = {
        "clientId": settings.app_key,
        "clientSecret": line.account.secrets.app_secret,
        "subscriptions": [{"type": "CALLBACK", "topic": TOPIC}],
        "ua": "kezhan",
        "localIp": "",
    }
    try:
        answer = answered(
            await reached(line, "POST", settings.api_url.rstrip("/") + "/v1.0/gateway/connections/open", body)
        )
    except Expired as fault:
        raise Turned(fault.why, status=fault.status, fault="token_expired") from fault
    endpoint, ticket = word(answer, "endpoint"), word(answer, "ticket")
    host = urlsplit(endpoint).hostname or ""
    if not host.endswith(OWN) and host != urlsplit(settings.api_url).hostname:
        raise Turned("the stream leads elsewhere", fault="not_allowed")
    return f"{endpoint}?ticket={quote(ticket, safe='')}"


async def _hear(line: Line, socket: ClientConnection, keep: Keep) -> None:
    """Until the platform wants another connection."""
    async for raw in socket:
        try:
            frame = read(raw)
        except ValueError:
            continue
        kind, topic, data = word(frame, "type"), word(frame, "headers", "topic"), word(frame, "data")
        if kind == "CALLBACK" and topic == TOPIC:
            body = data.encode("utf-8", "replace")
            await keep([Call(dedup_key=key_of(body, line.account.secrets), body=body)], None)
            await socket.send(_ack(frame, 200, '{"response":null}'))
        elif kind == "SYSTEM":
            await socket.send(_ack(frame, 200, data))
            if topic == "disconnect":
                return
        else:
            await socket.send(_ack(frame, 404, "{}"))


def _ack(frame: Mapping[str, Any], code: int, data: str) -> str:
    headers = {"contentType": "application/json", "messageId": word(frame, "headers", "messageId")}
    message = "OK" if code == 200 else "not subscribed"
    return msgspec.json.encode({"code": code, "headers": headers, "message": message, "data": data}).decode()
