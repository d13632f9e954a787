"""Fixtures of the room."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from kezhan.conversations.tests.fixtures import http, place
from kezhan.kit import fetch

__all__ = ["http", "place"]


class Site:
    """What answers on this machine: `pages` by path, each the whole answer; `asked` are the paths."""

    def __init__(self) -> None:
        self.port = 0
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.pause = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ")[1]
            self.asked.append(path)
            await asyncio.sleep(self.pause)
            writer.write(self.pages.get(path, b"HTTP/1.1 404 No\r\nconnection: close\r\n\r\n"))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def answer(body: bytes, kind: str = "text/html", *more: str) -> bytes:
    head = ["HTTP/1.1 200 OK", "connection: close", f"content-type: {kind}", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Hears on every address of this machine."""
    site = Site()
    server = await asyncio.start_server(site.serve, "0.0.0.0", 0)  # noqa: S104
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """127.0.0.1 counts as the open internet; the rest of this machine is inside."""
    monkeypatch.setattr(fetch, "is_public", lambda address: address == "127.0.0.1")
