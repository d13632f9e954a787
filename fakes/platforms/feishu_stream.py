"""Feishu's long connection: each event goes to one of the app's clients, as they come, until one has it."""

import asyncio
import contextlib
import time
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from fakes.base import digits, letters
from fakes.platforms.feishu_frames import CONTROL, DATA, Frame, packed, unpacked
from fakes.sockets import Peer, Pool

TICKET_SECONDS, ACK_SECONDS, PING_SECONDS = 90, 3, 120
MOST_CLIENTS = 50
# How large a frame may be is not published: from here on an event comes in several.
WHOLE_BYTES = 64 * 1024
CONFIG = {"ReconnectCount": -1, "ReconnectInterval": 120, "ReconnectNonce": 30, "PingInterval": PING_SECONDS}


class Client(Peer[bytes]):
    """One connection; what is brought is named by its message id."""

    def __init__(self, socket: WebSocket[Any, Any, Any], service: int) -> None:
        super().__init__(socket)
        self.service = service

    async def ask(self, message_id: str, body: bytes, seconds: float) -> bytes:
        """Bring an event and wait for its answer; TimeoutError, ConnectionError."""
        pieces = [body[at : at + WHOLE_BYTES] for at in range(0, len(body), WHOLE_BYTES)]
        waiting = self.acks.setdefault(message_id, asyncio.get_running_loop().create_future())
        headers = {
            "type": "event",
            "message_id": message_id,
            "trace_id": letters(32),
            "sum": str(len(pieces)),
        }
        try:
            for seq, piece in enumerate(pieces):
                frame = Frame(
                    service=self.service, method=DATA, headers={**headers, "seq": str(seq)}, payload=piece
                )
                await self.socket.send_bytes(packed(frame))
            return await asyncio.wait_for(asyncio.shield(waiting), seconds)
        except (WebSocketException, RuntimeError) as fault:
            raise ConnectionError(str(fault)) from None
        finally:
            self.acks.pop(message_id, None)

    async def listen(self) -> None:
        """Take answers and pings until the client goes."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            while True:
                try:
                    frame = unpacked(await self.socket.receive_bytes())
                except (ValueError, IndexError):
                    await self.socket.close(code=1007)
                    return
                await self._take(frame)

    async def _take(self, frame: Frame) -> None:
        if frame.method == CONTROL and frame.headers.get("type") == "ping":
            pong = Frame(service=self.service, headers={"type": "pong"}, payload=msgspec.json.encode(CONFIG))
            await self.socket.send_bytes(packed(pong))
        if frame.method == DATA:
            self.acknowledge(frame.headers.get("message_id", ""), frame.payload)


class Stream(Pool[Client]):
    """All clients of one app."""

    def open(self, app_id: str) -> str:
        """The query of the address, good for one connection."""
        ticket = self.tickets.issue(app_id, TICKET_SECONDS)
        return urlencode({"device_id": digits(19), "service_id": digits(8), "ticket": ticket})

    async def serve(self, socket: WebSocket[Any, Any, Any]) -> None:
        if not self.tickets.use_up(socket.query_params.get("ticket", "")):
            await socket.close(code=4401, reason="ticket")
            return
        await socket.accept()
        if len(self.clients) >= MOST_CLIENTS:
            await socket.close(code=1013, reason="the number of connections exceeded the limit")
            return
        client = Client(socket, int(socket.query_params.get("service_id", "0")))
        self.clients.append(client)
        self._came.set()
        try:
            await client.listen()
        finally:
            self._forget(client)

    def push(self, value: object, pauses: tuple[float, ...]) -> "asyncio.Task[bool]":
        """True once a client has taken it; it waits for one if there is none."""
        return self._begin(self._bring(msgspec.json.encode(value), pauses))

    async def _bring(self, body: bytes, pauses: tuple[float, ...]) -> bool:
        lost, twice = self._world.lots()
        if lost:
            self._log.note("out", "LONG (dropped)", body, 0, b"", time.monotonic(), ok=False)
            return False
        for attempt, pause in enumerate((0, *pauses), 1):
            await asyncio.sleep(pause / self._world.switches.pace)
            if await self._once(body, attempt):
                if twice:
                    await self._once(body, attempt + 1)
                return True
        return False

    async def _once(self, body: bytes, attempt: int) -> bool:
        await self._came.wait()
        begun, code, answer = time.monotonic(), 0, b""
        client = self._world.dice.choice(self.clients)
        try:
            answer = await client.ask(letters(32), body, ACK_SECONDS)
            code = int(msgspec.json.decode(answer).get("code", 0))
        except (TimeoutError, ConnectionError, ValueError, AttributeError) as fault:
            answer = str(fault).encode()
        self._log.note("out", "LONG event", body, code, answer, begun, code == 200, attempt)
        return code == 200

    async def cut(self, code: int = 1001) -> None:
        """As when the platform is put up anew."""
        await super().cut(code)
