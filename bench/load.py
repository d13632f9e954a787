"""The load program: visitors and agents of either server, in a process of its own.

Reads a Plan as JSON on its standard input; says `ready`, `start` and `stop` as it goes, so that the caller
can read the process accounts at these moments; its last line is a Result.
"""

import asyncio
import re
import secrets
import sys
import time
from collections import deque

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

WARM_SECONDS = 1.0
DRAIN_SECONDS = 20.0
_CONNECTING = 50
_TICK = 0.002
_TEXT = "您好，请问这款春茶现在有货吗？多久能发货，运费怎么算？"
_NAMES = re.compile(rb'"client_id":"([^"]+)"')


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Where to connect, the cookie if there is one, and the frames to send first."""

    url: str
    cookie: str = ""
    hello: list[str]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """`rate` 0: each visitor sends the next message when the last is acknowledged; else so many messages a
    second from all together, times `burst` in the middle third."""

    visitors: list[Party]
    agents: list[Party]
    rate: float
    seconds: float
    burst: float = 1.0


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """`latencies` are visitor's send → agent's receipt, `acks` visitor's send → acknowledgement: ms, p50 and
    p99. `measured` messages were acknowledged between `start` and `stop`, `seconds` apart."""

    sent: int
    acknowledged: int
    delivered: int
    repeated: int
    measured: int
    seconds: float
    latency: tuple[float, float]
    ack: tuple[float, float]


def tell(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


def percentiles(values: list[float]) -> tuple[float, float]:
    """p50 and p99 in ms of seconds."""
    if not values:
        return 0.0, 0.0
    ordered = sorted(values)
    return ordered[len(ordered) // 2] * 1000, ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1000


class Book:
    """What was sent and has come back."""

    def __init__(self) -> None:
        # Names of an earlier run by the same people would be repeats, known and not stored again.
        self.run = secrets.token_hex(4).encode()
        self.sent: dict[bytes, float] = {}
        self.awaited: dict[bytes, float] = {}
        self.acks: list[float] = []
        self.latencies: list[float] = []
        self.acknowledged = self.delivered = self.repeated = 0
        self.measuring = False


class Visitor(WSListener):
    transport: WSTransport

    def __init__(self, number: int, party: Party, book: Book, closed_loop: bool) -> None:
        self._number, self._party, self._book = number, party, book
        self._loop = closed_loop
        self._next = 0
        self.ready = asyncio.get_running_loop().create_future()
        self.going = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        for frame in self._party.hello:
            transport.send(WSMsgType.TEXT, frame.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if data.startswith(b'{"type":"ack"'):
            self._acknowledged(data)
        elif data.startswith(b'{"type":"ready"') and not self.ready.done():
            self.ready.set_result(None)
        elif data.startswith(b'{"type":"refused"'):
            tell("refused " + data.decode())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self.going:
            tell("visitor's line broke")

    def send(self) -> None:
        name = b"%b-%d-%d" % (self._book.run, self._number, self._next)
        self._next += 1
        frame = b'{"type":"send","client_id":"%b","body":"%b %d"}' % (name, _TEXT.encode(), self._next)
        self._book.sent[name] = self._book.awaited[name] = time.perf_counter()
        self.transport.send(WSMsgType.TEXT, frame)

    def _acknowledged(self, data: bytes) -> None:
        book, now = self._book, time.perf_counter()
        name = _NAMES.search(data)
        at = book.awaited.pop(name[1], None) if name else None
        if at is None:
            return
        book.acknowledged += 1
        if book.measuring:
            book.acks.append(now - at)
        if self._loop and self.going:
            self.send()


class Agent(WSListener):
    transport: WSTransport

    def __init__(self, party: Party, book: Book) -> None:
        self._party, self._book = party, book
        self.ready = asyncio.get_running_loop().create_future()
        self._wanted = sum('"watch"' in frame for frame in party.hello) or 1

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        # Paced below the server's limit on frames per second.
        self._hello = asyncio.create_task(self._greet())

    async def _greet(self) -> None:
        for number, frame in enumerate(self._party.hello):
            self.transport.send(WSMsgType.TEXT, frame.encode())
            if number % 20 == 19:
                await asyncio.sleep(0.5)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        # A conversation of the round before has more to tell than a resume brings: `resync` answers then.
        if data.startswith((b'{"type":"changed"', b'{"type":"ready"', b'{"type":"resync"')):
            if not self.ready.done():
                self._wanted -= 1
                if self._wanted <= 0:
                    self.ready.set_result(None)
            self._take(data)

    def _take(self, data: bytes) -> None:
        book, now = self._book, time.perf_counter()
        for name in _NAMES.findall(data):
            at = book.sent.get(name)
            if at is None:
                continue
            if at < 0:
                book.repeated += 1
                continue
            book.sent[name] = -1.0
            book.delivered += 1
            if book.measuring:
                book.latencies.append(now - at)


async def _connect(listeners: list[Visitor | Agent], parties: list[Party]) -> None:
    waiting = deque(zip(listeners, parties, strict=True))

    async def some() -> None:
        while waiting:
            listener, party = waiting.popleft()
            headers = {"Cookie": party.cookie} if party.cookie else None
            await ws_connect(lambda one=listener: one, party.url, extra_headers=headers)

    await asyncio.gather(*(some() for _ in range(_CONNECTING)))
    async with asyncio.timeout(60):
        await asyncio.gather(*(listener.ready for listener in listeners))


async def _pace(visitors: list[Visitor], plan: Plan) -> None:
    """Send `plan.rate` a second, evenly, visitor after visitor, until cancelled."""
    begun = last = time.perf_counter()
    due, turn = 0.0, 0
    while True:
        await asyncio.sleep(_TICK)
        now = time.perf_counter()
        gone = (now - begun - WARM_SECONDS) / plan.seconds
        due += (now - last) * plan.rate * (plan.burst if 1 / 3 <= gone < 2 / 3 else 1)
        last = now
        while due >= 1:
            visitors[turn % len(visitors)].send()
            due, turn = due - 1, turn + 1


async def play(plan: Plan) -> Result:
    book = Book()
    visitors = [Visitor(n, party, book, not plan.rate) for n, party in enumerate(plan.visitors)]
    agents = [Agent(party, book) for party in plan.agents]
    await _connect([*agents], plan.agents)
    await _connect([*visitors], plan.visitors)
    tell("ready")
    pacer = asyncio.create_task(_pace(visitors, plan)) if plan.rate else None
    for visitor in visitors:
        visitor.going = True
        if pacer is None:
            visitor.send()
    await asyncio.sleep(WARM_SECONDS)
    book.measuring, before, begun = True, book.acknowledged, time.perf_counter()
    tell("start")
    await asyncio.sleep(plan.seconds)
    tell("stop")
    measured, seconds = book.acknowledged - before, time.perf_counter() - begun
    book.measuring = False
    if pacer is not None:
        pacer.cancel()
    for visitor in visitors:
        visitor.going = False
    await _drain(book)
    everybody: list[Visitor | Agent] = [*visitors, *agents]
    for one in everybody:
        one.transport.disconnect(False)
    return Result(
        sent=len(book.sent), acknowledged=book.acknowledged, delivered=book.delivered, repeated=book.repeated,
        measured=measured, seconds=seconds, latency=percentiles(book.latencies), ack=percentiles(book.acks),
    )  # fmt: skip


async def _drain(book: Book) -> None:
    """Until everything sent has been acknowledged and delivered, or nothing more comes."""
    deadline = time.perf_counter() + DRAIN_SECONDS
    while time.perf_counter() < deadline:
        if not book.awaited and book.delivered == len(book.sent):
            break
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.2)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(play(msgspec.json.decode(sys.stdin.buffer.read(), type=Plan)))
    tell(msgspec.json.encode(outcome).decode())
