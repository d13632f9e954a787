"""Sockets over the plain ASGI websocket scope, for a server where picows cannot be used.

uvicorn's websockets-sansio protocol checks frame size, UTF-8 and fragments, pings, and drops a silent peer
(with 1011); everything else is held here. A client's control frames do not count towards its allowance.
"""

import asyncio
from typing import Any

from kezhan.kit.sockets import (
    Close,
    Endpoint,
    Handshake,
    LinkBase,
    Receive,
    Refusal,
    Roster,
    Send,
    abort_of,
    admit,
)


class AsgiLink(LinkBase):
    """One socket: a reader and a writer around uvicorn's receive and send."""

    def __init__(self, endpoint: Endpoint, handshake: Handshake, roster: Roster, scope: Any) -> None:
        super().__init__(endpoint, handshake, roster)
        self._abort = abort_of(scope)
        self._queue: list[bytes] = []
        self._backlog = 0
        self._goodbye: dict[str, Any] | None = None
        self._wake = asyncio.Event()

    @property
    def backlog(self) -> int:
        return self._backlog

    def send(self, data: bytes) -> None:
        if self.closed:
            return
        self._queue.append(data)
        self._backlog += len(data)
        self._wake.set()
        if self._backlog > self.limits.backlog_bytes:
            self._queue, self._backlog = [], 0  # the client resumes from what it has
            self.close(Close.SLOW)

    def close(self, code: int, reason: str = "") -> None:
        if self.closed:
            return
        self.closed = True
        self._goodbye = {"type": "websocket.close", "code": int(code), "reason": reason[:40]}
        self._wake.set()
        self._loop.call_later(self.limits.close_s, self._abort)
        self._loop.call_soon(self.end)

    async def run(self, receive: Receive, send: Send) -> None:
        """Serve the accepted socket until either side ends it."""
        writer = self._loop.create_task(self._write(send))
        try:
            self.begin()
            await self._read(receive)
        finally:
            if self._goodbye is None:
                writer.cancel()
            await asyncio.wait([writer], timeout=self.limits.close_s)
            writer.cancel()
            self.end()

    async def _read(self, receive: Receive) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if self.closed or not self.allow():
                continue
            text = message.get("text")
            if text is None:
                self.close(Close.BINARY)
            else:
                self.take(text.encode())

    async def _write(self, send: Send) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                queue, self._queue = self._queue, []
                self._roster.frames_out += len(queue)
                for data in queue:
                    await send({"type": "websocket.send", "text": data.decode()})
                    self._backlog = max(0, self._backlog - len(data))
                if self._goodbye is not None and not self._queue:
                    await send(self._goodbye)
                    return
        except (OSError, RuntimeError):
            return  # the client left first; the reader hears of it


class AsgiDoor:
    """The websocket scopes of one server."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster

    async def serve(
        self, endpoint: Endpoint, handshake: Handshake, scope: Any, receive: Receive, send: Send
    ) -> None:
        """Run one websocket scope from its connect event to its end."""
        refusal = await admit(endpoint, handshake, self._roster.limits)
        if refusal is not None:
            await self.refuse(refusal, receive, send)
            return
        await receive()
        await send({"type": "websocket.accept"})
        await AsgiLink(endpoint, handshake, self._roster, scope).run(receive, send)

    async def refuse(self, refusal: Refusal, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"application/problem+json")]
        await send({"type": "websocket.http.response.start", "status": refusal.status, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": refusal.body()})
