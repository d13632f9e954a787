"""Socket mode: events come over a WebSocket of ours, in envelopes that are acknowledged once kept.

{"type": "hello", "connection_info": {"app_id"}, "num_connections"}
{"type": "events_api", "envelope_id", "payload": {as posted to a hook}, "retry_attempt", "retry_reason"}
{"type": "disconnect", "reason": "warning | refresh_requested | link_disabled"}
"""

import asyncio
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import WebSocketException

from kezhan.channels.adapters.slack.api import OWN, open_connection
from kezhan.channels.adapters.slack.inbound import key_of
from kezhan.channels.base import Call, Keep, Line, Retry, Turned, detail, reason, streaming
from kezhan.kit.loose import read, word

_PING_SECONDS = 30
_FRAME_BYTES = 8 * 1024 * 1024


async def listen(line: Line, cursor: str, keep: Keep) -> None:
    """Hold the socket until it ends: the platform wants another every few hours. It brings again what is not
    acknowledged, so there is no cursor. Nothing to do where events come by the hook."""
    if line.account.settings.mode != "socket":
        await asyncio.Event().wait()
    url = await endpoint(line)
    try:
        async with streaming(line, url, max_size=_FRAME_BYTES, ping_interval=_PING_SECONDS) as socket:
            await _hear(socket, keep)
    except (WebSocketException, OSError) as fault:
        raise Retry(detail(fault), fault=reason(fault)) from fault


async def endpoint(line: Line) -> str:
    """Where to connect, with a ticket that is good once. Raises Retry and Turned."""
    if not line.account.secrets.app_token:
        raise Turned("no app-level token is set", fault="token_expired")
    url = word(await open_connection(line), "url")
    found, own = urlsplit(url), urlsplit(str(line.account.settings.api_url))
    host = found.hostname or ""
    if not (host.endswith(OWN) or host == own.hostname) or found.scheme != own.scheme.replace("http", "ws"):
        raise Turned("the connection leads elsewhere", fault="not_allowed")
    return url


async def _hear(socket: ClientConnection, keep: Keep) -> None:
    """Until the platform wants another connection."""
    async for raw in socket:
        try:
            frame = read(raw)
        except ValueError:
            continue
        if word(frame, "type") == "disconnect":
            if word(frame, "reason") == "link_disabled":
                raise Turned("socket mode is switched off", fault="not_allowed")
            return
        payload = frame.get("payload")
        if word(frame, "type") == "events_api" and isinstance(payload, dict):
            body = msgspec.json.encode(payload)
            await keep([Call(dedup_key=key_of(payload, body), body=body)], None)
        # Buttons and commands are none of ours, and come again for ever unless that is said.
        if envelope_id := word(frame, "envelope_id"):
            await socket.send(msgspec.json.encode({"envelope_id": envelope_id}).decode())
