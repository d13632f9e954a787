"""Slack's socket mode: each envelope goes to a client that is connected, until one acknowledges it."""

import asyncio
import contextlib
import time
import uuid
from typing import Any

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from fakes.deliver import Log
from fakes.world import Tokens, World

TICKET_SECONDS = 30
ACK_SECONDS, PAUSES, MOST = 3, (0.5, 60, 300), 10


class Client:
    """One connection; `acks` are awaited by envelope."""

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self.socket = socket
        self.acks: dict[str, asyncio.Future[bytes]] = {}

    async def tell(self, frame: object) -> None:
        """ConnectionError where it has gone."""
        try:
            await self.socket.send_text(msgspec.json.encode(frame).decode())
        except (WebSocketException, RuntimeError) as fault:
            raise ConnectionError(str(fault)) from None

    async def listen(self) -> None:
        """Take acknowledgements until the client goes."""
        try:
            while True:
                raw = await self.socket.receive_text()
                waiting = self.acks.get(str(msgspec.json.decode(raw, type=dict[str, Any]).get("envelope_id")))
                if waiting is not None and not waiting.done():
                    waiting.set_result(raw.encode())
        except (WebSocketDisconnect, RuntimeError):
            pass
        except msgspec.DecodeError as fault:
            await self.socket.close(code=1007, reason=str(fault)[:100])


class Sockets:
    """All connections of one app."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self.tickets = Tokens(world.clock, size=40)
        self.clients: list[Client] = []
        self._came = asyncio.Event()
        self._tasks: set[asyncio.Task[bool]] = set()

    async def serve(self, socket: WebSocket[Any, Any, Any]) -> None:
        if not self.tickets.use_up(socket.query_params.get("ticket", "")) or len(self.clients) >= MOST:
            await socket.close(code=4401, reason="ticket")
            return
        await socket.accept()
        client = Client(socket)
        self.clients.append(client)
        hello = {"type": "hello", "connection_info": {"app_id": "A0KEZHAN"}}
        try:
            await client.tell({**hello, "num_connections": len(self.clients)})
            self._came.set()
            await client.listen()
        except ConnectionError:
            pass
        finally:
            self._forget(client)

    def _forget(self, client: Client) -> None:
        if client in self.clients:
            self.clients.remove(client)
        if not self.clients:
            self._came.clear()
        for waiting in client.acks.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("gone"))

    async def disconnect(self, reason: str) -> None:
        """Ask every client to come again, and let go of it."""
        for client in list(self.clients):
            self._forget(client)
            with contextlib.suppress(ConnectionError, WebSocketException, RuntimeError):
                await client.tell({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})
                await client.socket.close()

    def push(self, payload: object) -> "asyncio.Task[bool]":
        """True once acknowledged; it waits for a connection if there is none."""
        task = asyncio.get_running_loop().create_task(self._bring(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _bring(self, payload: object) -> bool:
        lost, twice = self._world.lots()
        if lost:
            return False
        for attempt in range(len(PAUSES) + 1):
            await self._came.wait()
            if await self._once(payload, attempt):
                if twice:
                    await self._once(payload, attempt + 1)
                return True
            if attempt < len(PAUSES):
                await asyncio.sleep(PAUSES[attempt] / self._world.switches.pace)
        return False

    async def _once(self, payload: object, attempt: int) -> bool:
        if not self.clients:
            return False
        client, envelope_id = self._world.dice.choice(self.clients), str(uuid.uuid4())
        about = {"retry_attempt": attempt, "retry_reason": "timeout" if attempt else ""}
        frame = {"type": "events_api", "envelope_id": envelope_id, "payload": payload, **about}
        waiting = client.acks[envelope_id] = asyncio.get_running_loop().create_future()
        begun, answer, ok = time.monotonic(), b"", False
        try:
            await client.tell({**frame, "accepts_response_payload": False})
            answer = await asyncio.wait_for(waiting, ACK_SECONDS / min(self._world.switches.pace, 4))
            ok = True
        except (TimeoutError, ConnectionError) as fault:
            answer = str(fault).encode()
        finally:
            client.acks.pop(envelope_id, None)
        body = msgspec.json.encode(frame)
        self._log.note("out", "SOCKET events_api", body, 200 if ok else 0, answer, begun, ok, attempt + 1)
        return ok

    async def settled(self) -> None:
        """Wait until nothing is on its way to a client that is there."""
        while self._tasks and self.clients:
            await asyncio.wait(self._tasks, timeout=0.05)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for client in list(self.clients):
            with contextlib.suppress(WebSocketException, RuntimeError):
                await client.socket.close()
