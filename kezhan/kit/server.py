"""One port for everything: uvicorn for HTTP, the endpoints' sockets beside it, one graceful end for both."""

import asyncio
import contextlib
import functools
import gc
import signal
import socket
import sys
from collections.abc import Coroutine, Generator, Sequence
from typing import Any, Literal, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from kezhan.kit.asgi_link import AsgiDoor
from kezhan.kit.crossing import OpenToPages
from kezhan.kit.hardening import Hardened
from kezhan.kit.picows_link import Cork, PicowsFront, PicowsUpgrade
from kezhan.kit.sockets import (
    ABORT,
    ASGIApp,
    Close,
    Endpoint,
    Handshake,
    Limits,
    PeerOf,
    Receive,
    Refusal,
    Roster,
    Send,
    Transport,
    read_handshake,
)
from kezhan.kit.stream_link import StreamDoor

REQUEST_HEAD_BYTES = 64 * 1024
GRACEFUL_S = 5
FAREWELL_S = 3
"""The longest time over which the links are closed; fewer links take less."""


class StartFailed(RuntimeError):
    """The application refused to start; its lifespan has logged why."""


class _Front:
    """The ASGI application uvicorn sees: the endpoints' own routes first, then the house's."""

    def __init__(self, app: ASGIApp, endpoints: Sequence[Endpoint], peer: PeerOf, roster: Roster) -> None:
        self._app = app
        self._peer = peer
        self._socket_door = AsgiDoor(roster)
        self._stream_door = StreamDoor(roster)
        self._sockets = {endpoint.path: endpoint for endpoint in endpoints}
        self._streams = {f"{endpoint.path}/stream": endpoint for endpoint in endpoints}
        self._posts = {f"{endpoint.path}/frames": endpoint for endpoint in endpoints}

    async def __call__(self, scope: Any, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "websocket":
            await self._websocket(scope, receive, send)
        elif kind == "http" and scope["method"] == "POST" and scope["path"] in self._streams:
            endpoint = self._streams[scope["path"]]
            handshake = self._handshake(endpoint, scope, "stream")
            await self._stream_door.open_stream(endpoint, handshake, scope, receive, send)
        elif kind == "http" and scope["method"] == "POST" and scope["path"] in self._posts:
            await self._stream_door.take_frames(self._posts[scope["path"]], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Any, receive: Receive, send: Send) -> None:
        endpoint = self._sockets.get(scope["path"])
        if endpoint is None:
            await self._socket_door.refuse(Refusal(404, "kit.not_found"), receive, send)
            return
        handshake = self._handshake(endpoint, scope, "asgi")
        await self._socket_door.serve(endpoint, handshake, scope, receive, send)

    def _handshake(self, endpoint: Endpoint, scope: Any, transport: Transport) -> Handshake:
        address = scope["client"][0] if scope["client"] else ""
        return read_handshake(
            endpoint.path,
            scope["query_string"],
            scope["headers"],
            address=address,
            peer=self._peer,
            transport=transport,
        )


class Joined:
    """A transport for one answer, whose head waits for what follows it in the same step of the loop: two
    writes are two system calls, and each of them wakes the reader."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._head: bytes | None = None
        self._begun = False

    def write(self, data: bytes) -> None:
        if not self._begun:
            self._begun, self._head = True, data
            self._loop.call_soon(self._flush)
        elif self._head is not None:
            head, self._head = self._head, None
            self._transport.writelines((head, data))
        else:
            self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def _flush(self) -> None:
        head, self._head = self._head, None
        if head is not None and not self._transport.is_closing():
            self._transport.write(head)


class _Http(HttpToolsProtocol):
    """uvicorn's HTTP with a bound on the head of a request, which uvicorn leaves open with httptools, and an
    answer's head and body written as one."""

    _in_head = True
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > REQUEST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        cast(dict[str, Any], self.scope)["extensions"] = {ABORT: self.transport.abort}

    def on_headers_complete(self) -> None:
        self._in_head, before = False, self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = cast(asyncio.Transport, Joined(self.transport, self.loop))

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        # It and its parser hold each other, and thousands of them would wait for a collection.
        self.parser = None  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        self._in_head, self._head_bytes = True, 0
        super().on_message_complete()


class _SansIO(WebSocketsSansIOProtocol):
    """uvicorn's websocket, with the cut of the connection offered to the link."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if hasattr(self, "scope"):
            cast(dict[str, Any], self.scope["extensions"])[ABORT] = self.transport.abort


class _Uvicorn(uvicorn.Server):
    """uvicorn without its signal handlers: they raise the signal again at the end, before others clean up."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Server:
    """An ASGI application and its socket endpoints on one port.

    `open_paths` are prefixes that pages of any origin may call (see kit.crossing), `shared` those they may
    load from; `secure` where browsers come by TLS (see kit.hardening). `peer` says whose
    address a connection counts for (see kit.http.peer). `sock` is a bound socket to use instead of host and
    port. Port 0 takes a free one, which `port` tells after start(). From SIGTERM on, `stopping` is true for
    `drain_s` seconds during which everything is served as before: time for balancers to look away.
    """

    def __init__(
        self,
        app: ASGIApp,
        endpoints: Sequence[Endpoint],
        *,
        host: str,
        port: int,
        websocket: Literal["picows", "asgi"],
        peer: PeerOf,
        sock: socket.socket | None = None,
        limits: Limits | None = None,
        open_paths: Sequence[str] = (),
        shared: Sequence[str] = (),
        secure: bool = False,
        drain_s: float = 0,
    ) -> None:
        self.stopping = False
        """Told to end, from the signal or the call on."""
        self.roster = Roster(limits or Limits())
        self._address = (host, port)
        self._sock = sock
        opened = OpenToPages(_Front(app, endpoints, peer, self.roster), open_paths)
        front = Hardened(opened, shared=(*open_paths, *shared), secure=secure)
        self._config = _configure(front, endpoints, websocket, peer, self.roster)
        self._uvicorn = _Uvicorn(self._config)
        self._drain_s = drain_s
        self._running: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def port(self) -> int:
        if self._sock is None:
            raise RuntimeError("the server has no port before start()")
        port: int = self._sock.getsockname()[1]
        return port

    async def start(self) -> None:
        """Start the application and listen. Raises StartFailed, or OSError when the address is taken."""
        self._sock = self._sock or _bind(*self._address)
        self._config.load()
        self._uvicorn.lifespan = self._config.lifespan_class(self._config)
        try:
            await self._uvicorn.startup(sockets=[self._sock])
        except SystemExit:
            self._sock.close()
            raise StartFailed("the application did not start") from None
        self._running = asyncio.create_task(self._uvicorn.main_loop())

    async def stop(self) -> None:
        """Listen no more, close every link with 1012, let requests finish, end the application.

        Idempotent.
        """
        running, self._running = self._running, None
        if running is None:
            return
        self.stopping = self._uvicorn.should_exit = True
        await running
        for listener in self._uvicorn.servers:
            listener.close()
        await self.roster.farewell(Close.RESTART, 0 if self._uvicorn.force_exit else FAREWELL_S)
        await self._uvicorn.shutdown(sockets=[self._sock] if self._sock else [])

    async def serve(self) -> None:
        """Run until SIGINT or SIGTERM; the first one stops gracefully, a second one at once. Only SIGTERM
        drains: who presses Ctrl-C waits for it."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._on_signal, 0)
        loop.add_signal_handler(signal.SIGTERM, self._on_signal, self._drain_s)
        try:
            await self.start()
            if self._running is not None:
                await self._running
            self._ending = asyncio.create_task(self.stop())
            await asyncio.wait([self._ending])
            if not self._ending.cancelled():
                self._ending.result()
        finally:
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(name)

    def _on_signal(self, drain_s: float) -> None:
        if self.stopping:
            self._uvicorn.force_exit = self._uvicorn.should_exit = True
            if self._ending is not None:
                self._ending.cancel()
            return
        self.stopping = True
        if self._running is None or not drain_s:
            self._uvicorn.should_exit = True
            return
        # Every answer ends its connection now, so that no proxy keeps one to send its next request on.
        self._config.encoded_headers.append((b"connection", b"close"))
        self._uvicorn.server_state.default_headers.append((b"connection", b"close"))
        asyncio.get_running_loop().call_later(drain_s, self._leave)

    def _leave(self) -> None:
        self._uvicorn.should_exit = True


def settle_down() -> None:
    """What is loaded by now stays: no collection walks it again. Meant for when a house stands."""
    gc.collect()
    gc.freeze()


def run(main: Coroutine[Any, Any, None]) -> None:
    """asyncio.run on uvloop where there is one."""
    settle_down()
    # By default the young would be collected hundreds of times a second under load, a fifth of the time of a
    # message; and nobody is answered while that runs, of 200,000 objects 150 ms.
    gc.set_threshold(20_000, 50, 20)
    factory = None
    if sys.platform != "win32":
        import uvloop  # noqa: PLC0415 — not installable on Windows

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named, because asyncio switches Nagle off only for sockets that say they speak TCP.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _configure(
    front: ASGIApp, endpoints: Sequence[Endpoint], websocket: str, peer: PeerOf, roster: Roster
) -> uvicorn.Config:
    limits = roster.limits
    upgrade: Any = _SansIO
    if websocket == "picows":
        shared = PicowsFront({endpoint.path: endpoint for endpoint in endpoints}, roster, Cork(), peer)
        upgrade = functools.partial(PicowsUpgrade, shared)
    return uvicorn.Config(
        front,
        loop="none",
        http=_Http,
        ws=upgrade,
        ws_max_size=limits.frame_bytes,
        ws_ping_interval=limits.ping_s,
        ws_ping_timeout=limits.silence_s - limits.ping_s,
        ws_per_message_deflate=False,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        access_log=False,
        # The house has one reader of forwarding headers, for HTTP and sockets alike.
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACEFUL_S,
    )
