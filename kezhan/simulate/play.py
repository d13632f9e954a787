"""One conversation played from its script: the customer by her client, the agent's part by whoever serves."""

import asyncio
import random
from collections.abc import Sequence

from msgspec import Struct

from kezhan.kit.ids import new_id
from kezhan.simulate.client import Agent, Connection, Refused, Visitor
from kezhan.simulate.ledger import Entry, Ledger, Verdict
from kezhan.simulate.pictures import draw
from kezhan.simulate.script import PageSeen, Party, Script, Step
from kezhan.simulate.thread import Json

_TYPING_SECONDS = 2.0
_AGENT_TYPING = 9.0
_READ_PER_SECOND = 25.0
_SETTLE_SECONDS = 5.0
_POLL_SECONDS = 0.01
_CHECK_SECONDS = 0.2
_PAGE = 100


class Tempo(Struct, frozen=True, kw_only=True):
    """How time is spent. `speed` divides every pause, 0 leaves them out; `patience` is how many seconds a
    customer waits for an answer before she goes on, and is not divided."""

    speed: float = 1.0
    patience: float = 90.0

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.speed if self.speed else 0)


class Play:
    """A customer in a conversation. `agent` is set by whoever takes it for the script."""

    def __init__(
        self, script: Script, visitor: Visitor, site: str, tempo: Tempo, dice: random.Random
    ) -> None:
        self.script = script
        self.visitor = visitor
        self.ledger = Ledger()
        self.conversation_id = ""
        self.agent: asyncio.Future[Agent] = asyncio.get_running_loop().create_future()
        self._site = site
        self._tempo = tempo
        self._dice = dice
        self._last: dict[Party, Entry] = {}
        visitor.heard.append(self._hear)

    def _hear(self, frame: Json) -> None:
        if frame["type"] == "changed":
            self.ledger.hear("customer", frame)

    async def arrive(self) -> None:
        """Come to the site, look at its pages, connect."""
        first, *others = self.script.arrives
        language = self.script.language
        await self.visitor.arrive(
            language=language,
            time_zone="Asia/Shanghai" if language == "zh-CN" else "Europe/London",
            screen=self.script.screen,
            page={"url": self._address(first), "title": first.title, "referrer": self.script.referrer},
        )
        await self._tempo.wait(first.seconds)
        for page in others:
            await self._look_at(page)

    async def perform(self, steps: Sequence[Step], *, served: bool) -> None:
        """Act `steps`. `served`: an automatic agent is expected; else a person may answer, and what the
        script has an agent do is only waited for."""
        for step in steps:
            await self._tempo.wait(step.pause * self._dice.uniform(0.7, 1.3))
            if step.by == "customer":
                await self._act_customer(step)
                continue
            agent = await self._server() if served else None
            if agent is not None:
                await self._act_agent(step, agent)
            elif step.act in {"agent", "agent_shows"}:
                await self._await_anybody()
        await self._mark()

    async def leave(self) -> None:
        await self.visitor.tell({"type": "page", "url": ""})

    # The customer

    async def _act_customer(self, step: Step) -> None:
        await self._mark()
        if step.page is not None:
            await self._look_at(step.page)
        elif step.customer:
            await self._type(step.customer)
            await self._send(self.visitor, "customer", step.customer)
        elif step.customer_shows:
            await self._show(self.visitor, "customer", step.customer_shows)
        else:
            await self._change(self.visitor, "customer", step.customer_edits)

    async def _type(self, text: str) -> None:
        """Type as she does: the agent sees the words grow."""
        pace = self.script.typing * _TYPING_SECONDS
        shown = 0.0
        while shown < len(text):
            await self._tell_typing(text[: int(shown) + 1])
            part = min(pace, len(text) - shown)
            await self._tempo.wait(part / self.script.typing)
            shown = shown + pace if self._tempo.speed else len(text)

    async def _tell_typing(self, text: str) -> None:
        if self.conversation_id:
            frame = {"type": "typing", "conversation_id": self.conversation_id, "body": text}
            await self.visitor.tell(frame)

    async def _mark(self) -> None:
        """She has read what is on her screen."""
        thread = self.visitor.threads.get(self.conversation_id)
        if thread is not None and thread.messages:
            last = max(thread.messages)
            frame = {"type": "mark", "conversation_id": thread.id, "delivered_seq": last, "read_seq": last}
            await self.visitor.tell(frame)

    async def _look_at(self, page: PageSeen) -> None:
        await self.visitor.tell({"type": "page", "url": self._address(page), "title": page.title})
        await self._tempo.wait(page.seconds)

    def _address(self, page: PageSeen) -> str:
        first = page is self.script.arrives[0] and self.script.campaign
        return f"{self._site}{page.path}" + (f"?{self.script.campaign}" if first else "")

    async def _await_anybody(self) -> None:
        """Wait until somebody has said something, no longer than she has patience."""
        own = self._last["customer"].seq if "customer" in self._last else 0
        try:
            async with asyncio.timeout(self._tempo.patience):
                while not self._answered(own):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            return

    def _answered(self, after: int) -> bool:
        thread = self.visitor.threads.get(self.conversation_id)
        messages = thread.messages.items() if thread else ()
        return any(seq > after and message["author"]["kind"] == "agent" for seq, message in messages)

    # The agent

    async def _server(self) -> Agent | None:
        """The automatic agent of the present conversation; None where a person has it."""
        try:
            agent = await asyncio.wait_for(asyncio.shield(self.agent), self._tempo.patience)
        except TimeoutError:
            return None
        return agent if self.conversation_id in agent.threads else None

    async def _act_agent(self, step: Step, agent: Agent) -> None:
        heard = self._last.get("customer")
        if heard is not None:
            await self._until_on_screen(agent, heard)
        if step.agent:
            await self._read_and_type(agent, step.agent)
            await self._send(agent, "agent", step.agent)
        elif step.note:
            await self._tempo.wait(len(step.note) / _AGENT_TYPING)
            await self._send(agent, "agent", step.note, kind="note")
        elif step.agent_shows:
            await self._show(agent, "agent", step.agent_shows)
        elif step.card is not None:
            await self._write_card(agent, step.card)
        elif step.close:
            await agent.request("PUT", f"/api/conversations/{self.conversation_id}/closure")
        else:
            await self._change(agent, "agent", step.agent_edits)

    async def _until_on_screen(self, agent: Agent, entry: Entry) -> None:
        """Nobody answers what she has not received; what never comes is found by the check at the end."""
        thread = agent.threads[self.conversation_id]
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                while entry.seq not in thread.messages:
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            return

    async def _read_and_type(self, agent: Agent, text: str) -> None:
        heard = self._last.get("customer")
        asked = len(heard.body or "") if heard else 0
        where = {"conversation_id": self.conversation_id}
        last = max(agent.threads[self.conversation_id].messages, default=0)
        await agent.tell({"type": "mark", "delivered_seq": last, "read_seq": last, **where})
        await self._tempo.wait(1 + asked / _READ_PER_SECOND)
        await agent.tell({"type": "typing", "active": True, **where})
        await self._tempo.wait(len(text) / _AGENT_TYPING * self._dice.uniform(0.8, 1.4))

    async def _write_card(self, agent: Agent, card: Struct) -> None:
        head = agent.threads[self.conversation_id].head
        known = {name: getattr(card, name) for name in card.__struct_fields__ if getattr(card, name)}
        await agent.request("PATCH", f"/api/contacts/{head['contact_id']}", known)

    # Both

    async def _send(
        self, connection: Connection, by: Party, body: str, kind: str = "text", file_id: str = ""
    ) -> None:
        entry = self.ledger.sending(str(new_id()), by, kind, body)
        frame: Json = {"type": "send", "client_id": entry.client_id, "kind": kind, "body": body}
        if file_id:
            frame["file_id"] = file_id
        if by == "agent":
            frame["conversation_id"] = self.conversation_id
        try:
            ack = await connection.call(frame)
        except Refused as refused:
            entry.refused = refused.code
            return
        self.ledger.acknowledged(entry, ack)
        self.conversation_id = ack["conversation_id"]
        if kind != "note":
            self._last[by] = entry

    async def _show(self, party: Visitor | Agent, by: Party, name: str) -> None:
        data = await asyncio.to_thread(draw, name)
        file = await party.upload(f"{name}.png", "image/png", data)
        await self._send(party, by, "", kind="image", file_id=file["id"])

    async def _change(self, connection: Connection, by: Party, body: str) -> None:
        """Give the party's last message another wording, or take it back where there is none."""
        entry = self._last.get(by)
        if entry is None:  # what it was to change has been refused
            return
        where = {"conversation_id": entry.conversation_id, "seq": entry.seq, "ref": str(new_id())}
        frame = {"type": "edit", "body": body} if body else {"type": "recall"}
        entry.body = None
        try:
            await connection.call({**frame, **where})
        except Refused:
            return
        entry.body = body

    # Afterwards

    async def settle(self) -> Verdict:
        """Compare with the server's own history; what is still on its way is given a few seconds."""
        verdict = await self._check()
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                while not verdict.good:
                    await asyncio.sleep(_CHECK_SECONDS)
                    verdict = await self._check()
        except TimeoutError:
            return verdict
        return verdict

    async def _check(self) -> Verdict:
        agent = self.agent.result() if self.agent.done() else None
        places = {entry.conversation_id for entry in self.ledger.entries.values() if entry.conversation_id}
        if self.ledger.entries and not places:
            # Cut off before her first acknowledgement: where that message went, the server knows.
            places = {head["id"] for head in await self.visitor.get("/w/v1/conversations")}
        verdicts = []
        for place in places or {""}:
            reader = agent if agent is not None and place in agent.threads else self.visitor
            history = await read_history(reader, place) if place else []
            thread = self.visitor.threads.get(place)
            whole = reader is agent
            verdicts.append(self.ledger.check(place, history, thread.messages if thread else (), whole=whole))
        return Verdict(
            [name for verdict in verdicts for name in verdict.lost],
            [name for verdict in verdicts for name in verdict.doubled],
            [name for verdict in verdicts for name in verdict.unseen],
            [name for verdict in verdicts for name in verdict.moved],
        )


async def read_history(reader: Visitor | Agent, conversation_id: str) -> list[Json]:
    """Every message the reader may see, oldest first, from the server."""
    root = "/api" if isinstance(reader, Agent) else "/w/v1"
    path = f"{root}/conversations/{conversation_id}"
    snapshot = await reader.get(path)
    messages: list[Json] = snapshot["messages"]
    before: str | None = str(messages[0]["seq"]) if messages and messages[0]["seq"] > 1 else None
    while before is not None:
        page = await reader.get(f"{path}/messages?before={before}&limit={_PAGE}")
        messages = page["items"] + messages
        before = page["next"]
    return messages
