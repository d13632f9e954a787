"""The stream: what comes over it is kept before it is acknowledged, and its end is told."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from msgspec import structs
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kezhan.channels.adapters.dingtalk import fake
from kezhan.channels.adapters.dingtalk.listen import TOPIC, listen
from kezhan.channels.base import Call, Line, Retry, Turned
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.testing import PATIENCE, until

MESSAGE = {"msgId": "m-1", "msgtype": "text", "conversationId": "cid1==", "text": {"content": "hi"}}


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as found:
        yield found


@pytest.fixture
async def at_work(place: Platform) -> AsyncIterator[Line]:
    async with guarded_client(allow_private_hosts=True) as http:
        yield line(fake.account(place.url), http)


def says(place: Platform, *bodies: object) -> None:
    place.answers.extend(Answer(200, msgspec.json.encode(body)) for body in bodies)


async def no_keep(calls: Sequence[Call], cursor: str | None) -> None:
    raise AssertionError


class Gateway:
    """The platform's side of the stream: sends frames, and notes what it is answered."""

    def __init__(self, *frames: str) -> None:
        self.frames = list(frames)
        self.acks: list[dict[str, Any]] = []
        self.tickets: list[str] = []

    async def serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self.tickets.append(socket.request.path)
        with suppress(ConnectionClosed):
            while self.frames:
                await socket.send(self.frames.pop(0))
                self.acks.append(json.loads(await socket.recv()))
            await socket.wait_closed()


def frame(kind: str, topic: str, data: object = None, message_id: str = "f-1") -> str:
    headers = {"messageId": message_id, "topic": topic, "contentType": "application/json"}
    return json.dumps({"specVersion": "1.0", "type": kind, "headers": headers, "data": json.dumps(data)})


async def heard_by(place: Platform, gateway: Gateway, acks: int) -> list[Call]:
    """What is kept until the gateway has had so many answers."""
    kept: list[Call] = []

    async def keep(calls: Sequence[Call], cursor: str | None) -> None:
        assert cursor is None
        assert not any(ack["headers"]["messageId"] == "f-1" for ack in gateway.acks)
        kept.extend(calls)

    async with (
        serve(gateway.serve, "127.0.0.1", 0) as server,
        guarded_client(allow_private_hosts=True) as http,
        asyncio.timeout(PATIENCE),
    ):
        port = next(iter(server.sockets)).getsockname()[1]
        opened = msgspec.json.encode({"endpoint": f"ws://127.0.0.1:{port}/connect", "ticket": "a/b"})
        place.always = lambda _: Answer(200, opened)
        task = asyncio.create_task(listen(line(fake.account(place.url), http), "", keep))
        await until(lambda: len(gateway.acks) >= acks)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return kept


async def test_a_message_of_the_stream_is_kept_and_then_acknowledged(place: Platform) -> None:
    gateway = Gateway(
        frame("SYSTEM", "ping", {"opaque": "x"}, "s-1"),
        frame("CALLBACK", TOPIC, MESSAGE),
        frame("EVENT", "*", {}, "e-1"),
    )
    (kept,) = await heard_by(place, gateway, 3)
    assert (kept.dedup_key, json.loads(kept.body)) == ("m-1", MESSAGE)
    assert gateway.tickets == ["/connect?ticket=a%2Fb"]
    ping, done, other = gateway.acks
    assert (ping["code"], ping["data"]) == (200, '{"opaque": "x"}')
    assert (done["code"], done["message"], done["headers"]["messageId"]) == (200, "OK", "f-1")
    assert other["code"] == 404
    asked = place.heard[0]
    assert asked.path == "/v1.0/gateway/connections/open"
    assert asked.event["subscriptions"] == [{"type": "CALLBACK", "topic": TOPIC}]


async def test_where_the_platform_ends_the_stream_it_is_over(place: Platform, at_work: Line) -> None:
    gateway = Gateway(frame("SYSTEM", "disconnect", {"reason": "x"}, "s-1"))
    async with serve(gateway.serve, "127.0.0.1", 0) as server, asyncio.timeout(PATIENCE):
        port = next(iter(server.sockets)).getsockname()[1]
        says(place, {"endpoint": f"ws://127.0.0.1:{port}/connect", "ticket": "t"})
        await listen(at_work, "", no_keep)
    assert gateway.acks[0]["code"] == 200


async def test_a_stream_that_cannot_be_had_says_why(place: Platform, at_work: Line) -> None:
    says(place, {"endpoint": "wss://dingtalk.com.example/c", "ticket": "t"})
    with pytest.raises(Turned):
        await listen(at_work, "", no_keep)
    place.answers.append(Answer(401, b'{"code":"authFailed"}'))
    with pytest.raises(Turned) as caught:
        await listen(at_work, "", no_keep)
    assert caught.value.fault == "token_expired"
    says(place, {"endpoint": "ws://127.0.0.1:1/c", "ticket": "t"})
    with pytest.raises(Retry):
        await listen(at_work, "", no_keep)


async def test_an_account_with_a_hook_opens_no_stream(place: Platform, at_work: Line) -> None:
    settings = structs.replace(at_work.account.settings, mode="hook")
    hooked = structs.replace(at_work.account, settings=settings)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await listen(line(hooked, at_work.http), "", no_keep)
    assert place.heard == []
