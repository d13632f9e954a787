"""HTTP, and whatever else is spoken, to addresses other people name: never into our own network.

Every connection, redirects included, resolves the name itself, refuses addresses that are not public, and
connects to the very address it has checked; TLS still proves the name.
"""

import asyncio
import functools
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from msgspec import Struct

FETCH_BYTES = 20 * 1024 * 1024
ANSWER_BYTES = 32 * 1024 * 1024
"""The longest answer there is, for those too who read it as a whole."""
PACKED_BYTES = 64 * 1024
"""The same of one that is packed in spite of what we ask for: it may unfold to a thousand times as much."""
SECONDS = 10
_REDIRECTS = 5
_PIECE = 64 * 1024

# Public by number, yet answered by the machine's own cloud; and prefixes that carry an IPv4 address inside.
_CLOSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "100.64.0.0/10",
        "2001::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_OPEN_V6 = ipaddress.ip_network("2000::/3")  # all that is given out; the rest translates, maps or is unused


class NotAllowed(httpx2.ConnectError):
    """The address leads into a network that is none of a stranger's business."""


class FetchFailed(Exception):
    """Nothing was fetched. `final`: trying again would not help."""

    def __init__(self, why: str, *, final: bool) -> None:
        super().__init__(why)
        self.why = why
        self.final = final


class Fetched(Struct, frozen=True):
    """A body on its way: `chunks` raises FetchFailed where it is too long or breaks off. `address`: where it
    was found in the end; `charset` as the server tells it, else empty."""

    media_type: str
    chunks: AsyncIterator[bytes]
    address: str = ""
    charset: str = ""


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(str(mapped))
    if any(ip.version == network.version and ip in network for network in _CLOSED):
        return False
    if ip.version == 6 and ip not in _OPEN_V6:
        return False
    return ip.is_global and not ip.is_multicast


def web_address(text: str, *, https_only: bool = False) -> bool:
    """Whether `text` can be called at all: http or https, a host, no password, ≤ 2,000 characters."""
    try:
        parts = urlsplit(text)
        schemes = {"https"} if https_only else {"http", "https"}
        named = bool(parts.hostname) and parts.username is None and parts.password is None
        return len(text) <= 2000 and parts.scheme in schemes and named and (parts.port or 1) > 0
    except ValueError:
        return False


