"""The other side of an open channel: calls that are signed by hand, and a server that hears the webhooks."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from kezhan.kit.ids import new_id

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""The smallest picture there is."""


def sign(secret: str, body: bytes, at: float | None = None) -> str:
    """The documented signature, written down a second time."""
    stamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def said(text: str = "hello", *, customer: str = "c-1", event_id: str = "", **more: Any) -> dict[str, Any]:
    """A text message as the documentation shows it."""
    return {
        "event_id": event_id or str(new_id()),
        "type": "message",
        "customer": {"id": customer, "name": "陈平"},
        "message": {"kind": "text", "text": text},
        **more,
    }


@dataclass
class Line:
    """One connected open channel, as its platform knows it."""

    http: httpx2.AsyncClient
    account_id: UUID
    public_key: str
    secret: str

    async def post(
        self,
        event: dict[str, Any] | bytes,
        *,
        secret: str | None = None,
        at: float | None = None,
        signature: str | None = None,
    ) -> httpx2.Response:
        body = event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        signed = sign(secret or self.secret, body, at) if signature is None else signature
        headers = {"x-kezhan-signature": signed, "content-type": "application/json"}
        return await self.http.post(f"/hooks/{self.public_key}", content=body, headers=headers)


@dataclass
class Heard:
    """One request the platform's server got."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def event_id(self) -> str:
        return self.headers["x-kezhan-event-id"]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Platform:
    """A plain HTTP server. `answers` are used up one by one, then 200, each once it is `awake`."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: deque[int | Answer] = field(default_factory=deque)
    awake: asyncio.Event = field(default_factory=asyncio.Event)
    always: Callable[[Heard], Answer] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heard = await _read(reader)
            self.heard.append(heard)
            await self.awake.wait()
            writer.write(_written(self._answer(heard)))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    def _answer(self, heard: Heard) -> Answer:
        if self.always is not None:
            return self.always(heard)
        found = self.answers.popleft() if self.answers else Answer()
        return Answer(found) if isinstance(found, int) else found


async def _read(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ")
    pairs = (line.partition(":") for line in lines if line)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Heard(method, path, headers, body)


def _written(answer: Answer) -> bytes:
    headers = {"content-length": str(len(answer.body)), "connection": "close", **answer.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {answer.status} Said\r\n{lines}\r\n".encode() + answer.body


@asynccontextmanager
async def platform() -> AsyncIterator[Platform]:
    """A platform's server on a free port of this machine."""
    place = Platform()
    place.awake.set()
    server = await asyncio.start_server(place.serve, "127.0.0.1", 0)
    place.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield place
