"""Clients that a platform reaches over sockets which they have opened: who is there, what is on its way."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

from litestar import WebSocket
from litestar.exceptions import WebSocketException

from fakes.deliver import Log
from fakes.world import Tokens, World

Answer = TypeVar("Answer")


class Peer(Generic[Answer]):
    """One connection; `acks` are awaited by the name of what was brought."""

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self.socket = socket
        self.acks: dict[str, asyncio.Future[Answer]] = {}

    def acknowledge(self, name: str, answer: Answer) -> None:
        """What nobody waits for (any more) is passed over."""
        waiting = self.acks.get(name)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)


Client = TypeVar("Client", bound=Peer[Any])


class Pool(Generic[Client]):
    """All connections of one app."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.tickets = Tokens(world.clock, size=40)
        self.clients: list[Client] = []
        self._came = asyncio.Event()
        self._tasks: set[asyncio.Task[bool]] = set()

    def _forget(self, client: Client) -> None:
        if client in self.clients:
            self.clients.remove(client)
        if not self.clients:
            self._came.clear()
        for waiting in client.acks.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("gone"))

    def _begin(self, bringing: Coroutine[Any, Any, bool]) -> "asyncio.Task[bool]":
        task = asyncio.get_running_loop().create_task(bringing)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def cut(self, code: int = 1000) -> None:
        """Let go of every client."""
        for client in list(self.clients):
            with contextlib.suppress(WebSocketException, RuntimeError):
                await client.socket.close(code=code)

    async def settled(self) -> None:
        """Wait until nothing is on its way to a client that is there."""
        while self._tasks and self.clients:
            await asyncio.wait(self._tasks, timeout=0.05)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.cut()
