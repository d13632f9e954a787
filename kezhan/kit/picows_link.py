"""Sockets spoken by picows on uvicorn's port.

uvicorn takes a protocol class for websocket upgrades. Ours reads the request, asks the endpoint, then builds
picows' protocol, feeds it a handshake and hands it the transport. The constructor of picows' WSProtocol is
not documented, so its version is pinned and the suite runs over it.
"""

import asyncio
import contextlib
import logging
import struct
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import unquote

from msgspec import Struct
from picows import WSAutoPingStrategy, WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # missing from picows' stubs

from kezhan.kit.log import log
from kezhan.kit.sockets import (
    Close,
    Endpoint,
    Handshake,
    LinkBase,
    PeerOf,
    Refusal,
    Roster,
    admit,
    is_text,
    read_handshake,
)

READ_BUFFER = 2048  # picows takes no less
# picows doubles its buffer whenever a read fills it and never shrinks it; a bounded read keeps a flood from
# growing it. Only a frame that is larger than the buffer grows it further.
READ_STEP = 16 * 1024
# Above this size picows queues its own scratch memory as the frame's header, which uvloop does not copy.
SEND_COPIED = 8192
TEXT = WSMsgType.TEXT

_SMALL_HEADS = [bytes((0x81, size)) for size in range(126)]
_NO_HEADERS: Any = {}
_waste = bytearray(64 * 1024)
_quiet = logging.getLogger("kezhan.kit.picows")
_quiet.setLevel(logging.CRITICAL)  # picows logs each client's bad frame as an error
# An adapter, because picows makes one Logger object per connection out of a plain logger.
_logger = logging.LoggerAdapter(_quiet, {})


def _encode(frames: list[bytes]) -> bytes:
    parts: list[bytes] = []
    for data in frames:
        size = len(data)
        if size < 126:
            parts.append(_SMALL_HEADS[size])
        elif size < 0x10000:
            parts.append(struct.pack("!BBH", 0x81, 126, size))
        else:
            parts.append(struct.pack("!BBQ", 0x81, 127, size))
        parts.append(data)
    return b"".join(parts)


class Cork:
    """Gathers what links send in one tick of the loop, so that each link writes once.

    Measured: four times the frames per CPU second at ten frames a tick, no difference at one.
    """

    def __init__(self) -> None:
        self._links: list[PicowsLink] = []

    def add(self, link: "PicowsLink") -> None:
        if not self._links:
            asyncio.get_running_loop().call_soon(self._flush)
        self._links.append(link)

    def _flush(self) -> None:
        links, self._links = self._links, []
        for link in links:
            link.flush()


