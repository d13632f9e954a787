"""The protocol's reference client in Python: connects, resumes, repeats what was not acknowledged."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any

import httpx2
import msgspec
import websockets

from kezhan.kit.ids import new_id
from kezhan.simulate.thread import Json, Thread

_FIRST_WAIT = 0.2
_LONGEST_WAIT = 5.0
_ANSWER_SECONDS = 2.0
_PING_SECONDS = 20.0
_CLOSE_SECONDS = 1.0
_FRAMES_PER_SECOND = 40
_FRAMES_BURST = 80
_SESSION_OVER = 4401
_TOO_MANY = 429
_TRIES = 20


async def ask(http: httpx2.AsyncClient, method: str, url: str, **more: Any) -> httpx2.Response:
    """A request that waits as long as the server asks for where it is one too many. Raises for refusals."""
    for _ in range(_TRIES):
        answer = await http.request(method, url, **more)
        if answer.status_code != _TOO_MANY:
            break
        await asyncio.sleep(int(answer.headers.get("retry-after", "1")))
    answer.raise_for_status()
    return answer


class Refused(Exception):
    """The server has refused a frame; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Connection:
    """A socket that comes back by itself. Frames sent while it is away wait; `send` frames are repeated until
    they are acknowledged, which is harmless, because each carries its client_id. It keeps below the server's
    limit on frames, and ends for good where the session is over."""

    def __init__(self, url: str, headers: dict[str, str] | None = None) -> None:
        self._url = url.replace("http", "ws", 1)
        self._headers = headers or {}
        self._socket: websockets.ClientConnection | None = None
        self._task: asyncio.Task[None] | None = None
        self._unacknowledged: dict[str, tuple[Json, asyncio.Future[Json]]] = {}
        self._spent = 0.0
        self.threads: dict[str, Thread] = {}
        self.heard: list[Callable[[Json], None]] = []
        self.connected = asyncio.Event()
        self.breaks = 0

    async def open(self) -> None:
        self._task = asyncio.create_task(self._run())
        await self.connected.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()

    async def cut(self) -> None:
        """Break the line as a lost network does; it is taken up again at once."""
        if self._socket is not None:
            self._socket.transport.abort()
        await asyncio.sleep(0)

    async def call(self, frame: Json) -> Json:
        """Send a frame that is answered by name (`client_id` or `ref`). Raises Refused."""
        name = frame.get("client_id") or frame["ref"]
        if self._task is not None and self._task.done():
            raise Refused("contacts.session_over")
        known = self._unacknowledged.get(name)
        if known is None:
            answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
            self._unacknowledged[name] = frame, answer
            await self.tell(frame)
        else:
            answer = known[1]
            await self.tell(frame)
        return await answer

    async def tell(self, frame: Json) -> None:
        """Send a frame nobody answers; lost if the line is down."""
        if self._socket is not None and self.connected.is_set():
            with contextlib.suppress(websockets.ConnectionClosed):
                await self._put(self._socket, frame)

    async def _put(self, socket: websockets.ClientConnection, frame: Json) -> None:
        loop = asyncio.get_running_loop()
        self._spent = max(self._spent, loop.time()) + 1 / _FRAMES_PER_SECOND
        await asyncio.sleep(max(0.0, self._spent - loop.time() - _FRAMES_BURST / _FRAMES_PER_SECOND))
        await socket.send(msgspec.json.encode(frame).decode())

    async def _ping(self, socket: websockets.ClientConnection) -> None:
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.sleep(_PING_SECONDS)
                await self._put(socket, {"type": "ping"})

    async def _run(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                async with websockets.connect(
                    self._url, additional_headers=self._headers, close_timeout=_CLOSE_SECONDS
                ) as socket:
                    self._socket = socket
                    await self._greet(socket)
                    self.connected.set()
                    wait = _FIRST_WAIT
                    for frame, _ in list(self._unacknowledged.values()):
                        await self._put(socket, frame)
                    async with _beside(self._ping(socket)):
                        async for data in socket:
                            await self._hear(msgspec.json.decode(data))
            except (OSError, websockets.WebSocketException, httpx2.HTTPError):
                pass
            self.connected.clear()
            self.breaks += 1
            if self._socket is not None and self._socket.close_code == _SESSION_OVER:
                self._give_up()
                return
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)

    async def _greet(self, socket: websockets.ClientConnection) -> None:
        raise NotImplementedError

    async def _read_afresh(self, thread: Thread) -> None:
        raise NotImplementedError

    async def _hear(self, frame: Json) -> None:
        kind = frame["type"]
        if kind == "changed":
            thread = self._thread(frame["conversation_id"])
            if not thread.apply(frame):
                await self.tell({"type": "watch", "conversation_id": thread.id, "rev": thread.rev})
        elif kind == "resync":
            await self._read_afresh(self._thread(frame["conversation_id"]))
        elif kind in {"ack", "done"}:
            self._answer(frame.get("client_id") or frame["ref"], frame)
        elif kind == "refused" and frame.get("ref") in self._unacknowledged:
            self._unacknowledged.pop(frame["ref"])[1].set_exception(Refused(frame["code"]))
        for listener in self.heard:
            listener(frame)

    def _thread(self, conversation_id: str) -> Thread:
        return self.threads.setdefault(conversation_id, Thread(conversation_id))

    def _give_up(self) -> None:
        for _, answer in self._unacknowledged.values():
            if not answer.done():
                answer.set_exception(Refused("contacts.session_over"))
        self._unacknowledged.clear()
        self.connected.set()

    def _answer(self, name: str, frame: Json) -> None:
        waiting = self._unacknowledged.pop(name, None)
        if waiting is not None and not waiting[1].done():
            waiting[1].set_result(frame)


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs `work` while the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()


