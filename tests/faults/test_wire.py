"""The harness's own socket and proxy against a server of the library's, so that both ends are not ours."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import websockets

from kezhan.kit.testing import PATIENCE
from tests.faults.proxy import Proxy
from tests.faults.wire import Gone, Line


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    """Before a server that echoes, and closes with 4401 when it is told to."""

    async def echo(socket: websockets.ServerConnection) -> None:
        async for data in socket:
            if data == '{"close": true}':
                await socket.close(4401)
            await socket.send(data)

    async with websockets.serve(echo, "127.0.0.1", 0, max_size=1 << 22) as server:
        proxy = Proxy(next(iter(server.sockets)).getsockname()[1])
        await proxy.start()
        yield proxy
        await proxy.stop()


async def heard(line: Line, seconds: float = PATIENCE) -> dict[str, object]:
    async with asyncio.timeout(seconds):
        return await line.receive()


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536, 300_000])
async def test_frames_of_every_length_come_back_whole(proxy: Proxy, size: int) -> None:
    line = await Line.connect(proxy.port, "/", {})
    line.send({"body": "客" * (size // 3)})
    assert await heard(line) == {"body": "客" * (size // 3)}
    line.abort()


async def test_a_close_tells_its_code_and_a_cut_none(proxy: Proxy) -> None:
    line = await Line.connect(proxy.port, "/", {})
    line.send({"close": True})
    with pytest.raises(Gone) as gone:
        await heard(line)
    assert gone.value.code == 4401
    line = await Line.connect(proxy.port, "/", {})
    proxy.cut()
    with pytest.raises(Gone) as gone:
        await heard(line)
    assert gone.value.code == 0


async def test_a_refusing_proxy_lets_nobody_in(proxy: Proxy) -> None:
    proxy.mood = "refuse"
    for _ in range(2):
        with pytest.raises(Gone):
            await Line.connect(proxy.port, "/", {})


async def test_a_slow_line_delays_and_loses_nothing(proxy: Proxy) -> None:
    line = await Line.connect(proxy.port, "/", {})
    proxy.mood, proxy.delay = "slow", 0.05
    loop = asyncio.get_running_loop()
    began = loop.time()
    line.send({"n": 1})
    assert await heard(line) == {"n": 1}
    assert loop.time() - began >= 0.1
    line.abort()


async def test_a_line_that_has_gone_deaf_stays_so_and_a_new_one_is_well(proxy: Proxy) -> None:
    line = await Line.connect(proxy.port, "/", {})
    proxy.mood = "deaf"
    line.send({"n": 1})
    await asyncio.sleep(0.05)
    proxy.mood = "fair"
    line.send({"n": 2})
    with pytest.raises(TimeoutError):
        await heard(line, 0.1)
    other = await Line.connect(proxy.port, "/", {})
    other.send({"n": 3})
    assert await heard(other) == {"n": 3}
    for one in (line, other):
        one.abort()


async def test_a_muted_line_carries_nothing_and_is_told_nothing(proxy: Proxy) -> None:
    line = await Line.connect(proxy.port, "/", {})
    assert proxy.mute() == 1
    line.send({"n": 1})
    with pytest.raises(TimeoutError):
        await heard(line, 0.1)
    line.abort()


async def test_a_half_closed_line_ends_from_the_servers_side(proxy: Proxy) -> None:
    line = await Line.connect(proxy.port, "/", {})
    assert proxy.half_close() == 1
    with pytest.raises(Gone):
        await heard(line)
