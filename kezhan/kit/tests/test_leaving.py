"""How a server leaves: seen to be leaving while it still serves, then deaf, then empty."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from litestar import Litestar, get

from kezhan.kit.server import Server
from kezhan.kit.sockets import Close, Limits, Roster
from kezhan.kit.testing import until
from kezhan.kit.tests.test_links import Wire
from kezhan.kit.tests.wire import TLS, Echo, Raw, over, stream


@get("/", sync_to_thread=False)
def hello() -> str:
    return "here"


@asynccontextmanager
async def serving(echo: Echo, drain_s: float) -> AsyncIterator[tuple[Server, asyncio.Task[None]]]:
    server = Server(
        Litestar([hello]), [echo], host="127.0.0.1", port=0, websocket="picows",
        peer=lambda address, _: address, drain_s=drain_s, limits=Limits(close_s=0.05),
    )  # fmt: skip
    task = asyncio.create_task(server.serve())
    await until(lambda: server._running is not None)
    yield server, task
    await asyncio.wait_for(task, 5)


@over("picows")
async def test_a_process_told_to_end_says_so_and_serves_until_the_drain_is_over(kind: str) -> None:
    async with serving(Echo(), 0.3) as (server, _), stream(server) as quiet:
        raw = await Raw.upgraded(server)
        before = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: server.stopping)
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", verify=TLS) as http:
            answers = [await http.get("/"), await http.get("/")]
        assert [answer.text for answer in answers] == ["here", "here"]
        assert [answer.headers["connection"] for answer in answers] == ["close", "close"]
        assert await quiet.post(b'["still"]') == 204
        late = await Raw.upgraded(server)
        assert [await raw.close_code(), await late.close_code(), await quiet.close_code()] == [1012] * 3
        assert time.monotonic() - before >= 0.3


@over("picows")
async def test_ctrl_c_does_not_drain(kind: str) -> None:
    async with serving(Echo(), 60) as (server, _):
        raw = await Raw.upgraded(server)
        os.kill(os.getpid(), signal.SIGINT)
        assert await asyncio.wait_for(raw.close_code(), 1) == 1012


@over("picows")
async def test_a_second_signal_ends_the_drain(kind: str) -> None:
    async with serving(Echo(), 60) as (server, task):
        os.kill(os.getpid(), signal.SIGTERM)
        await until(lambda: server.stopping)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(asyncio.shield(task), 2)


@over("picows")
async def test_nobody_new_comes_in_while_the_links_are_closed_one_by_one(kind: str) -> None:
    async with serving(echo := Echo(), 0) as (server, _):
        port = server.port
        raws = [await Raw.upgraded(server) for _ in range(60)]
        os.kill(os.getpid(), signal.SIGINT)
        await until(lambda: any(session.closes for session in echo.sessions))
        assert not all(session.closes for session in echo.sessions)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        assert [await raw.close_code() for raw in raws] == [1012] * 60


async def test_a_farewell_takes_its_time_and_never_more() -> None:
    took = []
    for count, seconds in ((20, 3.0), (100, 3.0), (3000, 0.2), (3000, 0.0)):
        roster = Roster(Limits())
        wires = [Wire(Echo(), roster) for _ in range(count)]
        for wire in wires:
            wire.begin()
        began = time.monotonic()
        await roster.farewell(Close.RESTART, seconds)
        took.append(time.monotonic() - began)
        assert all(wire.codes == [Close.RESTART] for wire in wires)
        for wire in wires:
            wire.end()
    assert took[0] < 0.02, took
    assert 0.08 <= took[1] < 0.5, took
    assert 0.1 < took[2] < 0.8, took
    assert took[3] < 0.1, took