class _Guard(httpcore2.AsyncNetworkBackend):
    def __init__(self, inside: Sequence[str]) -> None:
        self._inside = inside
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = await _address(host, port, timeout or SECONDS, self._inside)
        return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        raise httpcore2.ConnectError("no sockets of this machine")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def _address(host: str, port: int, seconds: float, inside: Sequence[str]) -> str:
    """Where to connect to: what stands for `host` on the open internet, or in a network of `inside`."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as fault:
        raise httpcore2.ConnectError("name not found") from fault
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among several is reason enough: which one is taken would be chance.
    if not addresses or not all(is_public(one) or _within(one, inside) for one in addresses):
        raise NotAllowed("not a public address")
    return addresses[0]


def _within(address: str, networks: Sequence[str]) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return any(ip in ipaddress.ip_network(network, strict=False) for network in networks)


class _Bounded(httpx2.AsyncByteStream):
    """A body that breaks off where it is longer than anything we wait for."""

    def __init__(self, inner: httpx2.AsyncByteStream, most: int) -> None:
        self._inner = inner
        self._most = most

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for chunk in self._inner:
            size += len(chunk)
            if size > self._most:
                raise httpx2.ReadError("the answer is too long")
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()


@functools.cache
def _tls() -> ssl.SSLContext:
    """One for all clients of a process: reading the authorities takes longer than making all the rest."""
    return httpx2.create_ssl_context()


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, inside: Sequence[str]) -> None:
        self.inside = inside
        tls = _tls()
        super().__init__(verify=tls, trust_env=False)
        # httpx2 has no parameter for the backend; a test fails should this stop taking effect.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15,
            network_backend=_Guard(inside),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        packed = response.headers.get("content-encoding", "identity").strip().lower() not in {"", "identity"}
        if isinstance(response.stream, httpx2.AsyncByteStream):
            response.stream = _Bounded(response.stream, PACKED_BYTES if packed else ANSWER_BYTES)
        return response


_ALL = ("0.0.0.0/0", "::/0")


def guarded_client(*, allow_private_hosts: bool = False, inside: Sequence[str] = ()) -> httpx2.AsyncClient:
    """A client that reaches public addresses, and those of the networks `inside` that the installation's
    owner has named. It follows no redirect unless a call asks for it.

    `allow_private_hosts` is for tests, whose platforms live on this machine.
    """
    return httpx2.AsyncClient(
        transport=_GuardedTransport(_ALL if allow_private_hosts else tuple(inside)),
        timeout=SECONDS,
        trust_env=False,
        max_redirects=_REDIRECTS,
        headers={"user-agent": "Kezhan", "accept-encoding": "identity"},
    )


async def dial(http: httpx2.AsyncClient, host: str, port: int, *, seconds: float = SECONDS) -> socket.socket:
    """A TCP connection to where a guarded client would go, for what does not speak HTTP. Raises NotAllowed,
    and OSError where nobody is there."""
    inside = http._transport.inside if isinstance(http._transport, _GuardedTransport) else ()
    loop = asyncio.get_running_loop()
    try:
        address = await _address(host, port, seconds, inside)
    except httpcore2.ConnectError as fault:
        raise OSError(str(fault)) from fault
    async with asyncio.timeout(seconds):
        found = await loop.getaddrinfo(address, port, type=socket.SOCK_STREAM)
        for family, kind, protocol, _, place in found[:-1]:
            with suppress(OSError):
                return await _connected(socket.socket(family, kind, protocol), place)
        family, kind, protocol, _, place = found[-1]
        return await _connected(socket.socket(family, kind, protocol), place)


async def _connected(sock: socket.socket, place: Any) -> socket.socket:
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, place)
    except BaseException:
        sock.close()
        raise
    return sock


@asynccontextmanager
async def fetching(
    http: httpx2.AsyncClient, url: str, *, max_bytes: int = FETCH_BYTES, seconds: float = SECONDS
) -> AsyncIterator[Fetched]:
    """GET `url` through a guarded client, up to five redirects, all within `seconds`. Raises FetchFailed."""
    if not web_address(url):
        raise FetchFailed("not a web address", final=True)
    try:
        async with (
            asyncio.timeout(seconds),
            http.stream("GET", url, follow_redirects=True) as response,
        ):
            _check(response, max_bytes)
            media_type = response.headers.get("content-type", "").partition(";")[0].strip()
            charset = response.charset_encoding or ""
            yield Fetched(media_type, _counted(response, max_bytes), str(response.url), charset)
    except (NotAllowed, httpx2.TooManyRedirects, httpx2.UnsupportedProtocol, httpx2.InvalidURL) as fault:
        raise FetchFailed(type(fault).__name__, final=True) from fault
    except (httpx2.TransportError, TimeoutError) as fault:
        raise FetchFailed(type(fault).__name__, final=False) from fault


def _check(response: httpx2.Response, max_bytes: int) -> None:
    if response.status_code != 200:
        passing = response.status_code >= 500 or response.status_code in {408, 429}
        raise FetchFailed(f"HTTP {response.status_code}", final=not passing)
    # A packed body could unfold to any size.
    if response.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed("packed body", final=True)
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:19]) > max_bytes:
        raise FetchFailed("too large", final=True)


async def _counted(response: httpx2.Response, max_bytes: int) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in response.aiter_raw(_PIECE):
        size += len(chunk)
        if size > max_bytes:
            raise FetchFailed("too large", final=True)
        yield chunk
