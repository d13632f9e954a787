"""The same conversation over every transport: picows, the plain websocket, and a stream without sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.postgres import Access
from kezhan.kit.testing import until
from kezhan.simulate.thread import Thread
from kezhan.testing import running


@pytest.fixture
async def plain(access: Access, tmp_path: Path) -> AsyncIterator[Shop]:
    """A shop behind uvicorn's own websocket."""
    async with running(access, tmp_path, websocket="asgi") as house:
        shop = await make_shop(house)
        yield shop
        await shop.close()


async def test_the_plain_websocket_carries_a_conversation_over_breaks(plain: Shop) -> None:
    visitor, agent = await plain.visitor(), await plain.agent()
    ack = await visitor.say("0")
    thread = await agent.watch(ack["conversation_id"])
    for n in range(1, 4):
        await visitor.cut()
        await visitor.say(str(n))
        await agent.say(thread.id, f"answer {n}")
    # An acknowledgement may be heard before the change it speaks of.
    await until(lambda: thread.id in visitor.threads)
    mine = visitor.threads[thread.id]
    await until(lambda: mine.rev == thread.rev and len(mine.messages) == len(thread.messages) == 8)
    assert mine.messages == thread.messages


class Stream:
    """A visitor whose network lets no socket through."""

    def __init__(self, shop: Shop, http: httpx2.AsyncClient, token: str) -> None:
        self._address = shop.url + "/w/v1/ws"
        self._http = http
        self._token = token
        self._link = ""
        self.thread = Thread("")
        self.frames: list[Any] = []
        self.closed_with = 0
        self._asking: asyncio.Task[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._link = ""
        self._task = asyncio.create_task(self._read())
        await until(lambda: self._link)
        resume = {"conversation_id": self.thread.id, "rev": self.thread.rev} if self.thread.id else {}
        await self.tell({"type": "auth", "token": self._token, **resume})

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def tell(self, *frames: dict[str, Any]) -> None:
        answer = await self._http.post(
            self._address + "/frames", headers={"X-Link": self._link}, json=list(frames)
        )
        assert answer.status_code == 204, answer.text

    async def _read(self) -> None:
        event = ""
        async with self._http.stream("POST", self._address + "/stream") as answer:
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "link":
                    self._link, event = json.loads(value)["id"], ""
                elif name == "data" and event == "close":
                    self.closed_with = json.loads(value)["code"]
                elif name == "data":
                    self._hear(json.loads(value))

    def _hear(self, frame: Any) -> None:
        self.frames.append(frame)
        if frame["type"] == "changed":
            self.thread.id = frame["conversation_id"]
            if not self.thread.apply(frame):
                # Frames of two commits may overtake one another; the merge rule asks for what is missing.
                watch = {"type": "watch", "conversation_id": self.thread.id, "rev": self.thread.rev}
                self._asking = asyncio.create_task(self.tell(watch))


async def test_where_sockets_are_blocked_a_stream_carries_the_same(shop: Shop) -> None:
    visitor, agent = await shop.visitor(), await shop.agent()
    stream = Stream(shop, shop.http, visitor.token)
    await stream.open()
    sends = [{"type": "send", "client_id": f"s{n}", "body": str(n)} for n in range(3)]
    await stream.tell(*sends)
    await stream.tell(*sends)
    await until(lambda: len([f for f in stream.frames if f["type"] == "ack"]) == 6)
    conversation_id = next(f for f in stream.frames if f["type"] == "ack")["conversation_id"]
    thread = await agent.watch(conversation_id)
    await agent.say(conversation_id, "hello over the stream")
    await until(lambda: stream.thread.rev == thread.rev)
    assert [m["body"] for m in stream.thread.messages.values() if m["kind"] == "text"] == [
        "0",
        "1",
        "2",
        "hello over the stream",
    ]
    await stream.close()
    await agent.say(conversation_id, "while it was away")
    await stream.open()
    await until(lambda: stream.thread.rev == thread.rev)
    assert stream.thread.messages == {seq: m for seq, m in thread.messages.items() if m["kind"] != "note"}
    await stream.close()


async def test_a_stream_without_a_good_token_is_ended(shop: Shop) -> None:
    stream = Stream(shop, shop.http, "kzv_forged")
    await stream.open()
    await until(lambda: stream.closed_with == 4401)
    assert not any(frame["type"] == "ready" for frame in stream.frames)


async def test_a_page_of_another_origin_may_use_the_visitors_protocol_and_nothing_else(shop: Shop) -> None:
    origin = {"Origin": "https://shop.example"}
    asked = {**origin, "Access-Control-Request-Method": "POST"}
    for path in ("/w/v1/sessions", "/w/v1/ws/stream", "/w/v1/ws/frames"):
        answer = await shop.http.options(shop.url + path, headers=asked)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, "*")
        assert "authorization" in answer.headers["access-control-allow-headers"]
    answer = await shop.http.post(
        shop.url + "/w/v1/sessions", json={"site_key": shop.site_key}, headers=origin
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (201, "*")
    for path in ("/api/me", "/healthz"):
        assert (
            "access-control-allow-origin"
            not in (await shop.http.get(shop.url + path, headers=origin)).headers
        )