class PicowsLink(LinkBase, WSListener):
    """One socket. picows calls the on_ws methods, the session calls send and close."""

    def __init__(
        self, endpoint: Endpoint, handshake: Handshake, front: "PicowsFront", transport: asyncio.Transport
    ) -> None:
        LinkBase.__init__(self, endpoint, handshake, front.roster)
        self._cork = front.cork
        self._transport = transport
        self._ws: WSTransport | None = None
        self._pinged = self._heard
        self._waiting = transport.get_write_buffer_size
        self.reading = False  # inside one read, whose end flushes: answers need no tick of their own
        self._first: bytes | None = None  # what waits to be sent: mostly one frame, so no list for it
        self._more: list[bytes] = []
        self._corked_bytes = 0
        self._parts: list[bytes] | None = None  # the fragments of an unfinished message
        self._parts_bytes = 0
        self._cut: asyncio.TimerHandle | None = None

    @property
    def backlog(self) -> int:
        return self._corked_bytes + self._waiting()

    def send(self, data: bytes) -> None:
        if self.closed:
            return
        self._corked_bytes += len(data)
        if self._first is None:
            self._first = data
            if not self.reading:
                self._cork.add(self)
        else:
            self._more.append(data)
        if self._corked_bytes > self.limits.backlog_bytes:
            self.close(Close.SLOW)

    def flush(self) -> None:
        """Hand over what has gathered, then see whether the client keeps up."""
        first, size = self._first, self._corked_bytes
        if first is None or self._ws is None:
            return
        self._first, self._corked_bytes = None, 0
        if not self._more and size <= SEND_COPIED:
            self._ws.send(TEXT, first)
            self._roster.frames_out += 1
        else:
            frames, self._more = [first, *self._more], []
            self._roster.frames_out += len(frames)
            if not self._transport.is_closing() and not self._ws.is_close_frame_sent:
                self._transport.write(_encode(frames))
        if self._waiting() > self.limits.backlog_bytes:
            self.close(Close.SLOW)

    def close(self, code: int, reason: str = "") -> None:
        if self.closed or self._ws is None:
            return
        self.flush()
        self._ws.send_close(code, reason.encode()[:120].decode(errors="ignore"))  # type: ignore[arg-type]  # any code is taken
        self.hang_up()

    def hang_up(self) -> None:
        """After our close frame: end our side, swallow what still comes, cut the line if the client stays.

        The other side is read to its end because closing with unread data resets the connection, and a reset
        may overtake the close frame.
        """
        self.closed = True
        self._parts = None
        self._loop.call_soon(self.end)
        transport = self._transport
        if transport.is_closing():
            return
        if transport.can_write_eof():
            with contextlib.suppress(OSError):  # the other side may be gone already
                transport.write_eof()
        self._cut = self._loop.call_later(self.limits.close_s, transport.abort)

    def shutdown(self) -> None:
        """uvicorn's word for: the server stops."""
        self.close(Close.RESTART)

    def lost(self) -> None:
        if self._cut is not None:
            self._cut.cancel()
        self.end()

    def heard(self) -> None:
        self._heard = self._loop.time()

    def look(self, now: float) -> None:
        transport = self._transport
        if transport.is_closing():
            transport.abort()  # the client hung up without reading what was left for it
        elif now - self._heard > self.limits.silence_s:
            self.close(Close.SILENT)
        elif now - self._pinged >= self.limits.ping_s and self._ws is not None:
            self._pinged = now
            self._ws.send_ping()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._ws = transport
        # picows keeps its copy of the handshake for as long as the line stands.
        transport.request.headers = transport.response.headers = _NO_HEADERS
        self.begin()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.closed:
            return
        kind = frame.msg_type
        if kind == WSMsgType.CLOSE:
            self._say_goodbye(transport, frame)
        elif not self.allow():
            return
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(Close.PROTOCOL)
        elif kind == TEXT and frame.fin and self._parts is None:
            self._take_checked(frame.get_payload_as_bytes())
        elif kind in (TEXT, WSMsgType.CONTINUATION):
            self._gather(kind, frame)
        elif kind == WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.BINARY:
            self.close(Close.BINARY)

    def _say_goodbye(self, transport: WSTransport, frame: WSFrame) -> None:
        self.flush()
        transport.send_close(frame.get_close_code() or WSCloseCode.OK)
        self.hang_up()

    def _gather(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Put a fragmented message together, within the limit of one frame."""
        if (kind == TEXT) == (self._parts is not None):
            self.close(Close.PROTOCOL)
            return
        if self._parts is None:
            self._parts, self._parts_bytes = [], 0
        self._parts_bytes += frame.payload_size
        if self._parts_bytes > self.limits.frame_bytes:
            self.close(Close.TOO_BIG)
            return
        self._parts.append(frame.get_payload_as_bytes())
        if frame.fin:
            whole, self._parts = b"".join(self._parts), None
            self._take_checked(whole)

    def _take_checked(self, data: bytes) -> None:
        if is_text(data):
            self.take(data)
        else:
            self.close(Close.BAD_TEXT)

    def pause_writing(self) -> None:
        """Nothing to do: send() watches the backlog."""

    def resume_writing(self) -> None:
        """Nothing to do: send() watches the backlog."""


class _Wire(WSProtocol):  # type: ignore[misc]  # untyped base
    """picows' parser with bounded reads, which stops listening once the link is closed."""

    def __init__(self, link: PicowsLink, connections: set[Any]) -> None:
        super().__init__(
            None,  # host_port
            None,  # ws_path
            False,  # is_client_side
            lambda _request: link,
            _logger,
            True,  # disconnect_on_exception
            None,  # websocket_handshake_timeout
            False,  # enable_auto_ping
            1.0,  # auto_ping_idle_timeout
            1.0,  # auto_ping_reply_timeout
            WSAutoPingStrategy.PING_WHEN_IDLE,
            False,  # enable_auto_pong
            link.limits.frame_bytes,
            None,  # extra_headers
            READ_BUFFER,
        )
        self._link = link
        self._connections = connections

    def get_buffer(self, hint: int) -> Any:
        if self._link.closed:
            return _waste
        view = WSProtocol.get_buffer(self, hint)
        return view if len(view) <= READ_STEP else view[:READ_STEP]

    def buffer_updated(self, size: int) -> None:
        link = self._link
        if link.closed:
            return
        link.heard()
        link.reading = True
        WSProtocol.buffer_updated(self, size)
        link.reading = False
        link.flush()
        if not link.closed and self.transport.is_close_frame_sent:
            link.hang_up()  # the parser refused a frame

    def connection_lost(self, exc: Exception | None) -> None:
        WSProtocol.connection_lost(self, exc)
        self._connections.discard(self._link)
        self._link.lost()


class PicowsFront(Struct, frozen=True):
    """What every upgrade of one server needs."""

    endpoints: Mapping[str, Endpoint]
    roster: Roster
    cork: Cork
    peer: PeerOf


class PicowsUpgrade(asyncio.Protocol):
    """What uvicorn makes for an upgrade request: keeps the transport until the endpoint has decided."""

    def __init__(self, front: PicowsFront, *, config: Any, server_state: Any, app_state: Any) -> None:
        self._front = front
        self._connections: set[Any] = server_state.connections
        self._tasks: set[asyncio.Task[None]] = server_state.tasks
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Called once, with the request as uvicorn replays it. The kernel keeps what follows."""
        self._transport.pause_reading()
        self._task = asyncio.get_running_loop().create_task(self._answer(data))
        self._tasks.add(self._task)
        self._task.add_done_callback(self._tasks.discard)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.discard(self)
        if self._task is not None:
            self._task.cancel()

    def shutdown(self) -> None:
        if self._task is not None:
            self._task.cancel()
        self._refuse(Refusal(503, "kit.restarting"))

    async def _answer(self, request: bytes) -> None:
        try:
            await self._decide(request)
        except Exception:
            log.exception("sockets.upgrade_failed")
            self._refuse(Refusal(500, "kit.fault"))

    async def _decide(self, request: bytes) -> None:
        first, *lines = request.rstrip(b"\r\n").split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        raw_path, _, query = target.partition(b"?")
        path = unquote(raw_path.decode("latin-1"))
        endpoint = self._front.endpoints.get(path)
        if endpoint is None or method != b"GET":
            self._refuse(Refusal(404, "kit.not_found"))
            return
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        address = self._transport.get_extra_info("peername")
        handshake = read_handshake(
            path,
            query,
            headers,
            address=address[0] if address else "",
            peer=self._front.peer,
            transport="picows",
        )
        refusal = await admit(endpoint, handshake, self._front.roster.limits)
        if self._transport.is_closing():
            return
        if refusal is None:
            self._hand_over(PicowsLink(endpoint, handshake, self._front, self._transport))
        else:
            self._refuse(refusal)

    def _refuse(self, refusal: Refusal) -> None:
        body = refusal.body()
        status = HTTPStatus(refusal.status)
        self._transport.write(
            b"HTTP/1.1 %d %s\r\ncontent-type: application/problem+json\r\ncontent-length: %d\r\n"
            b"connection: close\r\n\r\n%s" % (status, status.phrase.encode(), len(body), body)
        )
        self._transport.close()

    def _hand_over(self, link: PicowsLink) -> None:
        """Give the transport to picows. It wants one spelling of the handshake, browsers have several."""
        headers = link.handshake.headers
        handshake = (
            "GET / HTTP/1.1\r\nhost: -\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
            f"sec-websocket-version: {headers.get('sec-websocket-version', '')[:8]}\r\n"
            f"sec-websocket-key: {headers.get('sec-websocket-key', '')[:64]}\r\n\r\n"
        ).encode("latin-1")
        wire = _Wire(link, self._connections)
        self._transport.set_protocol(wire)
        self._connections.discard(self)
        self._connections.add(link)
        wire.connection_made(self._transport)
        wire.get_buffer(-1)[: len(handshake)] = handshake
        wire.buffer_updated(len(handshake))
        if not self._transport.is_closing():
            self._transport.resume_reading()
