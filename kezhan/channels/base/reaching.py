"""Why a platform was not reached, in a word people are told; what the machine says of it is kept beside."""

import asyncio
import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import msgspec
from websockets.exceptions import ConnectionClosed, WebSocketException

from kezhan.channels.base.able import Fault
from kezhan.channels.base.outgoing import Retry, Turned
from kezhan.kit.fetch import FETCH_BYTES, NotAllowed

_NO_ADDRESS = (NotAllowed, httpx2.TooManyRedirects, httpx2.UnsupportedProtocol, httpx2.InvalidURL)
_NOT_BEGUN = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN})
# The first that fits counts: the narrow ones stand before those they are kinds of.
_REASONS: tuple[tuple[tuple[type[BaseException], ...], Fault], ...] = (
    (_NO_ADDRESS, "bad_address"),
    ((ssl.SSLCertVerificationError,), "certificate"),
    ((socket.gaierror, UnicodeError), "no_such_host"),
    ((ConnectionRefusedError,), "refused"),
    ((TimeoutError, httpx2.TimeoutException), "timed_out"),
    ((ConnectionClosed, ConnectionError, EOFError, asyncio.IncompleteReadError), "broken_off"),
    ((httpx2.RemoteProtocolError, WebSocketException, ssl.SSLError, msgspec.MsgspecError), "not_understood"),
    ((httpx2.ReadError, httpx2.WriteError, httpx2.CloseError), "broken_off"),
    ((httpx2.TransportError, OSError), "unreachable"),
)
# The client calls an answer that never began a breach of the protocol, as it calls one it cannot read.
_GONE = "Server disconnected"
_DETAIL = 300


@contextmanager
def reaching(*, sure: bool = False) -> Iterator[None]:
    """Around a call to the platform. Raises Turned for an address that cannot be called or lies in a network
    that may not be, Retry where no answer comes; `sure` as in Retry, and true where no connection began."""
    try:
        yield
    except _NO_ADDRESS as fault:
        raise Turned(detail(fault), fault="bad_address") from fault
    except (httpx2.TransportError, TimeoutError) as fault:
        sure = sure or isinstance(fault, _NOT_BEGUN)
        raise Retry(detail(fault), fault=reason(fault), sure=sure) from fault


async def whole(response: httpx2.Response, most: int = FETCH_BYTES) -> bytes:
    """The body of a file on its way. Raises Turned where it is longer than `most` bytes."""
    data = bytearray()
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) > most:
            raise Turned("too large", fault="media_error")
    return bytes(data)


def reason(fault: BaseException) -> Fault:
    """What it means that this was raised on the way to a platform; what has nothing to do with the way is a
    fault of ours."""
    chain = _chain(fault)
    if any(isinstance(one, OSError) and one.errno in _NO_WAY for one in chain):
        return "unreachable"
    if any(isinstance(one, httpx2.RemoteProtocolError) and str(one).startswith(_GONE) for one in chain):
        return "broken_off"
    return next(
        (word for kinds, word in _REASONS if any(isinstance(one, kinds) for one in chain)), "internal"
    )


def detail(fault: BaseException) -> str:
    """What the machine says of it, the innermost first; "" where it says nothing, and of a fault of ours,
    which may tell what nobody is to read."""
    if reason(fault) == "internal":
        return ""
    return next((str(one)[:_DETAIL] for one in reversed(_chain(fault)) if str(one)), "")


def _chain(fault: BaseException) -> list[BaseException]:
    """The fault, then what it came of; of several at once the last."""
    chain: list[BaseException] = []
    cause: BaseException | None = fault
    while cause is not None and cause not in chain:
        chain.append(cause)
        if isinstance(cause, BaseExceptionGroup):
            cause = cause.exceptions[-1]
        else:
            cause = cause.__cause__ or cause.__context__
    return chain
