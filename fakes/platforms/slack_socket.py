"""Slack's socket mode: each envelope goes to a client that is connected, until one acknowledges it."""

import asyncio
import contextlib
import time
import uuid
from typing import Any

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException

from fakes.sockets import Peer, Pool

TICKET_SECONDS = 30
ACK_SECONDS, PAUSES, MOST = 3, (0.5, 60, 300), 10


class Client(Peer[bytes]):
    """One connection; what is brought is named by its envelope."""

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
                told = msgspec.json.decode(raw, type=dict[str, Any])
                self.acknowledge(str(told.get("envelope_id")), raw.encode())
        except (WebSocketDisconnect, RuntimeError):
            pass
        except msgspec.DecodeError as fault:
            await self.socket.close(code=1007, reason=str(fault)[:100])


class Sockets(Pool[Client]):
    """All connections of one app."""

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

    async def disconnect(self, reason: str) -> None:
        """Ask every client to come again, and let go of it."""
        for client in list(self.clients):
            self._forget(client)
            with contextlib.suppress(ConnectionError, WebSocketException, RuntimeError):
                await client.tell({"type": "disconnect", "reason": reason, "debug_info": {"host": "fake"}})
                await client.socket.close()

    def push(self, payload: object) -> "asyncio.Task[bool]":
        """True once acknowledged; it waits for a connection if there is none."""
        return self._begin(self._bring(payload))

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
