"""A client as the protocol asks for one: resumes, repeats what has no answer, keeps its log."""

import asyncio
import random
from typing import Any, NamedTuple

from tests.faults.ledger import (
    Acked,
    Came,
    Ended,
    Held,
    Ledger,
    Line,
    Refused,
    Retried,
    Saw,
    Seen,
    Sent,
    Side,
    Waiting,
    digest,
)
from tests.faults.wire import Gone, ask
from tests.faults.wire import Line as Wire

Json = dict[str, Any]
_BEAT_SECONDS = 1.0
_SILENCE_SECONDS = 6.0
_GREETING_SECONDS = 4.0
_MOST_WAITING = 40
_SESSION_OVER = (401, 4401)
_LAST_WORDS = {"conversations.closed", "conversations.not_found", "conversations.not_accepted"}
_WORDS = ["您好", "请问", "春茶", "有货", "吗", "多久", "发货", "运费", "thanks", "order", "refund", "好的"]


class Ports(NamedTuple):
    """Where servers are reached, through their proxies."""

    all: list[int]

    def one(self, rng: random.Random) -> int:
        return rng.choice(self.all)


class Thread:
    """One conversation as this client shows it."""

    def __init__(self) -> None:
        self.rev = self.marked = 0
        self.messages: dict[int, Seen] = {}
        self.state = ""

    @property
    def closed(self) -> bool:
        return self.state == "closed"


