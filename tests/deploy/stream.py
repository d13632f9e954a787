"""A line over the transport without sockets, as docs/guide/en/client-protocol.md tells it."""

import asyncio
import json
from typing import Any

from tests.faults.wire import Gone, Line, ask

_HEAD_SECONDS = 5.0
_EVENT_BYTES = 4 * 1024 * 1024


class StreamLine(Line):
    """The frames of `Line`: down in one response, up in POSTs, one after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__(reader, writer)
        self._up: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._posting: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, port: int, path: str, headers: dict[str, str]) -> "StreamLine":
        asked = {"Host": f"127.0.0.1:{port}", "Content-Length": "0", **headers}
        lines = [f"POST {path}/stream HTTP/1.0", *(f"{name}: {value}" for name, value in asked.items())]
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=_EVENT_BYTES)
                line = cls(reader, writer)
                try:
                    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
                    status = int((await reader.readuntil(b"\r\n\r\n")).split()[1])
                    if status != 200:
                        raise Gone(status)
                    name, link = await line._event()
                    if name != "link":
                        raise Gone(link["code"])
                except BaseException:
                    line.abort()
                    raise
        except (OSError, EOFError, ValueError) as fault:
            raise Gone from fault
        line._posting = asyncio.create_task(line._post(port, f"{path}/frames", {"X-Link": link["id"]}))
        return line

    def send(self, data: dict[str, Any]) -> None:
        self._up.put_nowait(data)

    async def receive(self) -> dict[str, Any]:
        name, data = await self._event()
        if name == "close":
            raise Gone(data["code"])
        return data

    def abort(self) -> None:
        if self._posting is not None:
            self._posting.cancel()
        super().abort()

    async def _event(self) -> tuple[str, dict[str, Any]]:
        """Its name and what it holds; signs of life are passed over. Raises Gone."""
        name, data = "", ""
        while True:
            try:
                text = (await self._reader.readuntil(b"\n")).decode().rstrip("\n")
            except (OSError, EOFError) as fault:
                raise Gone from fault
            field, _, value = text.partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                data = value
            elif not text and data:
                return name, json.loads(data)

    async def _post(self, port: int, path: str, link: dict[str, str]) -> None:
        while True:
            frames = [await self._up.get()]
            while not self._up.empty() and len(frames) < 50:
                frames.append(self._up.get_nowait())
            try:
                status, _ = await ask(port, "POST", path, link, frames)
            except Gone:
                status = 0
            if status != 204:
                super().abort()
                return
