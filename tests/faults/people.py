"""The two kinds of client: customers' devices and agents."""

import asyncio
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.faults.ledger import Ended, Ledger
from tests.faults.party import Client, Ports
from tests.faults.wire import Gone, Line, ask

Json = dict[str, Any]


class Customer(Client):
    """One device. `meet` hears of every conversation of hers."""

    side = "visitor"

    def __init__(
        self, name: str, session: Json, ports: Ports, ledger: Ledger, rng: random.Random, pause: float,
        meet: Callable[[str], None],
    ) -> None:  # fmt: skip
        super().__init__(name, session["visitor"]["id"], ports, ledger, rng, pause)
        self._token, self._meet = session["token"], meet

    def _path(self) -> str:
        return "/w/v1/ws"

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _snapshot_path(self, conversation: str) -> str:
        return f"/w/v1/conversations/{conversation}"

    def known(self, conversation: str) -> None:
        self._meet(conversation)

    def _greet(self, line: Line) -> None:
        hello: Json = {"type": "auth", "token": self._token}
        for conversation, thread in self.threads.items():
            if not thread.closed:
                hello |= {"conversation_id": conversation, "rev": thread.rev}
        line.send(hello)

    def _hear(self, frame: Json) -> None:
        if frame["type"] == "ready":
            self.ready = True
            self._repeat()
            self._soon(self._catch_up(self.line))
        super()._hear(frame)

    async def _catch_up(self, line: Line | None) -> None:
        """Conversations may have begun and ended while this device was away."""
        while self.line is line:
            try:
                path = "/w/v1/conversations?limit=100"
                status, heads = await ask(self.ports.one(self.rng), "GET", path, self._headers())
            except Gone:
                status = 0
            if status == 401:
                self.ledger.put(Ended(by=self.name, code=401))
            if status == 200:
                for head in heads:
                    if not self.thread(head["id"]).closed:
                        self._ask_for(head["id"])
                return
            await asyncio.sleep(0.5)


class Agent(Client):
    """At the workbench with her cookie. She takes and follows what `adopt` brings her."""

    side = "agent"

    def __init__(
        self, name: str, member: str, cookie: str, ports: Ports, ledger: Ledger, rng: random.Random,
        pause: float,
    ) -> None:  # fmt: skip
        super().__init__(name, member, ports, ledger, rng, pause)
        self._cookie, self._csrf = cookie, ""

    def _path(self) -> str:
        return "/ws"

    def _headers(self) -> dict[str, str]:
        return {"Cookie": self._cookie, "X-Kezhan-CSRF": self._csrf}

    def _snapshot_path(self, conversation: str) -> str:
        return f"/api/conversations/{quote(conversation)}"

    def _greet(self, line: Line) -> None:
        self.ready = True
        for conversation, thread in self.threads.items():
            if not thread.closed:
                self._ask_for(conversation)
        self._repeat()

    def _message(self) -> Json | None:
        open_ones = [one for one, thread in self.threads.items() if thread.rev and not thread.closed]
        frame = super()._message()
        if not open_ones or frame is None:
            return None
        kind = "note" if self.rng.random() < 0.2 else "text"
        return {**frame, "conversation_id": self.rng.choice(open_ones), "kind": kind}

    def adopt(self, conversation: str) -> None:
        if conversation not in self.threads:
            self._soon(self._take(conversation))

    async def _take(self, conversation: str) -> None:
        if await self.put(f"/api/conversations/{conversation}/assignment", {}) in {200, 204, 409}:
            self.thread(conversation)

    async def close(self) -> bool:
        """End one of the open conversations, whatever is on its way there; False where there is none."""
        open_ones = sorted(one for one, thread in self.threads.items() if thread.rev and not thread.closed)
        if not open_ones:
            return False
        path = f"/api/conversations/{self.rng.choice(open_ones)}/closure"
        return await self.put(path, None) in {200, 204}

    async def put(self, path: str, body: Any) -> int:
        """The status, once the server is well enough to give one that means something; 0 after 30 tries."""
        for _ in range(30):
            try:
                port = self.ports.one(self.rng)
                if not self._csrf:
                    status, me = await ask(port, "GET", "/api/me", {"Cookie": self._cookie})
                    self._csrf = me["csrf"] if status == 200 else ""
                status, _ = await ask(port, "PUT", path, self._headers(), body)
                if status == 401:
                    self.ledger.put(Ended(by=self.name, code=401))
                if status < 500 and status != 403:
                    return status
            except Gone:
                pass
            await asyncio.sleep(0.5)
        return 0
