"""HTTP to addresses other people name: never into our own network.

Every connection, redirects included, resolves the name itself, refuses addresses that are not public, and
connects to the very address it has checked; TLS still proves the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpcore2
import httpx2
from msgspec import Struct

FETCH_BYTES = 20 * 1024 * 1024
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
    """A body on its way: `chunks` raises FetchFailed where it is too long or breaks off."""

    media_type: str
    chunks: AsyncIterator[bytes]


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
    def __init__(self, allow_private_hosts: bool) -> None:
        self._allow_all = allow_private_hosts
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        address = host if self._allow_all else await _public_address(host, port, timeout or SECONDS)
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


async def _public_address(host: str, port: int, seconds: float) -> str:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as fault:
        raise httpcore2.ConnectError("name not found") from fault
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among several is reason enough: which one is taken would be chance.
    if not addresses or not all(is_public(address) for address in addresses):
        raise NotAllowed("not a public address")
    return addresses[0]


class _GuardedTransport(httpx2.AsyncHTTPTransport):
    def __init__(self, allow_private_hosts: bool) -> None:
        tls = httpx2.create_ssl_context()
        super().__init__(verify=tls, trust_env=False)
        # httpx2 has no parameter for the backend; a test fails should this stop taking effect.
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=15,
            network_backend=_Guard(allow_private_hosts),
        )


def guarded_client(*, allow_private_hosts: bool = False) -> httpx2.AsyncClient:
    """A client that reaches public addresses only. It follows no redirect unless a call asks for it.

    `allow_private_hosts` is for tests, whose platforms live on this machine.
    """
    return httpx2.AsyncClient(
        transport=_GuardedTransport(allow_private_hosts),
        timeout=SECONDS,
        trust_env=False,
        max_redirects=_REDIRECTS,
        headers={"user-agent": "Kezhan", "accept-encoding": "identity"},
    )


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
            yield Fetched(media_type, _counted(response, max_bytes))
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
