"""The load program for many sockets: idle ones, many who watch, a crowd that is cut off and comes back.

Speaks as `bench.play` reads; the plan says which of the three it is.
"""

import asyncio
import random
import secrets
import sys
import time
from collections import deque

import msgspec
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load import Party, percentiles, tell

WARM_LINES = 100
SETTLE_SECONDS = 1.0
READY_SECONDS = 8.0
GIVE_UP_SECONDS = 40.0
_CONNECTING = 50
_TEXT = "您好，请问这款春茶现在有货吗？多久能发货，运费怎么算？"


class IdlePlan(msgspec.Struct, frozen=True, kw_only=True, tag="idle"):
    """Connect everybody, then keep still for `seconds`. Marks: start (a hundred are in), joined, stop."""

    parties: list[Party]
    seconds: float


class IdleResult(msgspec.Struct, frozen=True, kw_only=True):
    lines: int
    joined_seconds: float
    broken: int


class FanPlan(msgspec.Struct, frozen=True, kw_only=True, tag="fan"):
    """`sender` says the next thing when everybody in `watchers` has the last one. Marks: start, stop."""

    sender: Party
    watchers: list[Party]
    seconds: float


class FanResult(msgspec.Struct, frozen=True, kw_only=True):
    """Between the marks, `seconds` apart; latencies (ms) of deliveries and of the last of each message."""

    messages: int
    deliveries: int
    repeated: int
    seconds: float
    latency: tuple[float, float]
    last: tuple[float, float]
    broken: int


class StormPlan(msgspec.Struct, frozen=True, kw_only=True, tag="storm"):
    """Connect everybody, cut all lines at once, come back. Marks: start (the cut), stop (all settled).

    `again` are the parties as they come back, each at its place in `parties`.
    """

    parties: list[Party]
    again: list[Party]


class StormResult(msgspec.Struct, frozen=True, kw_only=True):
    """`settled` is from the cut until the server has said `ready`: p50, p99 and the last, ms. `retries` are
    attempts that failed and were made again by themselves, `errors` people who were refused or gave up."""

    lines: int
    settled: tuple[float, float, float]
    retries: int
    errors: int


