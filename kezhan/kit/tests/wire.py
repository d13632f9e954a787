"""A real server and real clients for the tests of the transports."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, ClassVar, Protocol

import httpx2
import msgspec
import pytest
import uvloop
from litestar import Litestar, get
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kezhan.kit.server import Server
from kezhan.kit.sockets import Handshake, Limits, Link, Refusal
from kezhan.kit.testing import PATIENCE

SOCKETS = ("picows", "picows-asyncio", "asgi")
ALL = (*SOCKETS, "stream")
OPEN = Limits(frames_per_s=1e6, frames_burst=1_000_000, close_s=0.3)
CLOSE, TEXT, BINARY, PING, PONG = 8, 1, 2, 9, 10
TLS = httpx2.create_ssl_context()  # the dearest part of a client, though nothing here speaks TLS


def over(*kinds: str) -> Callable[[Callable[[str], Awaitable[None]]], Callable[[str], None]]:
    """Run the test once for each transport, on the loop that goes with it."""

    def wrap(test: Callable[[str], Awaitable[None]]) -> Callable[[str], None]:
        @pytest.mark.parametrize("kind", kinds)
        def run_one(kind: str) -> None:
            factory = asyncio.new_event_loop if kind.endswith("-asyncio") else uvloop.new_event_loop

            async def bounded() -> None:
                try:
                    await asyncio.wait_for(test(kind), PATIENCE)
                finally:
                    while Raw.dialled:
                        await Raw.dialled.pop().hang_up()

            with asyncio.Runner(loop_factory=factory) as runner:
                runner.run(bounded())

        run_one.__name__, run_one.__doc__ = test.__name__, test.__doc__
        return run_one

    return wrap


class EchoSession:
    def __init__(self, link: Link) -> None:
        self.link = link
        self.frames: list[bytes] = []
        self.closes = 0

    def on_frame(self, data: bytes) -> None:
        self.frames.append(data)
        match json.loads(data):
            case {"do": "fail"}:
                raise ValueError("a fault in the session")
            case {"do": "close", "code": code}:
                self.link.close(code, "因为")
                self.link.close(1000)
                self.link.send(b'"late"')
            case {"do": "pour", "count": count, "size": size}:
                for _ in range(count):
                    self.link.send(b'"%s"' % (b"x" * size))
            case _:
                self.link.send(data)

    def on_close(self) -> None:
        self.closes += 1


class Echo:
    def __init__(self, path: str = "/ws") -> None:
        self.path = path
        self.sessions: list[EchoSession] = []
        self.handshakes: list[Handshake] = []
        self.wait = 0.0

    async def authorize(self, handshake: Handshake) -> Refusal | None:
        self.handshakes.append(handshake)
        await asyncio.sleep(self.wait)
        if handshake.query.get("fault"):
            raise ValueError("a fault in authorize")
        if handshake.headers.get("origin") == "https://bad.example":
            return Refusal(403, "test.origin")
        return None

    def connect(self, link: Link) -> EchoSession:
        self.sessions.append(EchoSession(link))
        return self.sessions[-1]


@get("/hello", sync_to_thread=False)
def hello() -> str:
    return "hello"


@contextlib.asynccontextmanager
async def running(kind: str, *endpoints: Echo, limits: Limits | None = None) -> AsyncIterator[Server]:
    server = Server(
        Litestar([hello]),
        endpoints,
        host="127.0.0.1",
        port=0,
        websocket="asgi" if kind == "asgi" else "picows",
        peer=lambda address, headers: headers.get("x-real", address),
        limits=limits or Limits(close_s=0.3),
    )
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


class Client(Protocol):
    async def send(self, *frames: Any) -> None: ...
    async def recv(self) -> Any: ...
    async def close_code(self) -> int: ...
    async def leave(self) -> None: ...


class SocketClient:
    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws

    async def send(self, *frames: Any) -> None:
        for frame in frames:
            await self.ws.send(json.dumps(frame))

    async def recv(self) -> Any:
        return json.loads(await self.ws.recv())

    async def close_code(self) -> int:
        try:
            while True:
                await self.ws.recv()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    async def leave(self) -> None:
        await self.ws.close()


class StreamClient:
    def __init__(self, http: httpx2.AsyncClient, lines: AsyncIterator[str], path: str) -> None:
        self.http, self.lines, self.path = http, lines, path
        self.link = ""
        self.beats = 0
        self.response: httpx2.Response | None = None

    async def event(self) -> tuple[str, Any]:
        name, data = "frame", ""
        async for line in self.lines:
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                data = line[6:]
            elif line.startswith(":"):
                self.beats += 1
            elif data:
                return name, json.loads(data)
        return "end", None

    async def post(self, body: bytes) -> int:
        answer = await self.http.post(f"{self.path}/frames", content=body, headers={"x-link": self.link})
        return answer.status_code

    async def send(self, *frames: Any) -> None:
        assert await self.post(msgspec.json.encode(frames)) == 204

    async def recv(self) -> Any:
        name, data = await self.event()
        assert name == "frame", (name, data)
        return data

    async def close_code(self) -> int:
        while True:
            name, data = await self.event()
            if name == "close":
                return int(data["code"])
            assert name == "frame", name

    async def leave(self) -> None:
        assert self.response is not None
        await self.response.aclose()


@contextlib.asynccontextmanager
async def client(kind: str, server: Server, path: str = "/ws", **headers: str) -> AsyncIterator[Client]:
    if kind == "stream":
        async with stream(server, path, **headers) as opened:
            yield opened
        return
    url = f"ws://127.0.0.1:{server.port}{path}"
    async with connect(url, additional_headers=headers, compression=None, max_queue=None) as ws:
        yield SocketClient(ws)


@contextlib.asynccontextmanager
async def stream(server: Server, path: str = "/ws", **headers: str) -> AsyncIterator[StreamClient]:
    async with (
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", timeout=PATIENCE, verify=TLS) as http,
        http.stream("POST", f"{path}/stream", headers=headers) as response,
    ):
        assert response.status_code == 200, response.status_code
        opened = StreamClient(http, response.aiter_lines(), path)
        opened.response = response
        name, data = await opened.event()
        assert name == "link"
        opened.link = data["id"]
        yield opened


class Raw:
    """A client that may break every rule of the protocol. The test's end hangs up for it."""

    dialled: ClassVar[list["Raw"]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.dialled.append(self)

    async def hang_up(self) -> None:
        self.writer.transport.abort()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()

    @classmethod
    async def dial(cls, server: Server) -> "Raw":
        return cls(*await asyncio.open_connection("127.0.0.1", server.port))

    @classmethod
    async def upgraded(cls, server: Server, **changes: str) -> "Raw":
        raw = await cls.dial(server)
        raw.ask(**changes)
        assert (await raw.status()) == 101
        return raw

    def ask(self, connection: str = "Upgrade", key: str = "AAAAAAAAAAAAAAAAAAAAAA==") -> None:
        self.writer.write(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: {connection}\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    async def status(self) -> int:
        return int((await self.reader.readuntil(b"\r\n\r\n")).split()[1])

    def frame(self, opcode: int, data: bytes, first: int = 0x80, mask: int = 0x80) -> None:
        size = len(data)
        length = bytes([mask | size]) if size < 126 else bytes([mask | 127]) + size.to_bytes(8, "big")
        if 126 <= size < 65536:
            length = bytes([mask | 126]) + size.to_bytes(2, "big")
        self.writer.write(bytes([first | opcode]) + length + (bytes(4) if mask else b"") + data)

    async def read(self) -> tuple[int, bytes]:
        opcode, size = await self.reader.readexactly(2)
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return opcode & 15, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        while True:
            opcode, data = await self.read()
            if opcode == CLOSE:
                return int.from_bytes(data[:2], "big")


async def well(server: Server) -> None:
    async with httpx2.AsyncClient(verify=TLS) as http:
        assert (await http.get(f"http://127.0.0.1:{server.port}/hello")).text == "hello"


async def refused(kind: str, server: Server, path: str, **headers: str) -> int:
    if kind == "stream":
        async with httpx2.AsyncClient(verify=TLS) as http:
            url = f"http://127.0.0.1:{server.port}{path.partition('?')[0]}/stream?{path.partition('?')[2]}"
            return (await http.post(url, headers=headers)).status_code
    with pytest.raises(InvalidStatus) as caught:
        async with client(kind, server, path, **headers):
            pass
    return caught.value.response.status_code
