"""Client connections, whatever carries them: what rooms see (Link, Session, Endpoint) and the limits of all.

Three transports stand behind one interface: picows (`picows_link`), the plain ASGI websocket (`asgi_link`)
and a stream of server-sent events for networks that block sockets (`stream_link`). `server` puts them on one
port.
"""

import asyncio
import math
import secrets
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from enum import IntEnum
from typing import Any, Literal, Protocol
from urllib.parse import parse_qsl, unquote

from msgspec import Struct, json

from kezhan.kit.log import log

Transport = Literal["picows", "asgi", "stream"]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
Headers = Mapping[str, str]
ABORT = "kezhan.abort"
_FAREWELL_PAUSE_S = 0.02
_FAREWELL_STEP = 20
PeerOf = Callable[[str, Headers], str]
"""(address of the socket's other end, headers in lower case) → address of the caller."""


class Close(IntEnum):
    """The codes this house closes with; the client's reading of them is part of the wire protocol."""

    DONE = 1000
    SILENT = 1001
    PROTOCOL = 1002
    BINARY = 1003
    BAD_TEXT = 1007
    TOO_BIG = 1009
    FAULT = 1011
    RESTART = 1012
    SLOW = 1013
    FLOOD = 4429


class Limits(Struct, frozen=True, kw_only=True):
    """What one connection may do. Bytes, seconds, frames per second."""

    frame_bytes: int = 64 * 1024
    frames_per_s: float = 50
    frames_burst: int = 100
    backlog_bytes: int = 1024 * 1024
    ping_s: float = 20
    silence_s: float = 45
    flood_s: float = 0.3
    """How long a client that sends too much is left its answers, not heard, before it is closed."""
    close_s: float = 2
    """How long a closed client may take to hang up before the connection is cut."""
    authorize_s: float = 10
    post_bytes: int = 256 * 1024
    """Stream transport: the largest body of one POST of frames."""
    beat_s: float = 15
    """Stream transport: how often a quiet response carries a comment."""
    detached_s: float = 15
    """Stream transport: how long a link outlives its response."""


class Handshake(Struct, kw_only=True):
    """The request that opened a connection. Header names are lower case, repeated ones are joined.

    `who` is whatever `authorize` learnt of the client, for `connect` to use.
    """

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    cookies: dict[str, str]
    peer: str
    transport: Transport
    who: Any = None


class Refusal(Struct, frozen=True):
    """An answer instead of a connection: an HTTP status (≥ 400) and a stable code, sent as problem+json."""

    status: int
    code: str

    def body(self) -> bytes:
        return json.encode({"status": self.status, "code": self.code})


class Link(Protocol):
    """One client connection. Every call is made from the loop's own thread."""

    id: str
    handshake: Handshake

    def send(self, data: bytes) -> None:
        """Queue one JSON text frame. Never blocks, never raises; silent once closed."""

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye with a close code. Idempotent; the session's on_close follows on a later tick."""

    @property
    def backlog(self) -> int:
        """Bytes accepted by send() and not yet handed to the kernel."""


class Session(Protocol):
    """The endpoint's side of one connection."""

    def on_frame(self, data: bytes) -> None:
        """One whole text frame in valid UTF-8. In order, never concurrently, never on a closed link."""

    def on_close(self) -> None:
        """The connection is over, whoever ended it. Called exactly once."""


class Endpoint(Protocol):
    """A path where clients connect."""

    @property
    def path(self) -> str: ...

    async def authorize(self, handshake: Handshake) -> Refusal | None:
        """Refuse before the connection exists. May wait; what the client sends meanwhile is kept."""

    def connect(self, link: Link) -> Session: ...


