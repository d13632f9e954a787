"""The load program of the doors: calls as the platforms make and sign them, one every so often, whether the
ones before are answered or not.

Speaks as `bench.play` reads. Marks: start, stop.
"""

import asyncio
import contextlib
import random
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import msgspec
import uvloop

from bench.calls import Caller
from bench.load import percentiles, tell
from fakes.app import every_platform
from fakes.deliver import Manners, Post
from fakes.phone import Said

WARM_SECONDS = 2.0
_CUSTOMERS = 8
_TEXT = "您好，请问这款春茶现在有货吗？多久能发货，运费怎么算？"


class CalledDoor(msgspec.Struct, frozen=True, kw_only=True):
    """An account: its platform's console, and the path of our hook."""

    platform: str
    form: dict[str, str]
    path: str


class RingPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`per_second` calls in all; `prefix` goes before each path. Those of the first moments warm up."""

    port: int
    doors: list[CalledDoor]
    prefix: str
    per_second: float
    seconds: float


class RingResult(msgspec.Struct, frozen=True, kw_only=True):
    """`answered` is everything; the rest is of the `seconds` between the marks: `measured` calls, and how
    long after the moment it was due each was answered: p50 and p99, and the longest, in ms. `errors`: not
    2xx."""

    answered: int
    measured: int
    seconds: float
    latency: tuple[float, float]
    longest: float
    errors: int


class _Mouth:
    """One platform with its account, whose callbacks are only written down."""

    def __init__(self, door: CalledDoor, port: int) -> None:
        (kind,) = [type(one) for one in every_platform() if one.name == door.platform]
        self.platform = kind()
        self.platform.form.update({**door.form, "webhook": f"http://127.0.0.1:{port}{door.path}"})
        self.posts: list[Post] = []
        self.platform.courier.send = self._write_down  # type: ignore[method-assign]
        self.people = [self.platform.welcome(f"陈平{n}").id for n in range(_CUSTOMERS)]

    def _write_down(self, make: Any, manners: Manners) -> Any:
        self.posts.append(make())
        heard = asyncio.get_running_loop().create_future()
        heard.set_result(True)
        return heard

    async def say(self, text: str) -> Post:
        before = len(self.posts)
        await self.platform.say(random.choice(self.people), Said(text=text))  # noqa: S311 - no secret
        (post,) = self.posts[before:]
        return post


async def _made(plan: RingPlan) -> list[bytes]:
    """Every call of the turn, signed. Made before: the machine is the server's while it is measured."""
    mouths = [_Mouth(door, plan.port) for door in plan.doors]
    count = round(plan.per_second * (WARM_SECONDS + plan.seconds))
    posts = [await mouths[number % len(mouths)].say(f"{_TEXT} {number}") for number in range(count)]
    for mouth in mouths:
        await mouth.platform.close()
    return [_raw(plan, post) for post in posts]


def _raw(plan: RingPlan, post: Post) -> bytes:
    parts = urlsplit(post.url)
    path = plan.prefix + parts.path + (f"?{parts.query}" if parts.query else "")
    headers = "".join(f"{name}: {value}\r\n" for name, value in post.headers.items())
    length = f"content-length: {len(post.body)}\r\n"
    return f"{post.method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{length}\r\n".encode() + post.body


class _Bell:
    def __init__(self, port: int) -> None:
        self._port = port
        self._free: list[Caller] = []
        self.latencies: list[tuple[float, float]] = []
        self.errors = 0

    async def ring(self, request: bytes, due: float) -> None:
        """Over a line that is free and still open, or a new one."""
        while True:
            caller = self._free.pop() if self._free else await self._line()
            with contextlib.suppress(ConnectionError):
                status, _ = await caller.call(request)
                break
        self.latencies.append((due, time.perf_counter() - due))
        self._free.append(caller)
        if not 200 <= status < 300:
            self.errors += 1
            if self.errors == 1:
                tell(f"answered {status} to {request[:120]!r}")

    async def _line(self) -> Caller:
        _, caller = await asyncio.get_running_loop().create_connection(Caller, "127.0.0.1", self._port)
        return caller

    def hang_up(self) -> None:
        for caller in self._free:
            caller.hang_up()


async def play(plan: RingPlan) -> RingResult:
    requests, bell = await _made(plan), _Bell(plan.port)
    begun = time.perf_counter() + 0.1
    start = begun + WARM_SECONDS
    started = False
    async with asyncio.TaskGroup() as calls:
        for number, request in enumerate(requests):
            due = begun + number / plan.per_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if due >= start and not started:
                started = True
                tell("start")
            calls.create_task(bell.ring(request, due))
    tell("stop")
    seconds = time.perf_counter() - start
    bell.hang_up()
    took = [latency for due, latency in bell.latencies if due >= start]
    return RingResult(
        answered=len(bell.latencies), measured=len(took), seconds=seconds, latency=percentiles(took),
        longest=max(took, default=0.0) * 1000, errors=bell.errors,
    )  # fmt: skip


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        outcome = runner.run(play(msgspec.json.decode(sys.stdin.buffer.read(), type=RingPlan)))
    tell(msgspec.json.encode(outcome).decode())
