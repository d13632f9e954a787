"""The endpoints' connections over every transport, on a real port with real clients."""

import asyncio
import json
import socket
import time

import msgspec
import pytest

from kezhan.kit.sockets import Handshake, Limits, lighten
from kezhan.kit.testing import until
from kezhan.kit.tests.wire import (
    ALL,
    BINARY,
    CLOSE,
    OPEN,
    PING,
    PONG,
    SOCKETS,
    TEXT,
    Echo,
    Raw,
    StreamClient,
    client,
    over,
    refused,
    running,
    well,
)


@over(*ALL)
async def test_frames_come_back_in_order_and_keep_their_text(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, client(kind, server) as one:
        frames = [{"n": n, "text": f"你好，客栈 {n}\n"} for n in range(80)]
        await one.send(*frames)
        assert [await one.recv() for _ in frames] == frames
        assert [json.loads(data) for data in echo.sessions[0].frames] == frames


@over(*ALL)
async def test_ten_thousand_frames_each_way_and_none_is_lost(kind: str) -> None:
    async with running(kind, Echo(), limits=OPEN) as server, client(kind, server) as one:

        async def say() -> None:
            for start in range(0, 10_000, 500):
                await one.send(*range(start, start + 500))

        sending = asyncio.create_task(say())
        assert [await one.recv() for _ in range(10_000)] == list(range(10_000))
        await sending


@over(*ALL)
async def test_http_and_sockets_share_the_port(kind: str) -> None:
    async with running(kind, Echo()) as server, client(kind, server) as one:
        await well(server)
        await one.send("still here")
        assert await one.recv() == "still here"


@over(*ALL)
async def test_two_sessions_never_mix_and_the_same_request_twice_is_two_links(kind: str) -> None:
    async with (
        running(kind, echo := Echo()) as server,
        client(kind, server) as one,
        client(kind, server) as two,
    ):
        for n in range(20):
            await asyncio.gather(one.send(["one", n]), two.send(["two", n]))
        assert [await one.recv() for _ in range(20)] == [["one", n] for n in range(20)]
        assert [await two.recv() for _ in range(20)] == [["two", n] for n in range(20)]
        assert len({session.link.id for session in echo.sessions}) == 2


@over(*ALL)
async def test_the_handshake_tells_who_asks(kind: str) -> None:
    async with running(kind, echo := Echo("/w/会")) as server:
        headers = {"cookie": "a=1; b=%20", "x-real": "9.9.9.9"}
        path = "/w/会" if kind == "stream" else "/w/%E4%BC%9A?q=%E5%A5%BD"
        async with client(kind, server, path, **headers):
            pass
        seen = echo.handshakes[0]
        assert (seen.path, seen.peer, seen.cookies) == ("/w/会", "9.9.9.9", {"a": "1", "b": " "})
        assert seen.query == ({} if kind == "stream" else {"q": "好"})
        assert seen.transport == kind.removesuffix("-asyncio")


@over(*ALL)
async def test_a_refused_client_gets_an_http_status_and_no_session(kind: str) -> None:
    async with running(kind, echo := Echo(), limits=Limits(authorize_s=0.2)) as server:
        assert await refused(kind, server, "/ws", origin="https://bad.example") == 403
        assert await refused(kind, server, "/elsewhere") == 404
        assert await refused(kind, server, "/ws?fault=1") == 500
        echo.wait = 5
        assert await refused(kind, server, "/ws") == 503
        assert echo.sessions == []
        await well(server)


@over(*SOCKETS)
async def test_nothing_is_lost_while_authorize_waits(kind: str) -> None:
    async with running(kind, echo := Echo()) as server:
        echo.wait = 0.3
        raw = await Raw.dial(server)
        raw.ask()
        await asyncio.sleep(0.1)
        for n in range(50):
            raw.frame(TEXT, b"%d" % n)
        assert await raw.status() == 101
        assert [await raw.read() for _ in range(50)] == [(TEXT, b"%d" % n) for n in range(50)]


@over(*SOCKETS)
async def test_a_client_that_leaves_while_authorize_waits_makes_no_fuss(kind: str) -> None:
    async with running(kind, echo := Echo()) as server:
        echo.wait = 0.2
        raw = await Raw.dial(server)
        raw.ask()
        await asyncio.sleep(0.05)
        raw.writer.transport.abort()
        await asyncio.sleep(0.4)
        assert all(session.closes == 1 for session in echo.sessions)
        assert len(server.roster) == 0


@over(*SOCKETS)
async def test_every_browsers_spelling_of_the_handshake_is_read(kind: str) -> None:
    async with running(kind, Echo()) as server:
        raw = await Raw.upgraded(server, connection="keep-alive, Upgrade")
        raw.frame(TEXT, b"1")
        assert await raw.read() == (TEXT, b"1")
        bad = await Raw.dial(server)
        bad.ask(key="short")
        assert await bad.status() == 400


@over(*SOCKETS)
async def test_junk_ends_the_connection_and_leaves_the_server_well(kind: str) -> None:
    async with running(kind, echo := Echo()) as server:
        junk = bytes(range(256)) * 4096
        for start in (junk, b"GET /" + b"a" * len(junk), b"GET / HTTP/1.1\r\nx: " + b"a" * len(junk)):
            raw = await Raw.dial(server)
            raw.writer.write(start)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                while True:
                    await raw.reader.readexactly(1)
        raw = await Raw.upgraded(server)
        raw.writer.write(junk)
        assert await raw.close_code() in (1002, 1009)
        await until(lambda: [session.closes for session in echo.sessions] == [1])
        await well(server)


@over(*SOCKETS)
async def test_each_broken_rule_has_its_close_code(kind: str) -> None:
    async def code(*frames: tuple[int, bytes, int]) -> int:
        raw = await Raw.upgraded(server)
        for opcode, data, first in frames:
            raw.frame(opcode, data, first)
        return await raw.close_code()

    async with running(kind, echo := Echo()) as server:
        big = b"1" * 65536
        assert await code((TEXT, big + b"1", 0x80)) == 1009
        assert await code((TEXT, b"1" * 1_000_000, 0x80)) == 1009
        assert await code((TEXT, big, 0), (0, b"1", 0x80)) == 1009
        assert await code((BINARY, b"1", 0x80)) == 1003
        assert await code((TEXT, b'"\xff"', 0x80)) == 1007
        assert await code((TEXT, b'"\xe4', 0), (0, b'\xff"', 0x80)) == 1007
        assert await code((TEXT, b"1", 0xC0)) == 1002
        assert await code((0, b"1", 0x80)) == 1002
        assert await code((TEXT, b"1", 0), (TEXT, b"1", 0x80)) == 1002
        assert await code((TEXT, b"1", 0x80), (CLOSE, b"\x03\xe8", 0x80)) == 1000
        assert [session.frames for session in echo.sessions if session.frames] == [[b"1"]]
        await until(lambda: all(session.closes == 1 for session in echo.sessions))
        await well(server)


@over(*SOCKETS)
async def test_a_message_in_fragments_is_put_together(kind: str) -> None:
    async with running(kind, Echo()) as server:
        raw = await Raw.upgraded(server)
        text = '"客栈"'.encode()
        raw.frame(TEXT, text[:2], 0)
        raw.frame(PING, b"between")
        raw.frame(0, text[2:5], 0)
        raw.frame(0, text[5:])
        assert await raw.read() == (PONG, b"between")
        assert await raw.read() == (TEXT, text)
        raw.frame(TEXT, b'"%s"' % (b"y" * 65534))
        assert await raw.read() == (TEXT, b'"%s"' % (b"y" * 65534))


@over(*SOCKETS)
async def test_large_and_small_frames_of_one_tick_stay_whole(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, client(kind, server) as one:
        await until(lambda: bool(echo.sessions))
        frames = ["a", "b" * 9000, "c", "d" * 200_000, "e" * 130, "f" * 70_000]
        for frame in frames:
            echo.sessions[0].link.send(json.dumps(frame).encode())
        assert [await one.recv() for _ in frames] == frames
        for frame in ["b" * 9000, "c" * 300_000, "d" * 9000]:
            echo.sessions[0].link.send(json.dumps(frame).encode())
            await asyncio.sleep(0)
        assert [(await one.recv())[0] for _ in range(3)] == ["b", "c", "d"]


@over(*SOCKETS)
async def test_frames_that_wait_behind_a_full_pipe_stay_whole(kind: str) -> None:
    async with running(kind, echo := Echo()) as server:
        raw = await Raw.upgraded(server)
        link = echo.sessions[0].link
        sent: list[bytes] = []

        async def say(data: bytes) -> None:
            sent.append(data)
            link.send(data)
            await asyncio.sleep(0.001)

        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while link.backlog < 200_000:
            await say(b'"%s"' % (b"a" * 50_000))
        for size in (9000, 10, 9000, 130, 20_000, 1):
            await say(b'"%s"' % (b"b" * size))
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        assert [await raw.read() for _ in sent] == [(TEXT, data) for data in sent]


@over(*ALL)
async def test_a_flood_is_closed_with_4429(kind: str) -> None:
    async with running(kind, echo := Echo()) as server, client(kind, server) as one:
        if isinstance(one, StreamClient):
            assert await one.post(msgspec.json.encode(list(range(300)))) == 429
        else:
            await one.send(*range(300))
        assert await one.close_code() == 4429
        assert 100 <= len(echo.sessions[0].frames) <= 110


@over(*ALL)
async def test_a_client_that_does_not_read_is_closed_with_1013(kind: str) -> None:
    async with running(kind, echo := Echo()) as server:
        raw = await Raw.dial(server)
        raw.writer.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        if kind == "stream":
            raw.writer.write(b"POST /ws/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        else:
            raw.ask()
        await until(lambda: bool(echo.sessions))
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        session = echo.sessions[0]
        for _ in range(400):
            session.link.send(b'"%s"' % (b"z" * 60_000))
            await asyncio.sleep(0.001)
            if session.closes:
                break
        await until(lambda: session.closes == 1)
        assert session.link.backlog <= 1024 * 1024 + 60_002
        raw.writer.transport.resume_reading()  # type: ignore[attr-defined]
        everything = await raw.reader.read(-1)
        assert b"1013" in everything if kind == "stream" else b"\x88\x02\x03\xf5" in everything[-8:]


@over(*ALL)
async def test_a_client_that_never_reads_again_is_cut_off(kind: str) -> None:
    limits = Limits(close_s=0.2)
    async with running(kind, echo := Echo(), limits=limits) as server:
        raw = await Raw.dial(server)
        raw.ask() if kind != "stream" else raw.writer.write(b"POST /ws/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: bool(echo.sessions))
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(400):
            echo.sessions[0].link.send(b'"%s"' % (b"z" * 60_000))
            await asyncio.sleep(0)
        connections = server._uvicorn.server_state.connections
        await until(lambda: not connections, 2)


@over(*ALL)
async def test_on_close_comes_exactly_once_whoever_leaves(kind: str) -> None:
    limits = Limits(detached_s=0.2)
    async with running(kind, echo := Echo(), limits=limits) as server:
        async with client(kind, server) as one:
            await one.leave()
            await until(lambda: echo.sessions[0].closes == 1, 10)  # not only when a stream is given up
        async with client(kind, server) as two:
            await two.send({"do": "close", "code": 4403})
            assert await two.close_code() == 4403
        async with client(kind, server) as three:
            echo.sessions[2].link.close(1000)
            await three.leave()
        await asyncio.sleep(0.3)
        assert [session.closes for session in echo.sessions] == [1, 1, 1]
        assert len(server.roster) == 0
        for session in echo.sessions:
            session.link.send(b"1")
            session.link.close(1000)
        assert [session.closes for session in echo.sessions] == [1, 1, 1]


@over(*ALL)
async def test_a_fault_in_the_session_closes_that_link_with_1011(kind: str) -> None:
    async with (
        running(kind, echo := Echo()) as server,
        client(kind, server) as one,
        client(kind, server) as two,
    ):
        await one.send({"do": "fail"})
        assert await one.close_code() == 1011
        await two.send(2)
        assert await two.recv() == 2
        assert [session.closes for session in echo.sessions] == [1, 0]


@over(*ALL)
async def test_shutdown_says_1012_and_is_over_within_three_seconds(kind: str) -> None:
    echo = Echo()
    async with (
        running(kind, echo, limits=Limits()) as server,
        client(kind, server) as one,
        client(kind, server) as two,
    ):
        deaf = await Raw.dial(server)  # never reads, never answers
        deaf.ask() if kind != "stream" else deaf.writer.write(b"POST /ws/stream HTTP/1.1\r\nHost: x\r\n\r\n")
        await until(lambda: len(echo.sessions) == 3)
        began = time.monotonic()
        stopping = asyncio.create_task(server.stop())
        assert [*await asyncio.gather(one.close_code(), two.close_code())] == [1012, 1012]
        await stopping
        assert time.monotonic() - began < 3
        assert [session.closes for session in echo.sessions] == [1, 1, 1]


def test_a_handshake_lets_go_of_what_nobody_asks_for_again() -> None:
    sent = {"origin": "https://shop.example", "x-long": "x" * 1000}
    handshake = Handshake(
        path="/", query={"a": "1"}, headers=sent, cookies={"kz": "1"}, peer="::1", transport="picows"
    )
    for _ in range(2):
        lighten(handshake, "origin", "host")
        assert handshake.headers == {"origin": "https://shop.example"}
        assert (handshake.cookies, handshake.query) == ({}, {})
