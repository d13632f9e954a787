"""Links without a socket, for networks that block them: server-sent events down, small POSTs up.

`POST {path}/stream` answers with an event stream. Its first event is `link` with `{"id", "beat_s"}`; every
frame is one unnamed event; `close` with `{"code", "reason"}` is the last. `POST {path}/frames` with the
header `X-Link: <id>` takes a JSON array of frames and answers 204; the client sends the next POST after that
answer, so that order holds. It posts at least every `beat_s` seconds, an empty array if it has nothing to
say: that is its sign of life. 404 says that the link is gone and the client opens a new stream.
"""

import asyncio
from typing import Any

import msgspec

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
    is_text,
)

# A line break ends an event's field. JSON has raw ones only between tokens, where a space says the same.
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
_frames = msgspec.json.Decoder(list[msgspec.Raw])
_EVENTS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def _event(name: bytes, data: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name, msgspec.json.encode(data))


class StreamLink(LinkBase):
    """One event stream and the POSTs that belong to it."""

    def __init__(self, endpoint: Endpoint, handshake: Handshake, door: "StreamDoor", scope: Any) -> None:
        super().__init__(endpoint, handshake, door.roster)
        self._links = door.links
        self._links[self.id] = self
        self._abort = abort_of(scope)
        self._chunks = [_event(b"link", {"id": self.id, "beat_s": self.limits.ping_s})]
        self._wake = asyncio.Event()
        self._wake.set()
        self._detached = False
        self.backlog = 0

    def send(self, data: bytes) -> None:
        if self.closed or self._detached:
            return
        self._chunks.append(b"data: %s\n\n" % data.translate(_ONE_LINE))
        self.backlog += len(data)
        self._roster.frames_out += 1
        self._wake.set()
        if self.backlog > self.limits.backlog_bytes:
            self._chunks, self.backlog = [], 0  # the client resumes from what it has
            self.close(Close.SLOW)

    def close(self, code: int, reason: str = "") -> None:
        if self.closed:
            return
        self.closed = True
        self._chunks.append(_event(b"close", {"code": int(code), "reason": reason}))
        self._wake.set()
        self._loop.call_soon(self.end)
        if not self._detached:
            self._loop.call_later(self.limits.close_s, self._abort_if_writing)

    def end(self) -> None:
        self._links.pop(self.id, None)
        super().end()

    def look(self, now: float) -> None:
        if now - self._heard > self.limits.silence_s:
            self.close(Close.SILENT)

    def take_posted(self, body: bytes) -> Refusal | None:
        """Feed the frames of one POST in order; the refusal is its answer."""
        self._heard = self._loop.time()
        if not is_text(body):
            self.close(Close.BAD_TEXT)
            return Refusal(400, "kit.bad_input")
        try:
            frames = _frames.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return Refusal(400, "kit.bad_input")
        for frame in frames:
            data = bytes(frame)
            if len(data) > self.limits.frame_bytes:
                self.close(Close.TOO_BIG)
                return Refusal(413, "kit.too_large")
            if not self.allow():
                return Refusal(429, "kit.too_many")
            self.take(data)
        return None

    async def run(self, receive: Receive, send: Send) -> None:
        """Write the response until either side ends it."""
        self._writing = self._loop.create_task(self._write(send))
        leaving = self._loop.create_task(_until_gone(receive))
        try:
            await asyncio.wait([self._writing, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writing.cancel()
            leaving.cancel()
            self._detached = True
            if not self.closed:
                self._loop.call_later(self.limits.detached_s, self.end)

    async def _write(self, send: Send) -> None:
        while True:
            try:
                async with asyncio.timeout(self.limits.beat_s):
                    await self._wake.wait()
            except TimeoutError:
                await send(_body(b": ping\n\n", more=True))
                continue
            self._wake.clear()
            # Once closed, nothing is added: what stands here ends with the farewell.
            last, chunks, size = self.closed, self._chunks, self.backlog
            self._chunks = []
            await send(_body(b"".join(chunks), more=not last))
            self.backlog = max(0, self.backlog - size)
            if last:
                return

    def _abort_if_writing(self) -> None:
        if not self._writing.done():
            self._abort()


class StreamDoor:
    """The two HTTP routes of every endpoint."""

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.links: dict[str, StreamLink] = {}

    async def open_stream(
        self, endpoint: Endpoint, handshake: Handshake, scope: Any, receive: Receive, send: Send
    ) -> None:
        refusal = await admit(endpoint, handshake, self.roster.limits)
        if refusal is None and self.roster.closing:
            refusal = Refusal(503, "kit.restarting")
        if refusal is not None:
            await answer(refusal, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": _EVENTS})
        link = StreamLink(endpoint, handshake, self, scope)
        link.begin()
        await link.run(receive, send)

    async def take_frames(self, endpoint: Endpoint, scope: Any, receive: Receive, send: Send) -> None:
        name = next((value for name, value in scope["headers"] if name == b"x-link"), b"")
        link = self.links.get(name.decode("latin-1"))
        if link is None or link.handshake.path != endpoint.path:
            await answer(Refusal(404, "kit.not_found"), send)
            return
        body = await _read_body(receive, self.roster.limits.post_bytes)
        refusal = Refusal(413, "kit.too_large") if body is None else link.take_posted(body)
        await answer(refusal, send)


def _body(chunk: bytes, *, more: bool) -> dict[str, Any]:
    return {"type": "http.response.body", "body": chunk, "more_body": more}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _read_body(receive: Receive, limit: int) -> bytes | None:
    """The whole body, or None when it is larger than the limit or the client left."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > limit:
            return None
        if not message.get("more_body", False):
            return bytes(body)


async def answer(refusal: Refusal | None, send: Send) -> None:
    """204, or the refusal as problem+json, which ends the connection: the body may be unread."""
    if refusal is None:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send(_body(b"", more=False))
        return
    body = refusal.body()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send(_body(body, more=False))