class Client:
    """A device of a customer or an agent. `rng` decides what it says, when, and where it connects."""

    side: Side
    dial = Wire.connect

    def __init__(
        self, name: str, party: str, ports: Ports, ledger: Ledger, rng: random.Random, pause: float
    ) -> None:
        self.name, self.ports, self.rng, self.pause = name, ports, rng, pause
        self.ledger = ledger
        self.line: Wire | None = None
        self.ready = self.talking = False
        self.deaf_until = 0.0
        self.threads: dict[str, Thread] = {}
        self.waiting: dict[str, Json] = {}
        self._sent: list[Json] = []
        self._asked: set[str] = set()
        self._acked: dict[str, tuple[str, int]] = {}
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self.ghosts: list[Wire] = []
        ledger.put(Came(by=name, side=self.side, party=party))

    # Life

    async def run(self) -> None:
        """Until cancelled: connected, or on the way to it."""
        talk, wait = asyncio.create_task(self._talk()), 0.2
        try:
            while True:
                began = asyncio.get_running_loop().time()
                try:
                    await self._live()
                except Gone as gone:
                    if gone.code in _SESSION_OVER:
                        self.ledger.put(Ended(by=self.name, code=gone.code))
                except TimeoutError:
                    pass
                self.hang_up()
                lived = asyncio.get_running_loop().time() - began
                wait = 0.2 if lived > 5 else min(wait * 2, 1.5)
                await asyncio.sleep(self.rng.uniform(0.05, wait))
        finally:
            for task in (talk, *self._tasks):
                task.cancel()
            self.hang_up()
            for ghost in self.ghosts:
                ghost.abort()

    def hang_up(self) -> None:
        self.ready = False
        if self.line is not None:
            self.line.abort()
            self.line = None

    def vanish(self) -> None:
        """Leave without a word: the socket stays as it is, nobody is behind it."""
        if self.line is not None:
            self.ghosts.append(self.line)
            self.line, self.ready = None, False

    async def _live(self) -> None:
        line = self.line = await self.dial(self.ports.one(self.rng), self._path(), self._headers())
        self._asked.clear()
        self._greet(line)
        beat = asyncio.create_task(self._beat(line))
        loop = asyncio.get_running_loop()
        due = loop.time() + _GREETING_SECONDS
        try:
            while self.line is line:
                if loop.time() < self.deaf_until:
                    await asyncio.sleep(0.1)
                    continue
                async with asyncio.timeout(_SILENCE_SECONDS):
                    frame = await line.receive()
                if self.line is line:
                    self._hear(frame)
                if not self.ready and loop.time() > due:
                    raise Gone
        finally:
            beat.cancel()

    async def _beat(self, line: Wire) -> None:
        while True:
            await asyncio.sleep(_BEAT_SECONDS)
            line.send({"type": "ping"})
            if not self.ready:
                continue
            for conversation in list(self._asked):
                self._ask_for(conversation)
            for conversation, thread in self.threads.items():
                top = max(thread.messages, default=0)
                if top > thread.marked and not thread.closed:
                    thread.marked = top
                    line.send({"type": "mark", "conversation_id": conversation, "read_seq": top})

    def _path(self) -> str:
        raise NotImplementedError

    def _headers(self) -> dict[str, str]:
        raise NotImplementedError

    def _greet(self, line: Wire) -> None:
        raise NotImplementedError

    def _snapshot_path(self, conversation: str) -> str:
        raise NotImplementedError

    def known(self, conversation: str) -> None:
        """A conversation has come to this client's knowledge."""

    # Speaking

    async def _talk(self) -> None:
        while True:
            await asyncio.sleep(self.rng.expovariate(1 / self.pause))
            if self.talking and len(self.waiting) < _MOST_WAITING:
                self.say()

    def say(self, shuffled: int = 1) -> None:
        """Write so many messages; more than one go on the wire in another order than they were written."""
        frames = [frame for frame in (self._message() for _ in range(shuffled)) if frame is not None]
        if len(frames) > 1:
            self.rng.shuffle(frames)
        for frame in frames:
            self.waiting[frame["client_id"]] = frame
            self._sent = [*self._sent[-19:], frame]
            self.ledger.put(
                Sent(
                    by=self.name, client_id=frame["client_id"], kind=frame.get("kind", "text"),
                    digest=digest(frame["body"]), conversation=frame.get("conversation_id", ""),
                )
            )  # fmt: skip
            if self.ready and self.line is not None:
                self.line.send(frame)

    def echo(self) -> None:
        """Send once more what was sent, acknowledged or not, in any order."""
        again = [one for one in self._sent if one["client_id"] in (self.waiting | self._acked)]
        self.rng.shuffle(again)
        for frame in again if self.ready and self.line is not None else ():
            self.line.send(frame) if self.line is not None else None

    def _message(self) -> Json | None:
        self._count += 1
        body = " ".join(self.rng.choices(_WORDS, k=int(self.rng.choice([3, 8, 20, 300]))))
        return {
            "type": "send", "client_id": f"{self.name}-{self._count}", "body": f"{body} {self._count}"
        }  # fmt: skip

    def _repeat(self) -> None:
        for frame in self.waiting.values():
            if self.line is not None:
                self.line.send(frame)

    # Hearing

    def _hear(self, frame: Json) -> None:
        kind = frame["type"]
        if kind == "changed":
            self._changed(frame)
        elif kind == "ack":
            self._on_ack(frame)
        elif kind == "refused" and frame.get("ref") in self.waiting:
            self._on_refusal(frame["ref"], frame["code"])
        elif kind == "resync":
            self._soon(self._read_afresh(frame["conversation_id"]))

    def _on_ack(self, frame: Json) -> None:
        client_id, place = frame["client_id"], (frame["conversation_id"], frame["seq"])
        waited = self.waiting.pop(client_id, None) is not None
        if waited or self._acked.get(client_id) != place:
            self._acked[client_id] = place
            self.ledger.put(Acked(by=self.name, client_id=client_id, conversation=place[0], seq=place[1]))
        self.thread(place[0])

    def _on_refusal(self, client_id: str, code: str) -> None:
        frame = self.waiting.pop(client_id)
        if code in _LAST_WORDS:
            self.ledger.put(Refused(by=self.name, client_id=client_id, code=code))
            return
        self.ledger.put(Retried(by=self.name, client_id=client_id))
        self.waiting[client_id] = frame
        self._soon(self._once_more(frame))

    async def _once_more(self, frame: Json) -> None:
        await asyncio.sleep(0.5)
        if self.ready and self.line is not None and frame["client_id"] in self.waiting:
            self.line.send(frame)

    def thread(self, conversation: str) -> Thread:
        if conversation not in self.threads:
            self.threads[conversation] = Thread()
            self.known(conversation)
            self._ask_for(conversation)
        return self.threads[conversation]

    def _ask_for(self, conversation: str) -> None:
        """Asked again with each beat until there is an answer: a refused `watch` does not say which."""
        self._asked.add(conversation)
        if self.ready and self.line is not None:
            rev = self.threads[conversation].rev
            self.line.send({"type": "watch", "conversation_id": conversation, "rev": rev})

    def _changed(self, frame: Json) -> None:
        conversation = frame["conversation_id"]
        thread = self.thread(conversation)
        if frame["from_rev"] > thread.rev:
            self._ask_for(conversation)
            return
        self._asked.discard(conversation)
        if frame["rev"] <= thread.rev:
            return
        thread.rev = frame["rev"]
        thread.state = (frame.get("head") or {}).get("state", thread.state)
        told = [_seen(message) for message in frame.get("messages", ())]
        fresh = [one for one in told if thread.messages.get(one.seq) != one]
        thread.messages.update((one.seq, one) for one in fresh)
        if fresh:
            self.ledger.put(Saw(by=self.name, conversation=conversation, messages=fresh))

    async def _read_afresh(self, conversation: str) -> None:
        """The snapshot and the pages before it, to the first message."""
        path, port = self._snapshot_path(conversation), self.ports.one(self.rng)
        try:
            status, found = await ask(port, "GET", path, self._headers())
            if status != 200:
                return
            messages = found["messages"]
            while messages and messages[0]["seq"] > 1:
                older = f"{path}/messages?limit=100&before={messages[0]['seq']}"
                status, page = await ask(port, "GET", older, self._headers())
                if status != 200 or not page["items"]:
                    break
                messages = page["items"] + messages
        except Gone:
            return  # the next beat asks again
        thread = self.threads[conversation]
        if found["rev"] < thread.rev:
            return
        thread.rev, thread.state = found["rev"], found["head"]["state"]
        whole = [_seen(message) for message in messages]
        thread.messages = {one.seq: one for one in whole}
        self._asked.discard(conversation)
        self.ledger.put(Saw(by=self.name, conversation=conversation, messages=whole, afresh=True))
        self._ask_for(conversation)

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The end

    def state(self) -> list[Line]:
        """What is shown at this moment."""
        linked, found = self.ready, list[Line]()
        for conversation, thread in self.threads.items():
            messages = [thread.messages[seq] for seq in sorted(thread.messages)]
            found.append(
                Held(
                    by=self.name, linked=linked, conversation=conversation, messages=messages,
                    state=thread.state,
                )
            )  # fmt: skip
        return [*found, Waiting(by=self.name, linked=linked, client_ids=list(self.waiting))]


def _seen(message: Json) -> Seen:
    return Seen(
        message["seq"], message["kind"], message["author"]["kind"], message.get("client_id"),
        digest(message.get("body", "")),
    )  # fmt: skip
