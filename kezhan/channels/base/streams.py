"""A WebSocket to a platform, which goes the way of every other call: never into our own network."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from kezhan.channels.base.channel import Line
from kezhan.channels.base.outgoing import Turned
from kezhan.channels.base.reaching import detail
from kezhan.kit.fetch import NotAllowed, dial

_PORTS = {"ws": 80, "wss": 443}


@asynccontextmanager
async def streaming(
    line: Line, url: str, *, max_size: int, ping_interval: float | None
) -> AsyncIterator[ClientConnection]:
    """A connection to `url` for as long as the block lasts; it follows no redirect. Raises Turned for an
    address that cannot be called or lies in a network that may not be, and what sockets and websockets raise.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    except (KeyError, ValueError) as fault:
        raise Turned("no address of a stream", fault="bad_address") from fault
    try:
        sock = await dial(line.http, host, port)
    except NotAllowed as fault:
        raise Turned(detail(fault), fault="bad_address") from fault
    try:
        async with connect(
            url, sock=sock, max_size=max_size, proxy=None, ping_interval=ping_interval
        ) as stream:
            yield stream
    finally:
        sock.close()
