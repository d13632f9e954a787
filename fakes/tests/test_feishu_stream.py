"""Feishu's long connection: its frames, its tickets, events until one client has them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import websockets
from hypothesis import given
from hypothesis import strategies as some

from fakes.phone import Said
from fakes.platforms import feishu_stream
from fakes.platforms.feishu import Feishu
from fakes.platforms.feishu_frames import CONTROL, DATA, Frame, packed, unpacked
from fakes.tests.stage import Stage, first, staged
from kezhan.kit.testing import PATIENCE

EVENT = bytes.fromhex("08001000180120012a0d0a047479706512056576656e7442027b7d")


def test_a_frame_is_what_protobuf_makes_of_it() -> None:
    frame = Frame(service=1, method=DATA, headers={"type": "event"}, payload=b"{}")
    assert (packed(frame), unpacked(EVENT)) == (EVENT, frame)


@given(
    some.builds(
        Frame,
        seq_id=some.integers(0, 2**64 - 1),
        log_id=some.integers(0, 2**64 - 1),
        service=some.integers(0, 2**31 - 1),
        method=some.sampled_from((CONTROL, DATA)),
        headers=some.dictionaries(some.text(), some.text(), max_size=4),
        payload=some.binary(),
    )
)
def test_a_frame_packed_is_the_same_unpacked(frame: Frame) -> None:
    assert unpacked(packed(frame)) == frame


@given(some.binary())
def test_what_is_no_frame_is_an_error_that_is_expected(raw: bytes) -> None:
    with suppress(ValueError, IndexError):
        unpacked(raw)


@pytest.fixture
async def platform() -> AsyncIterator[Feishu]:
    yield Feishu()


@pytest.fixture
async def stage(platform: Feishu) -> AsyncIterator[Stage[Feishu]]:
    async with staged(platform) as made:
        platform.form["mode"] = "socket"
        yield made
        await platform.stream.close()


async def endpoint(stage: Stage[Feishu], platform: Feishu, **more: str) -> dict[str, Any]:
    asked = {"AppID": platform.form["app_id"], "AppSecret": platform.form["app_secret"], **more}
    made: dict[str, Any] = (await stage.client.post("/callback/ws/endpoint", json=asked)).json()
    return made


async def connected(stage: Stage[Feishu], platform: Feishu) -> websockets.ClientConnection:
    return await websockets.connect((await endpoint(stage, platform))["data"]["URL"])


async def take(socket: websockets.ClientConnection, code: int = 200) -> dict[str, Any]:
    """The next event, answered with `code`; 0 keeps silent."""
    pieces: list[bytes] = []
    while True:
        raw = await asyncio.wait_for(socket.recv(), PATIENCE)
        frame = unpacked(raw if isinstance(raw, bytes) else raw.encode())
        pieces.append(frame.payload)
        if len(pieces) == int(frame.headers["sum"]):
            break
    if code:
        frame.payload = msgspec.json.encode({"code": code})
        await socket.send(packed(frame))
    event: dict[str, Any] = json.loads(b"".join(pieces))
    return event


async def test_an_event_comes_until_somebody_has_it(stage: Stage[Feishu], platform: Feishu) -> None:
    socket = await connected(stage, platform)
    await platform.say(first(platform).id, Said(text="hello"))
    events = [await take(socket, 500), await take(socket, 0), await take(socket)]
    await platform.settled()
    assert {event["header"]["event_id"] for event in events} == {events[0]["header"]["event_id"]}
    assert platform.seen(first(platform).id)[-1].fate == "delivered"
    assert stage.hook.calls == [], "nothing is called where a connection is held"
    await socket.close()


async def test_one_of_several_gets_it_and_who_comes_later_gets_what_waits(
    stage: Stage[Feishu], platform: Feishu
) -> None:
    await platform.say(first(platform).id, Said(text="x" * feishu_stream.WHOLE_BYTES))
    both = [await connected(stage, platform) for _ in range(2)]
    taking = [asyncio.create_task(take(one)) for one in both]
    done, waiting = await asyncio.wait(taking, return_when=asyncio.FIRST_COMPLETED, timeout=PATIENCE)
    content = json.loads(done.pop().result()["event"]["message"]["content"])
    assert len(content["text"]) == feishu_stream.WHOLE_BYTES, "it came in two frames"
    await platform.settled()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*(one.close() for one in both))


async def test_a_ping_is_answered_and_what_is_no_frame_ends_it(
    stage: Stage[Feishu], platform: Feishu
) -> None:
    socket = await connected(stage, platform)
    await socket.send(packed(Frame(headers={"type": "ping"})))
    pong = unpacked(bytes(await asyncio.wait_for(socket.recv(), PATIENCE)))  # type: ignore[arg-type]
    assert (pong.method, pong.headers["type"]) == (CONTROL, "pong")
    assert json.loads(pong.payload)["PingInterval"] == 120
    await socket.send(b"\xff\xff")
    with pytest.raises(websockets.ConnectionClosed):
        await asyncio.wait_for(socket.recv(), PATIENCE)


async def test_strangers_and_tickets_used_up_are_refused(stage: Stage[Feishu], platform: Feishu) -> None:
    assert (await endpoint(stage, platform, AppSecret="guessed"))["code"] == 514
    url = (await endpoint(stage, platform))["data"]["URL"]
    assert parse_qs(urlsplit(url).query)["service_id"][0].isdecimal()
    held = await websockets.connect(url)
    with pytest.raises(websockets.InvalidStatus):
        await websockets.connect(url)
    await held.close()


async def test_no_more_than_so_many_hold_one(
    stage: Stage[Feishu], platform: Feishu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feishu_stream, "MOST_CLIENTS", 1)
    held, other = [await connected(stage, platform) for _ in range(2)]
    with pytest.raises(websockets.ConnectionClosed):
        await asyncio.wait_for(other.recv(), PATIENCE)
    await platform.act(first(platform).id, "cut", {})
    with pytest.raises(websockets.ConnectionClosed):
        await asyncio.wait_for(held.recv(), PATIENCE)
