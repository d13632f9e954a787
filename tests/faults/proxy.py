"""A TCP proxy before one server, which cuts, delays and swallows as it is told."""

import asyncio
import contextlib
from typing import Literal

from tests.faults.nets import Net

Mood = Literal["fair", "refuse", "slow", "deaf"]
_CHUNK = 65536


class Proxy:
    """`fair` passes everything on; `refuse` hangs up on newcomers; `slow` holds each piece for `delay`
    seconds; `deaf` takes what comes and passes nothing on, with no sign to either side. `target` is a port of
    this machine, or of `net`, or the path of a socket."""

    def __init__(self, target: int | str, net: Net | None = None) -> None:
        self.target, self.net = target, net
        self.mood: Mood = "fair"
        self.delay = 0.0
        self.port = 0
        self._servers: list[asyncio.Server] = []
        self._pairs: dict[int, tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = {}
        self._muted: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self, *inside: Net) -> None:
        """Listen on one port, here and `inside` these as well."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._servers.append(server)
        self.port = server.sockets[0].getsockname()[1]
        for net in inside:
            listening = net.socket()
            listening.bind(("127.0.0.1", self.port))
            self._servers.append(await asyncio.start_server(self._accept, sock=listening))

    async def stop(self) -> None:
        for server in self._servers:
            server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.cut()

    def cut(self) -> int:
        """Reset every connection there is; how many."""
        pairs = list(self._pairs.values())
        for pair in pairs:
            for writer in pair:
                writer.transport.abort()
        return len(pairs)

    def half_close(self) -> int:
        """Say the end in the name of every client, and go on carrying what the server still says."""
        pairs = list(self._pairs.values())
        for _, server in pairs:
            with contextlib.suppress(OSError, RuntimeError):
                server.write_eof()
        return len(pairs)

    def mute(self) -> int:
        """The lines there are now carry nothing more, and neither side is told."""
        self._muted |= set(self._pairs)
        return len(self._pairs)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mood == "refuse":
            writer.transport.abort()
            return
        try:
            ahead, onward = await self._dial()
        except OSError:
            writer.transport.abort()
            return
        name = id(writer)
        self._pairs[name] = writer, onward
        both = [
            asyncio.create_task(self._carry(name, reader, onward)),
            asyncio.create_task(self._carry(name, ahead, writer)),
        ]
        self._tasks.update(both)
        await asyncio.gather(*both, return_exceptions=True)
        self._tasks.difference_update(both)
        self._pairs.pop(name, None)
        self._muted.discard(name)
        for end in (writer, onward):
            end.transport.abort()

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        if self.net is None:
            return await asyncio.open_connection("127.0.0.1", self.target)
        line = self.net.socket()
        try:
            line.setblocking(False)
            await asyncio.get_running_loop().sock_connect(line, ("127.0.0.1", self.target))
            return await asyncio.open_connection(sock=line)
        except BaseException:
            line.close()
            raise

    async def _carry(self, name: int, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            while data := await source.read(_CHUNK):
                if self.mood == "slow":
                    await asyncio.sleep(self.delay)
                if self.mood == "deaf":
                    self._muted.add(name)  # a line that has lost a piece is never whole again
                if name not in self._muted:
                    target.write(data)
                    await target.drain()
            if name not in self._muted:
                target.write_eof()