class Visitor(Connection):
    """A customer on a site."""

    def __init__(self, base: str, site_key: str, http: httpx2.AsyncClient, browser: str = "") -> None:
        super().__init__(f"{base}/w/v1/ws")
        self._base = base
        self._site_key = site_key
        self._http = http
        self._browser = {"User-Agent": browser} if browser else {}
        self.token = ""
        self.id = ""

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def arrive(self, **more: Any) -> Json:
        """Open a session (or go on with the token held) and connect; the session as the server tells it."""
        asked = {"site_key": self._site_key, "token": self.token or None, **more}
        address = f"{self._base}/w/v1/sessions"
        answer = await ask(self._http, "POST", address, json=asked, headers=self._browser)
        session: Json = answer.json()
        self.token, self.id = session["token"], session["visitor"]["id"]
        await self.open()
        return session

    async def _greet(self, socket: websockets.ClientConnection) -> None:
        latest = max(self.threads.values(), key=lambda thread: thread.id, default=None)
        resume = {"conversation_id": latest.id, "rev": latest.rev} if latest else {}
        await socket.send(msgspec.json.encode({"type": "auth", "token": self.token, **resume}).decode())
        early = []
        while (frame := msgspec.json.decode(await socket.recv()))["type"] != "ready":
            early.append(frame)  # a change may come between the joining and the answer
        for frame in early:
            await self._hear(frame)
        for thread in self.threads.values():
            if thread is not latest:
                watch = {"type": "watch", "conversation_id": thread.id, "rev": thread.rev}
                await socket.send(msgspec.json.encode(watch).decode())

    async def _read_afresh(self, thread: Thread) -> None:
        thread.load(await self.snapshot(thread.id))

    async def snapshot(self, conversation_id: str) -> Json:
        found: Json = await self.get(f"/w/v1/conversations/{conversation_id}")
        return found

    async def get(self, path: str) -> Any:
        return (await ask(self._http, "GET", self._base + path, headers=self.headers)).json()

    async def upload(self, name: str, media_type: str, data: bytes) -> Json:
        """Bring a file; its id goes into `say(..., kind="image" or "file", file_id=...)`."""
        form = {"file": (name, data, media_type)}
        answer = await ask(self._http, "POST", f"{self._base}/w/v1/files", files=form, headers=self.headers)
        file: Json = answer.json()
        return file

    async def say(self, body: str, client_id: str = "", **more: Any) -> Json:
        """Send a text, or what `more` makes of it; the acknowledgement once it is stored."""
        return await self.call(
            {"type": "send", "client_id": client_id or str(new_id()), "body": body, **more}
        )


