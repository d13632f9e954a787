"""The server around the sockets: signals, start, silence, and what only the stream transport has."""

import asyncio
import os
import signal
import time
from typing import Any

import httpx2
import pytest
from litestar import Litestar

from kezhan.kit.server import Joined, Server, StartFailed
from kezhan.kit.sockets import Limits
from kezhan.kit.testing import PATIENCE, until
from kezhan.kit.tests.wire import PING, PONG, Echo, Raw, client, over, running, stream


def plain(app: Any, port: int = 0) -> Server:
    return Server(
        app, [Echo()], host="127.0.0.1", port=port, websocket="picows", peer=lambda address, _: address
    )


@over("picows", "asgi")
async def test_a_silent_client_is_pinged_and_then_dropped(kind: str) -> None:
    limits = Limits(ping_s=0.2, silence_s=0.6, close_s=0.2)
    async with running(kind, echo := Echo(), limits=limits) as server:
        async with client(kind, server) as answering:
            silent = await Raw.upgraded(server)
            assert (await silent.read())[0] == PING
            assert await silent.close_code() in (1001, 1011)
            await answering.send("awake")
            assert await answering.recv() == "awake"
        assert [session.closes for session in echo.sessions][1] == 1


@over("picows")
async def test_an_answered_ping_keeps_the_socket(kind: str) -> None:
    async with running(kind, echo := Echo(), limits=Limits(ping_s=0.2, silence_s=0.5)) as server:
        raw = await Raw.upgraded(server)
        for _ in range(6):
            assert (await raw.read())[0] == PING
            raw.frame(PONG, b"")
        assert echo.sessions[0].closes == 0


@over("stream")
async def test_a_stream_without_posts_is_dropped_and_beats_until_then(kind: str) -> None:
    limits = Limits(ping_s=0.2, silence_s=0.8, beat_s=0.1)
    async with running(kind, echo := Echo(), limits=limits) as server, stream(server) as one:
        began = time.monotonic()
        for _ in range(4):
            await asyncio.sleep(0.3)
            assert await one.post(b"[]") == 204
        assert await one.close_code() == 1001
        assert time.monotonic() - began > 1.8
        assert one.beats > 5
        assert echo.sessions[0].closes == 1
        assert await one.post(b"[]") == 404


@over("stream")
async def test_only_the_holder_of_a_link_can_post_to_it(kind: str) -> None:
    async with (
        running(kind, echo := Echo(), Echo("/other")) as server,
        stream(server) as one,
        stream(server) as two,
    ):
        assert len(one.link) >= 32
        assert one.link != two.link
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}") as http:
            for path, link in (("/ws", "guess"), ("/ws", ""), ("/ws", "\u00e9"), ("/other", one.link)):
                headers = [(b"x-link", link.encode("latin-1"))]
                answer = await http.post(f"{path}/frames", content=b"[1]", headers=headers)
                assert answer.status_code == 404
            assert (await http.post("/ws/frames", content=b"[1]")).status_code == 404
            assert (await http.get("/ws/stream")).status_code == 404
        assert [session.frames for session in echo.sessions] == [[], []]


@over("stream")
async def test_bad_bodies_are_refused_in_words(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, stream(server) as one:
        assert await one.post(b'{"not": "an array"}') == 400
        assert await one.post(b"[1, 2") == 400
        assert await one.post(b"[" * 100_000) == 400
        assert await one.post(b"[" + b"1" * 300_000 + b"]") == 413
        assert echo.sessions[0].frames == []
        assert await one.post(b'["%s"]' % b'","'.join([b"x" * 60_000] * 4)) == 204
        assert [len(await one.recv()) for _ in range(4)] == [60_000] * 4
        assert await one.post(b'[{"pretty":\r\n "text"}]') == 204
        assert await one.recv() == {"pretty": "text"}
        assert await one.post(b'["' + b"x" * 65536 + b'"]') == 413
        assert await one.close_code() == 1009
    async with running(kind, Echo()) as server, stream(server) as one:
        assert await one.post(b'["\xff"]') == 400
        assert await one.close_code() == 1007


@over("stream")
async def test_a_link_outlives_its_response_for_a_moment_only(kind: str) -> None:
    async with running(kind, echo := Echo(), limits=Limits(detached_s=0.5)) as server, stream(server) as one:
        await one.leave()
        await asyncio.sleep(0.2)
        assert await one.post(b"[1]") == 204
        assert echo.sessions[0].closes == 0
        await until(lambda: echo.sessions[0].closes == 1, 10)  # by itself a link stays for fifteen seconds
        assert await one.post(b"[1]") == 404


@over("picows", "picows-asyncio")
async def test_a_signal_stops_the_server_gracefully_and_the_caller_goes_on(kind: str) -> None:
    server = plain(Litestar([]))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server._running is not None)
    raw = await Raw.upgraded(server)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await raw.close_code() == 1012
    await asyncio.wait_for(serving, PATIENCE)


@over("picows")
async def test_a_second_signal_does_not_wait(kind: str) -> None:
    async def hang(_: Litestar) -> None:
        await asyncio.sleep(60)

    server = plain(Litestar([], on_shutdown=[hang]))
    serving = asyncio.create_task(server.serve())
    await until(lambda: server._running is not None)
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.sleep(0.7)
    assert not serving.done()
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 1)


@over("picows")
async def test_a_server_that_cannot_start_says_so(kind: str) -> None:
    async def fail(_: Litestar) -> None:
        raise RuntimeError("no database")

    with pytest.raises(StartFailed):
        await plain(Litestar([], on_startup=[fail])).start()
    async with running(kind, Echo()) as server:
        with pytest.raises(OSError, match="in use"):
            await plain(Litestar([]), server.port).start()


class Written:
    """A transport that tells what was written, and in how many writes."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def writelines(self, parts: Any) -> None:
        self.writes.append(b"".join(parts))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


async def test_an_answers_head_goes_out_with_its_body_and_does_not_wait_for_a_late_one() -> None:
    async def at_once(answer: Joined) -> None:
        answer.write(b"body ")
        answer.write(b"more")

    async def late(answer: Joined) -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        answer.write(b"body")

    async def never(answer: Joined) -> None:
        answer.close()

    async def cut(_: Joined) -> None:
        transport.closed = True
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    for more, writes in (
        (at_once, [b"head body ", b"more"]),
        (late, [b"head ", b"body"]),
        (never, [b"head "]),
        (cut, []),
    ):
        transport: Any = Written()
        answer = Joined(transport, asyncio.get_running_loop())
        answer.write(b"head ")
        await more(answer)
        assert transport.writes == writes, more
        assert answer.is_closing() == (more in (never, cut))
