"""Callbacks to the account's webhook, with the platform's time-outs and repeats, and the log of all calls."""

import asyncio
import functools
import ssl
import time
from collections import deque
from collections.abc import Callable

import httpx2
from msgspec import Struct

from fakes.world import World

LOG_LINES = 500
LEAST_PATIENCE_S = 0.5
_SHOWN_BYTES = 4000


class Post(Struct, kw_only=True):
    """One HTTP call to the webhook."""

    url: str
    body: bytes = b""
    headers: dict[str, str] = {}
    method: str = "POST"


class Manners(Struct, kw_only=True):
    """How a platform insists: seconds it waits for an answer, pauses before each repeat, and whether it takes
    an answer (status, body) for a good one; `heard` may also act on what the answer says."""

    timeout: float = 5
    pauses: tuple[float, ...] = (0, 0)
    heard: Callable[[int, bytes], bool] = lambda status, _: 200 <= status < 300


class Noted(Struct, kw_only=True):
    """A line of the log. `way`: "out" the platform calls the webhook, "in" it is called."""

    nr: int
    at: float
    way: str
    what: str
    sent: str
    status: int
    answer: str
    ms: int
    ok: bool
    attempt: int = 1


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the machine's certificates takes longer than a callback."""
    return ssl.create_default_context()


def _short(data: bytes) -> str:
    text = data[:_SHOWN_BYTES].decode(errors="replace")
    return text if "\x00" not in text else f"({len(data)} bytes)"


class Log:
    """The last calls both ways."""

    def __init__(self) -> None:
        self.lines: deque[Noted] = deque(maxlen=LOG_LINES)
        self._nr = 0

    def note(
        self,
        way: str,
        what: str,
        sent: bytes,
        status: int,
        answer: bytes,
        begun: float,
        ok: bool,
        attempt: int = 1,
    ) -> Noted:
        """`begun` is of time.monotonic(); status 0 is no answer at all."""
        self._nr += 1
        line = Noted(
            nr=self._nr,
            at=time.time(),
            way=way,
            what=what,
            sent=_short(sent),
            status=status,
            answer=_short(answer),
            ms=round((time.monotonic() - begun) * 1000),
            ok=ok,
            attempt=attempt,
        )
        self.lines.append(line)
        return line


class Courier:
    """Delivers one platform's callbacks, each in its own task."""

    def __init__(self, world: World, log: Log) -> None:
        self._world, self._log = world, log
        self._tasks: set[asyncio.Task[bool]] = set()
        self._held: asyncio.Event | None = None
        self._client: httpx2.AsyncClient | None = None

    def send(self, make: Callable[[], Post], manners: Manners) -> "asyncio.Task[bool]":
        """True once answered as the platform wants it. `make` builds each attempt (`lambda: post` for one
        that is repeated as it was)."""
        task = asyncio.get_running_loop().create_task(self._bring(make, manners))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _bring(self, make: Callable[[], Post], manners: Manners) -> bool:
        lost, twice = self._world.lots()
        if lost:
            post = make()
            self._log.note("out", f"{post.method} (dropped)", post.body, 0, b"", time.monotonic(), ok=False)
            return False
        if self._world.switches.reorder and self._held is None:
            self._held = asyncio.Event()
            await self._held.wait()
            return await self._insist(make, manners, twice)
        done = await self._insist(make, manners, twice)
        self.release()
        return done

    async def _insist(self, make: Callable[[], Post], manners: Manners, twice: bool) -> bool:
        for attempt, pause in enumerate((0, *manners.pauses), start=1):
            await asyncio.sleep(pause / self._world.switches.pace)
            if await self._attempt(make(), manners, attempt):
                if twice:
                    await self._attempt(make(), manners, attempt + 1)
                return True
        return False

    async def _attempt(self, post: Post, manners: Manners, attempt: int) -> bool:
        _, _, ok = await self.call(post, self._patience(manners), manners.heard, attempt)
        return ok

    def _patience(self, manners: Manners) -> float:
        """Seconds; no pace makes an honest answer late."""
        return max(manners.timeout / self._world.switches.pace, min(manners.timeout, LEAST_PATIENCE_S))

    async def call(
        self, post: Post, timeout: float, heard: Callable[[int, bytes], bool], attempt: int = 1
    ) -> tuple[int, bytes, bool]:
        """One call, noted: status (0 without an answer), body, and whether it was `heard` as wanted."""
        begun = time.monotonic()
        status, answer = 0, b""
        try:
            async with asyncio.timeout(timeout):
                reply = await self._http().request(
                    post.method, post.url, content=post.body, headers=post.headers, timeout=timeout
                )
                status, answer = reply.status_code, reply.content
        except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as fault:
            answer = f"{type(fault).__name__}: {fault}".encode()
        try:
            ok = status > 0 and heard(status, answer)
        except ValueError:  # no JSON where some was to be read
            ok = False
        self._log.note("out", f"{post.method} {post.url}", post.body, status, answer, begun, ok, attempt)
        return status, answer, ok

    def _http(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(trust_env=False, verify=_tls())
        return self._client

    def release(self) -> None:
        """Let go what is held back, behind what has just been delivered."""
        if self._held is not None:
            self._held.set()
            self._held = None

    async def settled(self) -> None:
        """Wait until nothing is on its way; what is held back comes last."""
        while self._tasks:
            pending = set(self._tasks)
            await asyncio.wait(pending, timeout=0.05)
            if pending == self._tasks:
                self.release()

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
