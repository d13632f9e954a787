"""DingTalk's stream: each frame goes to a client that is connected, until one acknowledges it."""

import asyncio
import contextlib
import time
from typing import Any, Literal

import msgspec
from litestar import WebSocket
from litestar.exceptions import WebSocketDisconnect, WebSocketException
from msgspec import Struct

from fakes.base import letters
from fakes.deliver import Log
from fakes.sockets import Peer, Pool
from fakes.world import World

TICKET_SECONDS = 90
# How long the platform waits and how often it tries again is not published.
ACK_SECONDS, ATTEMPTS, PING_SECONDS = 15, 5, 60
MESSAGES = "/v1.0/im/bot/messages/get"


class Subscription(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    type: Literal["EVENT", "CALLBACK", "SYSTEM"]
    topic: str


class Opening(Struct, kw_only=True, forbid_unknown_fields=True):
    """What a client asks for before it connects."""

    clientId: str
    clientSecret: str
    subscriptions: list[Subscription]
    ua: str = ""
    localIp: str = ""
    extras: dict[str, str] = {}


class AckHeaders(Struct, kw_only=True):
    messageId: str
    contentType: str = "application/json"


class Ack(Struct, kw_only=True, forbid_unknown_fields=True):
    code: int
    headers: AckHeaders
    message: str = ""
    data: str = ""


class Connection(Peer[Ack]):
    """One client; what is brought is named by its message id."""

    def __init__(self, socket: WebSocket[Any, Any, Any], topics: set[str]) -> None:
        super().__init__(socket)
        self.id, self.topics = letters(32), topics

    async def ask(self, kind: str, topic: str, message_id: str, data: str, seconds: float) -> Ack:
        """Send a frame and wait for its acknowledgement; TimeoutError, ConnectionError."""
        headers = {
            "appId": "app",
            "connectionId": self.id,
            "contentType": "application/json",
            "messageId": message_id,
            "time": str(int(time.time() * 1000)),
            "topic": topic,
        }
        frame = {"specVersion": "1.0", "type": kind, "headers": headers, "data": data}
        waiting = self.acks.setdefault(message_id, asyncio.get_running_loop().create_future())
        try:
            await self.socket.send_text(msgspec.json.encode(frame).decode())
            return await asyncio.wait_for(asyncio.shield(waiting), seconds)
        except (WebSocketException, RuntimeError) as fault:
            raise ConnectionError(str(fault)) from None
        finally:
            self.acks.pop(message_id, None)

    async def listen(self) -> None:
        """Take acknowledgements until the client goes."""
        try:
            while True:
                ack = msgspec.json.decode(await self.socket.receive_text(), type=Ack)
                self.acknowledge(ack.headers.messageId, ack)
        except (WebSocketDisconnect, RuntimeError):
            pass
        except msgspec.DecodeError as fault:
            await self.socket.close(code=1007, reason=str(fault)[:100])


class Stream(Pool[Connection]):
    """All connections of one app."""

    def __init__(self, world: World, log: Log) -> None:
        super().__init__(world, log)
        self._topics: dict[str, set[str]] = {}

    def open(self, opening: Opening) -> str:
        """A ticket for one connection."""
        ticket = self.tickets.issue(opening.clientId, TICKET_SECONDS)
        self._topics[ticket] = {subscription.topic for subscription in opening.subscriptions}
        return ticket

    async def serve(self, socket: WebSocket[Any, Any, Any]) -> None:
        ticket = socket.query_params.get("ticket", "")
        if not self.tickets.use_up(ticket):
            await socket.close(code=4401, reason="ticket")
            return
        await socket.accept()
        connection = Connection(socket, self._topics[ticket])
        self.clients.append(connection)
        self._came.set()
        pinging = asyncio.create_task(self._ping(connection))
        try:
            await connection.listen()
        finally:
            pinging.cancel()
            self._forget(connection)

    async def _ping(self, connection: Connection) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS / self._world.switches.pace)
            opaque = msgspec.json.encode({"opaque": letters(32)}).decode()
            await self._once(connection, "SYSTEM", "ping", letters(32), opaque, wanted=opaque)

    async def disconnect(self) -> None:
        """Ask every client to come again with a new ticket, and let go of it."""
        for connection in list(self.clients):
            self.clients.remove(connection)
            await self._once(
                connection, "SYSTEM", "disconnect", letters(32), '{"reason":"persistent connection"}'
            )
            with contextlib.suppress(WebSocketException, RuntimeError):
                await connection.socket.close()
        self._came.clear()

    def push(self, topic: str, data: object) -> "asyncio.Task[bool]":
        """True once acknowledged; it waits for a connection if there is none."""
        return self._begin(self._bring(topic, msgspec.json.encode(data).decode(), letters(32)))

    async def _bring(self, topic: str, data: str, message_id: str) -> bool:
        lost, twice = self._world.lots()
        if lost:
            self._log.note(
                "out", f"STREAM {topic} (dropped)", data.encode(), 0, b"", time.monotonic(), ok=False
            )
            return False
        for attempt in range(1, ATTEMPTS + 1):
            await self._came.wait()
            able = [connection for connection in self.clients if topic in connection.topics]
            if not able:
                await asyncio.sleep(1 / self._world.switches.pace)
                continue
            connection = self._world.dice.choice(able)
            if await self._once(connection, "CALLBACK", topic, message_id, data, attempt):
                if twice:
                    await self._once(connection, "CALLBACK", topic, message_id, data, attempt + 1)
                return True
        return False

    async def _once(
        self,
        connection: Connection,
        kind: str,
        topic: str,
        message_id: str,
        data: str,
        attempt: int = 1,
        wanted: str = "",
    ) -> bool:
        begun, code, answer = time.monotonic(), 0, b""
        try:
            ack = await connection.ask(kind, topic, message_id, data, ACK_SECONDS / self._world.switches.pace)
            code, answer = ack.code, msgspec.json.encode(ack)
        except (TimeoutError, ConnectionError) as fault:
            ack, answer = None, str(fault).encode()
        ok = ack is not None and code == 200 and wanted in ("", ack.data)
        self._log.note("out", f"STREAM {topic}", data.encode(), code, answer, begun, ok, attempt)
        return ok