class Roster:
    """Every open link of one server: the periodic look at each, and the farewell to all."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.frame_cost = 1 / limits.frames_per_s
        # Half a frame of slack: the burst is a sum of floats and must not fail on its last digit.
        self.frame_credit = (limits.frames_burst + 0.5) * self.frame_cost
        self.closing = False
        self.open: Counter[tuple[str, Transport]] = Counter()
        """Open links by path and transport."""
        self.frames_in = 0
        self.frames_out = 0
        self._links: set[LinkBase] = set()
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._links)

    def add(self, link: "LinkBase") -> None:
        self._links.add(link)
        self.open[link.handshake.path, link.handshake.transport] += 1
        if self._timer is None:
            self._arm()

    def discard(self, link: "LinkBase") -> None:
        if link in self._links:
            self._links.discard(link)
            self.open[link.handshake.path, link.handshake.transport] -= 1

    async def farewell(self, code: int, seconds: float) -> None:
        """Close every link, and every later one as soon as it connects: a thousand a second, or all within
        `seconds`, so that they do not all knock elsewhere at once. Streams go first, for their POSTs need
        connections that are accepted no more."""
        self.closing = True
        links = sorted(self._links, key=lambda link: link.handshake.transport != "stream")
        step = max(
            _FAREWELL_STEP, math.ceil(len(links) * _FAREWELL_PAUSE_S / seconds) if seconds else len(links)
        )
        for start in range(0, len(links), step):
            if start:
                await asyncio.sleep(_FAREWELL_PAUSE_S)
            for link in links[start : start + step]:
                link.close(code)

    def _arm(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self.limits.ping_s / 4, self._look)

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        for link in list(self._links):
            link.look(now)
        if self._links:
            self._arm()


class LinkBase:
    """What the three kinds of link share: the session's life and the limit on frames per second."""

    def __init__(self, endpoint: Endpoint, handshake: Handshake, roster: Roster) -> None:
        self.id = secrets.token_urlsafe(24)
        self.handshake = handshake
        self.limits = roster.limits
        self.closed = False
        self._endpoint = endpoint
        self._roster = roster
        self._loop = asyncio.get_running_loop()
        self._session: Session | None = None
        self._ended = False
        self._heard = self._loop.time()
        self._due = 0.0
        self._flooded = False

    def close(self, code: int, reason: str = "") -> None:
        raise NotImplementedError

    def look(self, now: float) -> None:
        """Called every few seconds with the loop's time: ping, or give up on a silent peer."""

    def begin(self) -> None:
        self._roster.add(self)
        try:
            self._session = self._endpoint.connect(self)  # type: ignore[arg-type]  # each subclass has send()
        except Exception:
            log.exception("sockets.connect_failed", path=self.handshake.path, link=self.id)
            self.close(Close.FAULT)
            return
        if self._roster.closing:
            self.close(Close.RESTART)

    def allow(self) -> bool:
        """Spend one frame of the client's allowance. A client without any is heard no more and closed a
        moment later: the answers it is owed go out first, so that it gets further with every try."""
        if self._flooded:
            return False
        now = self._loop.time()
        due = (self._due if self._due > now else now) + self._roster.frame_cost
        if due - now > self._roster.frame_credit:
            self._flooded = True
            self._loop.call_later(self.limits.flood_s, self.close, Close.FLOOD)
            return False
        self._due = due
        return True

    def take(self, data: bytes) -> None:
        """Hand one checked frame to the session."""
        if self.closed or self._session is None:
            return
        self._roster.frames_in += 1
        try:
            self._session.on_frame(data)
        except Exception:
            log.exception("sockets.frame_failed", path=self.handshake.path, link=self.id)
            self.close(Close.FAULT)

    def end(self) -> None:
        """Tell the session once that the connection is over."""
        if self._ended:
            return
        self._ended = self.closed = True
        self._roster.discard(self)
        session, self._session = self._session, None
        if session is None:
            return
        try:
            session.on_close()
        except Exception:
            log.exception("sockets.close_failed", path=self.handshake.path, link=self.id)


def is_text(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_handshake(
    path: str,
    query: bytes,
    headers: Iterable[tuple[bytes, bytes]],
    *,
    address: str,
    peer: PeerOf,
    transport: Transport,
) -> Handshake:
    """Build a Handshake from raw parts; `path` is percent-decoded, `headers` have lower-case names."""
    read: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        joint = "; " if name == "cookie" else ", "
        read[name] = f"{read[name]}{joint}{value}" if name in read else value
    return Handshake(
        path=path,
        query=dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True)),
        headers=read,
        cookies=_cookies(read.get("cookie", "")),
        peer=peer(address, read),
        transport=transport,
    )


def lighten(handshake: Handshake, *kept: str) -> None:
    """Let go of the cookies, the query and all headers but `kept`, where nobody will ask for them again: of
    thousands of idle connections each holds its own."""
    headers = handshake.headers
    handshake.headers = {name: sys.intern(headers[name]) for name in kept if name in headers}
    handshake.cookies, handshake.query = {}, {}


def _cookies(header: str) -> dict[str, str]:
    cookies: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            cookies.setdefault(name, unquote(value.strip('"')))
    return cookies


def abort_of(scope: Any) -> Callable[[], None]:
    """The cut of the connection under an ASGI scope, which the protocols of `server` put there."""
    abort: Callable[[], None] = scope.get("extensions", {}).get(ABORT, _cannot_abort)
    return abort


def _cannot_abort() -> None:
    return None


async def admit(endpoint: Endpoint, handshake: Handshake, limits: Limits) -> Refusal | None:
    """Ask the endpoint; a slow or broken answer is a refusal too."""
    try:
        async with asyncio.timeout(limits.authorize_s):
            return await endpoint.authorize(handshake)
    except TimeoutError:
        return Refusal(503, "kit.busy")
    except Exception:
        log.exception("sockets.authorize_failed", path=handshake.path)
        return Refusal(500, "kit.fault")
