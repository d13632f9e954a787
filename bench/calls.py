"""The load program for HTTP: callers who ask again as soon as they are answered, over lines kept open.

Speaks as `bench.play` reads. Marks: start, stop.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import cast

import msgspec
import uvloop

from bench.load import percentiles, tell
from kezhan.channels.adapters.open.signature import signature

WARM_SECONDS = 0.5
ANSWER_SECONDS = 30.0
_TEXT = "您好，请问这款春茶现在有货吗？多久能发货，运费怎么算？"
_PEOPLE = 500


class PagesPlan(msgspec.Struct, frozen=True, kw_only=True, tag="pages"):
    """`requests` are asked in turn by so many `callers`; each is the path with its query."""

    port: int
    cookie: str
    requests: list[str]
    callers: int
    seconds: float


class HooksPlan(msgspec.Struct, frozen=True, kw_only=True, tag="hooks"):
    """Signed calls to `path`, each with an event of its own; `name` keeps the events of two runs apart."""

    port: int
    path: str
    secret: str
    name: str
    callers: int
    seconds: float


class CallsResult(msgspec.Struct, frozen=True, kw_only=True):
    """`answered` is everything from the first call to the last; the rest is of the `seconds` between the
    marks: `measured` calls, `octets` of answers' bodies, latencies p50 and p99 in ms. `errors`: not 2xx."""

    answered: int
    measured: int
    seconds: float
    latency: tuple[float, float]
    octets: int
    errors: int


class Caller(asyncio.Protocol):
    """One HTTP/1.1 line, one call at a time. Answers must state their length."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._data = b""
        self._answer: asyncio.Future[tuple[int, int]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is none by inheritance

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    def data_received(self, data: bytes) -> None:
        self._data += data
        head, end, body = self._data.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        _, _, length = head.lower().partition(b"content-length:")
        if len(body) >= int(length.split(b"\r\n", 1)[0] or 0):
            self._data = b""
            self._answer.set_result((int(head.split(b" ", 2)[1]), len(body)))

    async def call(self, request: bytes) -> tuple[int, int]:
        """Status and the length of the body."""
        if self._transport is None:
            raise ConnectionError("not connected")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await self._answer

    def hang_up(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Book:
    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.answered = self.errors = self.octets = 0
        self.measuring, self.going = False, True

    async def ask(self, caller: Caller, make: Callable[[], bytes]) -> None:
        """Until `going` ends."""
        while self.going:
            request, begun = make(), time.perf_counter()
            status, octets = await caller.call(request)
            took = time.perf_counter() - begun
            self.answered += 1
            if not 200 <= status < 300:
                self.errors += 1
                if self.errors == 1:
                    tell(f"answered {status} to {request[:120]!r}")
            if self.measuring:
                self.latencies.append(took)
                self.octets += octets


def _pages(plan: PagesPlan) -> Callable[[], bytes]:
    cookie = f"cookie: {plan.cookie}\r\n" if plan.cookie else ""
    ready = [f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{cookie}\r\n".encode() for path in plan.requests]
    turn: Iterator[bytes] = itertools.cycle(ready)
    return lambda: next(turn)


def _hooks(plan: HooksPlan) -> Callable[[], bytes]:
    numbers = itertools.count()

    def make() -> bytes:
        number = next(numbers)
        at = datetime.now(UTC)
        body = msgspec.json.encode(
            {
                "event_id": f"{plan.name}-{number}",
                "type": "message",
                "customer": {"id": f"buyer-{number % _PEOPLE}", "name": "陈平"},
                "message": {"kind": "text", "text": f"{_TEXT} {number}"},
                "sent_at": at.isoformat(timespec="seconds").replace("+00:00", "Z"),
            }
        )
        head = (
            f"POST {plan.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"x-kezhan-signature: {signature(plan.secret, body, at)}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    return make


async def play(plan: PagesPlan | HooksPlan) -> CallsResult:
    book, loop = Book(), asyncio.get_running_loop()
    make = _pages(plan) if isinstance(plan, PagesPlan) else _hooks(plan)
    callers = []
    for _ in range(plan.callers):
        _, caller = await loop.create_connection(Caller, "127.0.0.1", plan.port)
        callers.append(caller)
    asking = asyncio.gather(*(book.ask(caller, make) for caller in callers))
    await _either(asking, WARM_SECONDS)
    book.measuring, begun = True, time.perf_counter()
    tell("start")
    await _either(asking, plan.seconds)
    tell("stop")
    book.measuring, book.going, seconds = False, False, time.perf_counter() - begun
    await asking
    for caller in callers:
        caller.hang_up()
    return CallsResult(
        answered=book.answered, measured=len(book.latencies), seconds=seconds,
        latency=percentiles(book.latencies), octets=book.octets, errors=book.errors,
    )  # fmt: skip


async def _either(asking: "asyncio.Future[list[None]]", seconds: float) -> None:
    """So many seconds, or the fault that ends the asking before."""
    done, _ = await asyncio.wait([asking], timeout=seconds)
    for one in done:
        one.result()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(play(msgspec.json.decode(sys.stdin.buffer.read(), type=PagesPlan | HooksPlan)))
    tell(msgspec.json.encode(outcome).decode())