class Agent(Connection):
    """An agent at the workbench, by the cookie of her sign-in. `rows` are the heads of the conversations that
    her lists have spoken of."""

    def __init__(self, base: str, cookie: str, csrf: str, http: httpx2.AsyncClient) -> None:
        super().__init__(f"{base}/ws", {"Cookie": cookie})
        self._base = base
        self._http = http
        self._own = {"Cookie": cookie, "X-Kezhan-CSRF": csrf}
        self.name = ""
        self.lists: Json = {}
        self.rows: dict[str, Json] = {}

    @classmethod
    async def sign_in(cls, base: str, email: str, password: str, http: httpx2.AsyncClient) -> "Agent":
        answer = await http.post(f"{base}/api/session", json={"email": email, "password": password})
        answer.raise_for_status()
        agent = cls(base, answer.headers["set-cookie"].split(";")[0], answer.json()["csrf"], http)
        agent.name = answer.json()["name"]
        return agent

    @classmethod
    async def with_cookie(cls, base: str, cookie: str, http: httpx2.AsyncClient) -> "Agent":
        answer = await http.get(f"{base}/api/me", headers={"Cookie": cookie})
        answer.raise_for_status()
        return cls(base, cookie, answer.json()["csrf"], http)

    async def sign_out(self) -> None:
        """End the session as well as the line."""
        await self.close()
        with contextlib.suppress(httpx2.HTTPError):
            await self.request("DELETE", "/api/session")

    async def _greet(self, socket: websockets.ClientConnection) -> None:
        await socket.send(msgspec.json.encode(self._lists_frame()).decode())
        for thread in self.threads.values():
            watch = {"type": "watch", "conversation_id": thread.id, "rev": thread.rev}
            await socket.send(msgspec.json.encode(watch).decode())

    def _lists_frame(self) -> Json:
        return {"type": "lists", "epoch": self.lists.get("epoch", ""), "rev": self.lists.get("rev", 0)}

    async def _hear(self, frame: Json) -> None:
        if frame["type"] == "lists":
            first, self.lists = not self.lists, {"epoch": frame["epoch"], "rev": frame["rev"]}
            # At the first connection there is nothing to catch up with.
            if frame["resync"] and (self.breaks or not first):
                await self.read_lists()
        elif frame["type"] == "listed":
            if frame["rev"] > self.lists.get("rev", 0) + 1 and "epoch" in self.lists:
                await self.tell(self._lists_frame())
            else:
                self.lists["rev"] = frame["rev"]
                for change in frame["changes"]:
                    self._take_row(change["conversation_id"], change["rev"], change.get("head"))
        await super()._hear(frame)

    def _take_row(self, conversation_id: str, rev: int, head: Json | None) -> None:
        known = self.rows.get(conversation_id)
        if head is None:
            self.rows.pop(conversation_id, None)
        elif known is None or known["rev"] <= rev:
            self.rows[conversation_id] = head

    async def read_lists(self) -> None:
        """Read the lists afresh: what is open, and what was closed of late."""
        self.rows.clear()
        for name in ("unassigned", "mine", "all", "closed"):
            after: str | None = ""
            while after is not None:
                page = await self.get(f"/api/conversations?name={name}&limit=100&after={after}")
                for row in page["items"]:
                    self._take_row(row["head"]["id"], row["head"]["rev"], row["head"])
                after = page["next"] if name != "closed" else None

    async def watch(self, conversation_id: str) -> Thread:
        """Follow a conversation from its present state on."""
        thread = self._thread(conversation_id)
        thread.load(await self.get(f"/api/conversations/{conversation_id}"))
        answered = asyncio.Event()

        def hear(frame: Json) -> None:
            if frame["type"] in {"changed", "resync"} and frame["conversation_id"] == conversation_id:
                answered.set()

        self.heard.append(hear)
        while not answered.is_set():
            await self.tell({"type": "watch", "conversation_id": conversation_id, "rev": thread.rev})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(answered.wait(), _ANSWER_SECONDS)
        self.heard.remove(hear)
        return thread

    async def unwatch(self, conversation_id: str) -> None:
        self.threads.pop(conversation_id, None)
        await self.tell({"type": "unwatch", "conversation_id": conversation_id})

    async def _read_afresh(self, thread: Thread) -> None:
        thread.load(await self.get(f"/api/conversations/{thread.id}"))

    async def upload(self, name: str, media_type: str, data: bytes) -> Json:
        """Bring a file; its id goes into `say(..., kind="image" or "file", file_id=...)`."""
        form = {"file": (name, data, media_type)}
        answer = await ask(self._http, "POST", f"{self._base}/api/files", files=form, headers=self._own)
        file: Json = answer.json()
        return file

    async def say(
        self, conversation_id: str, body: str, *, client_id: str = "", kind: str = "text", **more: Any
    ) -> Json:
        frame = {"type": "send", "conversation_id": conversation_id, "kind": kind, "body": body, **more}
        return await self.call({**frame, "client_id": client_id or str(new_id())})

    async def get(self, path: str) -> Any:
        return (await ask(self._http, "GET", self._base + path, headers=self._own)).json()

    async def request(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        return await self._http.request(method, self._base + path, headers=self._own, json=body)


async def set_states(agents: Iterable[Agent], state: str) -> None:
    """What reception is to think of them; where there is none, nothing changes."""
    with contextlib.suppress(httpx2.HTTPError):
        await asyncio.gather(*(agent.request("PUT", "/api/seat/state", {"state": state}) for agent in agents))
