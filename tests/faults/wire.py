"""A WebSocket and an HTTP client of a few lines (RFC 6455, RFC 9112), so that no fault of a library hides one
of the product. Text frames only, no compression."""

import asyncio
import base64
import json
import os
from typing import Any

_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_HEAD_SECONDS = 5.0


class Gone(Exception):
    """The line is over; `code` is the close code or the HTTP status that ended it, 0 for none."""

    def __init__(self, code: int = 0) -> None:
        super().__init__(code)
        self.code = code


def _mask(data: bytes, key: bytes) -> bytes:
    long = (key * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(long, "big")).to_bytes(len(data), "big")


def frame(kind: int, data: bytes) -> bytes:
    """One masked client frame."""
    size = len(data)
    if size < 126:
        head = bytes([0x80 | kind, 0x80 | size])
    elif size < 65536:
        head = bytes([0x80 | kind, 0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | kind, 0x80 | 127]) + size.to_bytes(8, "big")
    key = os.urandom(4)
    return head + key + _mask(data, key)


class Line:
    """One open socket. Anything that goes wrong on it is `Gone`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def connect(cls, port: int, path: str, headers: dict[str, str]) -> "Line":
        """To this machine. Raises Gone with the HTTP status where the server refuses."""
        key = base64.b64encode(os.urandom(16)).decode()
        asked = {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": key, **headers,
        }  # fmt: skip
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                line = cls(reader, writer)
                try:
                    writer.write(_request("GET", path, port, asked))
                    status, _ = await _head(reader)
                except BaseException:
                    line.abort()
                    raise
        except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as fault:
            raise Gone from fault
        if status != 101:
            line.abort()
            raise Gone(status)
        return line

    def send(self, data: dict[str, Any]) -> None:
        """Hand one frame to the kernel, or to its queue; order is kept."""
        if not self._writer.is_closing():
            self._writer.write(frame(_TEXT, json.dumps(data).encode()))

    async def receive(self) -> dict[str, Any]:
        """The next frame from the server. Raises Gone."""
        data = b""
        while True:
            try:
                first, second = await self._reader.readexactly(2)
                size = second & 0x7F
                if size > 125:
                    size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
                part = await self._reader.readexactly(size)
            except (OSError, EOFError) as fault:
                raise Gone from fault
            kind = first & 0x0F
            if kind == _PING and not self._writer.is_closing():
                self._writer.write(frame(_PONG, part))
            elif kind == _CLOSE:
                raise Gone(int.from_bytes(part[:2], "big"))
            elif kind < 3:
                data += part
                if first & 0x80:
                    found: dict[str, Any] = json.loads(data)
                    return found

    def abort(self) -> None:
        self._writer.transport.abort()


def _request(method: str, path: str, port: int, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


async def _head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in rest if line)
    return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in pairs}


async def ask(
    port: int, method: str, path: str, headers: dict[str, str], body: Any = None
) -> tuple[int, Any]:
    """The status of one request on a connection of its own, and the JSON of its answer. Raises Gone."""
    data = b"" if body is None else json.dumps(body).encode()
    asked = {"Connection": "close", "Content-Length": str(len(data)), **headers}
    if data:
        asked["Content-Type"] = "application/json"
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(_HEAD_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(_request(method, path, port, asked, data))
            status, told = await _head(reader)
            content = await reader.readexactly(int(told.get("content-length", 0)))
        fit = content and told.get("content-type", "").split(";")[0].endswith("json")
        return status, json.loads(content) if fit else None
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as fault:
        raise Gone from fault
    finally:
        if writer is not None:
            writer.transport.abort()
