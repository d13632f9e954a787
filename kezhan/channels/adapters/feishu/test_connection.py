"""The persistent connection: its frames, and that what comes over it is kept before it is acknowledged."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec import structs
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from kezhan.channels.adapters.feishu import fake
from kezhan.channels.adapters.feishu.frames import CONTROL, DATA, Frame, read_frame, written
from kezhan.channels.adapters.feishu.inbound import parse
from kezhan.channels.adapters.feishu.listen import listen
from kezhan.channels.base import PULLED, Account, Call, Inbound, Request, Retry, Turned, Unreadable
from kezhan.channels.tests.contract import line
from kezhan.channels.tests.platform import Answer, Platform, platform
from kezhan.kit.fetch import guarded_client
from kezhan.kit.testing import PATIENCE

EVENT = msgspec.json.encode(
    {
        "schema": "2.0",
        "header": {"event_id": "e-1", "event_type": "im.message.receive_v1"},
        "event": {
            "sender": {"sender_id": {"open_id": "ou_1"}},
            "message": {
                "message_id": "om_1",
                "chat_id": "oc_1",
                "chat_type": "p2p",
                "message_type": "text",
                "content": '{"text":"hi"}',
            },
        },
    }
)


@pytest.fixture
async def place() -> AsyncIterator[Platform]:
    async with platform() as found:
        yield found


def says(place: Platform, *bodies: object) -> None:
    place.answers.extend(Answer(200, msgspec.json.encode(body)) for body in bodies)


async def no_keep(calls: Sequence[Call], cursor: str | None) -> None:
    raise AssertionError


@given(
    frame=some.builds(
        Frame,
        seq_id=some.integers(0, 2**64 - 1),
        log_id=some.integers(0, 2**64 - 1),
        service=some.integers(0, 2**31 - 1),
        method=some.sampled_from([CONTROL, DATA]),
        headers=some.dictionaries(some.text(), some.text(), max_size=4),
        payload=some.binary(),
        log_id_new=some.text(),
    )
)
def test_a_frame_is_read_as_it_was_written(frame: Frame) -> None:
    assert read_frame(written(frame)) == frame


def test_a_ping_is_written_as_protobuf_does() -> None:
    frame = Frame(service=300, method=CONTROL, headers={"type": "ping"})
    wanted = "0800100018ac0220002a0c0a0474797065120470696e674200"
    assert written(frame).hex() == wanted


@given(raw=some.binary())
def test_noise_is_a_frame_or_a_value_error(raw: bytes) -> None:
    try:
        read_frame(raw)
    except ValueError:
        return


class Gateway:
    """The platform's side of the connection: sends frames, and notes what it is answered."""

    def __init__(self, frames: Sequence[bytes]) -> None:
        self.frames = frames
        self.heard: list[Frame] = []
        self.acks = asyncio.Event()

    async def serve(self, socket: ServerConnection) -> None:
        await self.hear(socket)  # its ping comes first
        for raw in self.frames:
            await socket.send(raw)
        with suppress(ConnectionClosed):
            while True:
                await self.hear(socket)

    async def hear(self, socket: ServerConnection) -> None:
        raw = await socket.recv()
        assert isinstance(raw, bytes)
        self.heard.append(read_frame(raw))
        if self.heard[-1].method == DATA:
            self.acks.set()


def data(payload: bytes, **headers: str) -> bytes:
    return written(
        Frame(seq_id=7, service=1, method=DATA, headers={"type": "event", **headers}, payload=payload)
    )


def socketed(url: str) -> Account:
    account = fake.account(url)
    return structs.replace(account, settings=structs.replace(account.settings, mode="socket"))


async def heard_by(place: Platform, gateway: Gateway) -> list[Call]:
    """What is kept while the gateway's frames come."""
    kept: list[Call] = []

    async def keep(calls: Sequence[Call], cursor: str | None) -> None:
        assert not gateway.acks.is_set()
        assert cursor is None
        kept.extend(calls)

    async with (
        serve(gateway.serve, "127.0.0.1", 0) as server,
        guarded_client(allow_private_hosts=True) as http,
        asyncio.timeout(PATIENCE),
    ):
        port = next(iter(server.sockets)).getsockname()[1]
        url = f"ws://127.0.0.1:{port}/ws?device_id=d&service_id=33"
        says(place, {"code": 0, "data": {"URL": url, "ClientConfig": {"PingInterval": 120}}})
        task = asyncio.create_task(listen(line(socketed(place.url), http), "", keep))
        await gateway.acks.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    return kept


async def test_an_event_is_kept_and_then_acknowledged(place: Platform) -> None:
    gateway = Gateway(
        [b"\xff", written(Frame(headers={"type": "pong"})), data(EVENT, message_id="m-1", sum="1", seq="0")]
    )
    kept = await heard_by(place, gateway)
    assert kept == [Call(dedup_key="e-1", body=EVENT)]
    ping, ack = gateway.heard
    assert (ping.service, ping.method, ping.headers) == (33, CONTROL, {"type": "ping"})
    assert (ack.seq_id, ack.payload, ack.headers["message_id"]) == (7, b'{"code":200}', "m-1")
    assert place.heard[0].path == "/callback/ws/endpoint"
    assert place.heard[0].event == {"AppID": "cli_a1", "AppSecret": "s3cret"}
    found = parse(Request(method=PULLED, headers={}, query={}, body=kept[0].body), fake.account())
    assert not isinstance(found, Unreadable)
    assert isinstance(found[0], Inbound)
    assert found[0].text == "hi"


async def test_an_event_in_several_frames_is_put_together(place: Platform) -> None:
    halves = [
        data(EVENT[20:], message_id="m-1", sum="2", seq="1"),
        data(EVENT[:20], message_id="m-1", sum="2", seq="0"),
    ]
    assert await heard_by(place, Gateway(halves)) == [Call(dedup_key="e-1", body=EVENT)]


async def test_a_connection_that_leads_elsewhere_is_not_opened(place: Platform) -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        account = socketed(place.url)
        says(place, {"code": 0, "data": {"URL": "wss://feishu.cn.example/ws"}}, {"code": 514, "msg": "no"})
        with pytest.raises(Turned):
            await listen(line(account, http), "", no_keep)
        with pytest.raises(Turned):
            await listen(line(account, http), "", no_keep)
        says(place, {"code": 0, "data": {"URL": "ws://127.0.0.1:1/ws"}})
        with pytest.raises(Retry):
            await listen(line(account, http), "", no_keep)


async def test_an_account_with_a_hook_opens_no_connection(place: Platform) -> None:
    async with guarded_client(allow_private_hosts=True) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await listen(line(fake.account(place.url), http), "", no_keep)
    assert place.heard == []