class Line(WSListener):
    """One socket, ready when its hello has been answered."""

    def __init__(self, party: Party) -> None:
        self._party = party
        self.transport: WSTransport | None = None
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.refused = 0
        self.broken = False
        # A watch is answered by what was missed or, where that is too much, by `resync`.
        watching = '"watch"' in "".join(party.hello)
        self._awaited = (b'{"type":"changed"', b'{"type":"resync"') if watching else (b'{"type":"ready"',)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        for frame in self._party.hello:
            transport.send(WSMsgType.TEXT, frame.encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        data = frame.get_payload_as_bytes()
        if data.startswith(b'{"type":"refused"'):
            self.refused += 1
            tell("refused " + data.decode())
        elif data.startswith(self._awaited) and not self.ready.done():
            self.ready.set_result(None)
        else:
            self.take(data)

    def take(self, data: bytes) -> None:
        """What comes once the line is ready."""

    def send(self, frame: bytes) -> None:
        if self.transport is not None:
            self.transport.send(WSMsgType.TEXT, frame)

    def hang_up(self) -> None:
        """Without a goodbye, as a cut does it."""
        if self.transport is not None:
            self.transport.disconnect(False)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.broken = True
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the line was closed before it was ready"))


async def connect(line: Line, party: Party) -> None:
    """Until it is ready. Raises OSError or TimeoutError."""
    headers = {"Cookie": party.cookie} if party.cookie else None
    async with asyncio.timeout(READY_SECONDS):
        await ws_connect(lambda: line, party.url, extra_headers=headers)
        await line.ready


async def connect_all(lines: list[Line], parties: list[Party]) -> None:
    waiting = deque(zip(lines, parties, strict=True))

    async def some() -> None:
        while waiting:
            await connect(*waiting.popleft())

    await asyncio.gather(*(some() for _ in range(_CONNECTING)))


def _hang_up(lines: list[Line]) -> None:
    for line in lines:
        line.hang_up()


async def idle(plan: IdlePlan) -> IdleResult:
    lines = [Line(party) for party in plan.parties]
    await connect_all(lines[:WARM_LINES], plan.parties[:WARM_LINES])
    await asyncio.sleep(SETTLE_SECONDS)
    tell("start")
    # The mark is read before the next line comes in.
    await asyncio.sleep(SETTLE_SECONDS)
    begun = time.perf_counter()
    await connect_all(lines[WARM_LINES:], plan.parties[WARM_LINES:])
    joined = time.perf_counter() - begun
    await asyncio.sleep(SETTLE_SECONDS)
    tell("joined")
    await asyncio.sleep(plan.seconds)
    tell("stop")
    await asyncio.sleep(SETTLE_SECONDS)
    broken = sum(line.broken for line in lines)
    _hang_up(lines)
    return IdleResult(lines=len(lines) - WARM_LINES, joined_seconds=joined, broken=broken)


class Fan:
    """The message under way, and who has it."""

    def __init__(self, watchers: int) -> None:
        self.name = b""
        self.sent = 0.0
        self.missing = self.watchers = watchers
        self.arrived = asyncio.Event()
        self.each: list[float] = []
        self.lasts: list[float] = []
        self.repeated = 0


class Watcher(Line):
    def __init__(self, party: Party, fan: Fan) -> None:
        super().__init__(party)
        self._fan = fan
        self._has = b""

    def take(self, data: bytes) -> None:
        fan = self._fan
        if not data.startswith(b'{"type":"changed"') or fan.name not in data:
            return
        if self._has == fan.name:
            fan.repeated += 1
            return
        self._has = fan.name
        took = time.perf_counter() - fan.sent
        fan.each.append(took)
        fan.missing -= 1
        if not fan.missing:
            fan.lasts.append(took)
            fan.arrived.set()


async def fan_out(plan: FanPlan) -> FanResult:
    fan = Fan(len(plan.watchers))
    sender = Line(plan.sender)
    watchers: list[Line] = [Watcher(party, fan) for party in plan.watchers]
    await connect_all(watchers, plan.watchers)
    await connect(sender, plan.sender)
    await asyncio.sleep(SETTLE_SECONDS)
    # Names of an earlier run would be repeats, known and not stored again.
    run, number = secrets.token_hex(4).encode(), 0

    async def say_for(seconds: float) -> float:
        nonlocal number
        fan.each, fan.lasts = [], []
        begun = now = time.perf_counter()
        while now - begun < seconds:
            number += 1
            fan.name, fan.missing = b'"%b-%d"' % (run, number), fan.watchers
            fan.arrived.clear()
            frame = b'{"type":"send","client_id":%b,"body":"%b %d"}' % (fan.name, _TEXT.encode(), number)
            fan.sent = time.perf_counter()
            sender.send(frame)
            async with asyncio.timeout(READY_SECONDS):
                await fan.arrived.wait()
            now = time.perf_counter()
        return now - begun

    await say_for(SETTLE_SECONDS)
    tell("start")
    seconds = await say_for(plan.seconds)
    tell("stop")
    each, lasts = fan.each, fan.lasts
    broken = sum(line.broken for line in (sender, *watchers))
    _hang_up([sender, *watchers])
    return FanResult(
        messages=len(lasts), deliveries=len(each), repeated=fan.repeated, seconds=seconds,
        latency=percentiles(each), last=percentiles(lasts), broken=broken,
    )  # fmt: skip


async def storm(plan: StormPlan) -> StormResult:
    lines = [Line(party) for party in plan.parties]
    await connect_all(lines, plan.parties)
    await asyncio.sleep(SETTLE_SECONDS)
    tell("start")
    cut = time.perf_counter()
    _hang_up(lines)
    outcomes = await asyncio.gather(*(_come_back(party, cut) for party in plan.again))
    tell("stop")
    await asyncio.sleep(SETTLE_SECONDS)
    settled = [one.took for one in outcomes if one.took is not None]
    lost_again = sum(one.line is not None and one.line.broken for one in outcomes)
    _hang_up([one.line for one in outcomes if one.line is not None])
    return StormResult(
        lines=len(lines), settled=(*percentiles(settled), max(settled, default=0.0) * 1000),
        retries=sum(one.retries for one in outcomes),
        errors=sum(one.refused or one.took is None for one in outcomes) + lost_again,
    )  # fmt: skip


class _Outcome(msgspec.Struct):
    retries: int = 0
    refused: bool = False
    took: float | None = None
    line: Line | None = None


async def _come_back(party: Party, cut: float) -> _Outcome:
    """With the pauses of the house's own client: up to 2 s by chance, then 1 s, doubled each time, half of it
    by chance."""
    outcome = _Outcome()
    while time.perf_counter() - cut < GIVE_UP_SECONDS:
        chance, doubled = random.random(), min(30.0, 0.5 * 2**outcome.retries)  # noqa: S311
        await asyncio.sleep(doubled * (0.5 + chance / 2) if outcome.retries else 2 * chance)
        line = Line(party)
        try:
            await connect(line, party)
        except (OSError, TimeoutError, EOFError) as fault:
            line.hang_up()
            outcome.retries += 1
            outcome.refused = outcome.refused or line.refused > 0
            if outcome.retries == 1:
                tell(f"came back in vain: {fault!r}")
            continue
        outcome.took, outcome.line = time.perf_counter() - cut, line
        return outcome
    return outcome


async def main(plan: IdlePlan | FanPlan | StormPlan) -> IdleResult | FanResult | StormResult:
    if isinstance(plan, IdlePlan):
        return await idle(plan)
    return await (fan_out(plan) if isinstance(plan, FanPlan) else storm(plan))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(
            main(msgspec.json.decode(sys.stdin.buffer.read(), type=IdlePlan | FanPlan | StormPlan))
        )
    tell(msgspec.json.encode(outcome).decode())
