"""Fixtures of the room: a house that may call this machine, and a service on it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import msgspec
import pytest

from kezhan.conversations.tests.place import Place, make_place
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running


class Service:
    """Speaks like both kinds; `answer` takes the place of what it would say, after `pause` seconds."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.answer: bytes | None = None
        self.pause = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            body = msgspec.json.decode(await reader.readexactly(int(lines["content-length"])))
            self.asked.append(body)
            self.keys.append(lines.get("authorization", body.get("api_key", "")))
            await asyncio.sleep(self.pause)
            writer.write(self.answer or _well(body))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def answer(body: object, status: str = "200 OK") -> bytes:
    sent = msgspec.json.encode(body)
    return f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len(sent)}\r\n\r\n".encode() + sent


def said(text: str) -> bytes:
    return answer({"choices": [{"message": {"role": "assistant", "content": text}}]})


def _well(body: dict[str, Any]) -> bytes:
    if "q" in body:
        return answer({"translatedText": f"<{body['target']}> {body['q']}"})
    return said(f"<translated> {body['messages'][-1]['content']}")


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    service = Service()
    server = await asyncio.start_server(service.serve, "127.0.0.1", 0)
    service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    async with server:
        yield service


@pytest.fixture(scope="package")
async def open_house(
    cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("translate")
    async with running(cluster.fresh(), folder, inside_networks=("127.0.0.0/8",)) as served:
        yield served


@pytest.fixture(scope="package")
async def open_http(open_house: Running) -> httpx2.AsyncClient:
    return await open_house.client()


@pytest.fixture
async def place(open_house: Running, open_http: httpx2.AsyncClient) -> AsyncIterator[Place]:
    place = await make_place(open_house, open_http)
    yield place
    await place.close()
