"""`run.py fake-platforms`: all of them on one port until Ctrl-C."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Generator, Sequence

import uvicorn

from fakes.app import build, every_platform
from fakes.base import Platform


class _Guest(uvicorn.Server):
    """A server inside somebody else's loop leaves the signals to him."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.over = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def main_loop(self) -> None:
        await self.over.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Without uvicorn's own pause of a tenth of a second, whoever is still there."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while self.server_state.connections or self.server_state.tasks:
                    await asyncio.sleep(0.002)
        await self.lifespan.shutdown()


def _listener(host: str, port: int) -> socket.socket:
    """OSError where it cannot be. Named as TCP: only then does asyncio send small answers at once."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


def serve(host: str, port: int, ready: Callable[[str], None]) -> str | None:
    """Serve until Ctrl-C, `ready` told the address; what is wrong, where it could not be."""
    try:
        listener = _listener(host, port)
    except OSError as fault:
        return f"{host}:{port}: {fault.strerror}"
    base = f"http://{host}:{listener.getsockname()[1]}"
    ready(base)
    asyncio.run(_serve(listener, base, listener.getsockname()[1] + 1))
    return None


async def _serve(listener: socket.socket, base: str, beside: int) -> None:
    app = build(every_platform(), base, beside)
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    await uvicorn.Server(config).serve(sockets=[listener])


@contextlib.asynccontextmanager
async def running(platforms: Sequence[Platform]) -> AsyncIterator[str]:
    """The platforms on a free port of this machine, in this loop; their address."""
    listener = _listener("127.0.0.1", 0)
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = uvicorn.Config(build(platforms, base), log_level="warning", timeout_graceful_shutdown=1)
    server = _Guest(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.005)
        if task.done():
            task.result()
    try:
        yield base
    finally:
        server.over.set()
        await task


@contextlib.asynccontextmanager
async def standing(name: str) -> AsyncIterator[Platform]:
    """The one of that name, new, quick to call us."""
    (platform,) = [one for one in every_platform() if one.name == name]
    platform.switch({"pace": 50})
    async with running([platform]):
        yield platform
