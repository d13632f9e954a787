"""Networks of servers' own: reached from outside, losing and holding up packets without ending a line."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kezhan.kit.testing import PATIENCE
from tests.faults import nets
from tests.faults.nets import Net, make_nets
from tests.faults.proxy import Proxy


@pytest.fixture
async def net() -> AsyncIterator[Net]:
    made = make_nets(1)
    if not made:
        pytest.skip(f"needs {nets.NEEDS}")
    yield made[0]
    made[0].remove()
    assert not (Path("/run/netns") / made[0].name).exists()


class Echo:
    """A server in there that says back what it hears, and a line to it through a proxy from here."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self.proxy = Proxy(0, net)

    async def __aenter__(self) -> "Echo":
        place = self._net.socket()
        place.bind(("127.0.0.1", 0))
        self.proxy.target = place.getsockname()[1]
        self._server = await asyncio.start_server(self._serve, sock=place)
        await self.proxy.start()
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.proxy.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()
        await self.proxy.stop()
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)

    async def seconds(self, data: bytes) -> float:
        """How long it takes until all of it is back."""
        began = time.monotonic()
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            assert await self.reader.readexactly(len(data)) == data
        return time.monotonic() - began


async def test_a_cut_loses_what_is_sent_and_the_line_goes_on_once_it_is_mended(net: Net) -> None:
    async with Echo(net) as echo:
        await echo.seconds(b"before")
        net.cut()
        assert not net.whole
        echo.writer.write(b"meanwhile")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(echo.reader.read(1), 0.1)
        for _ in range(2):
            net.mend()
        assert net.whole
        async with asyncio.timeout(PATIENCE):
            assert await echo.reader.readexactly(9) == b"meanwhile", "it has been sent again"


async def test_newcomers_find_no_way_into_a_net_that_is_cut(net: Net) -> None:
    async with Echo(net) as echo:
        net.cut()
        reader, writer = await asyncio.open_connection("127.0.0.1", echo.proxy.port)
        writer.write(b"anybody?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        net.mend()
        async with asyncio.timeout(PATIENCE):
            assert await reader.readexactly(8) == b"anybody?", "the kernel has knocked again"
        writer.close()


async def test_a_thin_line_holds_up_what_is_sent(net: Net) -> None:
    async with Echo(net) as echo:
        data = bytes(20_000)
        quick = await echo.seconds(data)
        net.narrow()
        assert await echo.seconds(data) > quick + 0.2
        net.mend()


async def test_a_proxy_is_reached_from_inside_by_the_port_it_has_here(net: Net) -> None:
    async with Echo(net) as echo:
        onward = Proxy(echo.proxy.port)
        await onward.start(net)
        line = net.socket()
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", onward.port))
        reader, writer = await asyncio.open_connection(sock=line)
        writer.write(b"from inside")
        assert await asyncio.wait_for(reader.readexactly(11), PATIENCE) == b"from inside"
        writer.close()
        await onward.stop()


def test_where_programs_are_missing_there_are_none_and_nothing_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert make_nets(2) == []
