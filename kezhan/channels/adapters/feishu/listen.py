"""The persistent connection: events come over a WebSocket of ours and are acknowledged once kept."""

import asyncio
import hashlib
from collections import OrderedDict
from contextlib import suppress
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
from msgspec import structs
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed, WebSocketException

from kezhan.channels.adapters.feishu.api import answered, reached
from kezhan.channels.adapters.feishu.frames import CONTROL, DATA, Frame, read_frame, written
from kezhan.channels.base import Call, Expired, Keep, Line, Retry, Turned, detail, reason, streaming
from kezhan.kit.loose import read, word

_PATH = "/callback/ws/endpoint"
_OWN = (".feishu.cn", ".larksuite.com", ".larkoffice.com")
_PING_SECONDS = 120.0
_FRAME_BYTES = 8 * 1024 * 1024
_HALVES = 100
"""So many events that come in several frames are waited for at once."""


async def listen(line: Line, cursor: str, keep: Keep) -> None:
    """Hold the connection until cancelled or closed. The platform brings again what is not acknowledged, so
    there is no cursor. Nothing to do where events come by the hook."""
    if line.account.settings.mode != "socket":
        await asyncio.Event().wait()
    url, pause = await _endpoint(line)
    try:
        async with streaming(line, url, max_size=_FRAME_BYTES, ping_interval=None) as socket:
            service = parse_qs(urlsplit(url).query).get("service_id", ["0"])[0]
            alive = asyncio.create_task(_ping(socket, int(service) if service.isdecimal() else 0, pause))
            try:
                await _hear(socket, pause, keep)
            finally:
                alive.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await alive
    except (WebSocketException, OSError) as fault:
        raise Retry(detail(fault), fault=reason(fault)) from fault


async def _endpoint(line: Line) -> tuple[str, float]:
    """Where to connect, and how many seconds lie between two pings."""
    settings = line.account.settings
    if not settings.app_id:
        raise Turned("no App ID is set", fault="token_expired")
    body = {"AppID": settings.app_id, "AppSecret": line.account.secrets.app_secret}
    headers = {"content-type": "application/json; charset=utf-8", "locale": "zh"}
    response = await reached(line, "POST", _PATH, msgspec.json.encode(body), headers)
    try:
        answer = answered(response)
    except Expired as fault:
        raise Turned(fault.why, status=fault.status, fault="token_expired") from fault
    url = word(answer, "data", "URL")
    host = urlsplit(url).hostname or ""
    if not host.endswith(_OWN) and host != urlsplit(settings.base).hostname:
        raise Turned("the connection leads elsewhere", fault="not_allowed")
    return url, _seconds(word(answer, "data", "ClientConfig", "PingInterval"))


def _seconds(said: str) -> float:
    return float(said) if said.isdecimal() and 0 < int(said[:6]) <= 3600 else _PING_SECONDS


async def _ping(socket: ClientConnection, service: int, pause: float) -> None:
    frame = Frame(service=service, method=CONTROL, headers={"type": "ping"})
    while True:
        await socket.send(written(frame))
        await asyncio.sleep(pause)


async def _hear(socket: ClientConnection, pause: float, keep: Keep) -> None:
    """Until it closes, or is silent for two pings: each is answered where the other side lives."""
    halves: OrderedDict[str, dict[int, bytes]] = OrderedDict()
    while True:
        async with asyncio.timeout(2 * pause):
            raw = await socket.recv()
        try:
            frame = read_frame(raw if isinstance(raw, bytes) else raw.encode())
        except ValueError:
            continue
        if frame.method != DATA:
            continue
        body = _whole(frame, halves)
        if body is None:
            continue
        began = monotonic()
        if frame.headers.get("type") == "event":
            await keep([Call(dedup_key=_key(body), body=body)], None)
        headers = {**frame.headers, "biz_rt": str(int((monotonic() - began) * 1000))}
        await socket.send(written(structs.replace(frame, headers=headers, payload=b'{"code":200}')))


def _whole(frame: Frame, halves: OrderedDict[str, dict[int, bytes]]) -> bytes | None:
    """The event, once all its frames are there."""
    total, number = frame.headers.get("sum", "1"), frame.headers.get("seq", "0")
    if not (total.isdecimal() and number.isdecimal()) or int(total[:4]) <= 1:
        return frame.payload
    message_id = frame.headers.get("message_id", "")
    had = halves.setdefault(message_id, {})
    had[int(number[:4])] = frame.payload
    if len(had) < int(total[:4]):
        while len(halves) > _HALVES:
            halves.popitem(last=False)
        return None
    del halves[message_id]
    return b"".join(had[at] for at in sorted(had))


def _key(body: bytes) -> str:
    """The event's own id, as of one that comes by the hook."""
    try:
        event: dict[str, Any] = read(body)
    except ValueError:
        event = {}
    known = word(event, "header", "event_id") or word(event, "uuid")
    return known[:200] or hashlib.sha256(body).hexdigest()
