"""Snapshot + events = fresh snapshot: whatever happens, in whatever order, over lines that break."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kezhan.channels.tests.people import Shop
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate.client import Agent, Refused, Visitor
from kezhan.simulate.thread import Thread

Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "visitor sends",
                "visitor sends three at once",
                "visitor repeats",
                "visitor edits",
                "visitor recalls",
                "visitor reads",
                "agent sends",
                "agent notes",
                "agent repeats",
                "agent edits",
                "agent recalls",
                "agent reads",
                "take",
                "release",
                "close",
                "reopen",
                "visitor breaks",
                "agent breaks",
                "both break",
                "pause",
            ]
        ),
        st.integers(0, 1_000),
    ),
    min_size=5,
    max_size=30,
)


class Talk:
    """One customer, one agent, and what they do to each other."""

    def __init__(self, visitor: Visitor, agent: Agent) -> None:
        self.visitor = visitor
        self.agent = agent
        self.sent: dict[str, list[tuple[str, str, int]]] = {"visitor": [], "agent": []}
        self.count = 0

    @property
    def current(self) -> str:
        return str(max(self.visitor.threads))

    async def do(self, step: str, number: int) -> None:
        await getattr(self, "_" + step.replace(" ", "_"))(number)

    async def _visitor_sends(self, _: int) -> None:
        self.count += 1
        client_id, body = f"v{self.visitor.id}{self.count}", f"visitor {self.count}"
        ack = await self.visitor.say(body, client_id)
        self.sent["visitor"].append((ack["conversation_id"], client_id, ack["seq"]))
        if ack["conversation_id"] not in self.agent.threads:
            await self.agent.watch(ack["conversation_id"])

    async def _visitor_sends_three_at_once(self, number: int) -> None:
        await self._visitor_sends(number)
        await asyncio.gather(*(self._visitor_sends(number) for _ in range(2)))

    async def _visitor_repeats(self, number: int) -> None:
        conversation_id, client_id, seq = self._pick("visitor", number)
        ack = await self.visitor.say("something else", client_id)
        assert (ack["conversation_id"], ack["seq"]) == (conversation_id, seq)

    async def _agent_sends(self, _: int) -> None:
        await self._agent_says("text")

    async def _agent_notes(self, _: int) -> None:
        await self._agent_says("note")

    async def _agent_says(self, kind: str) -> None:
        self.count += 1
        client_id = f"a{self.visitor.id}{self.count}"
        try:
            ack = await self.agent.say(self.current, f"agent {self.count}", client_id=client_id, kind=kind)
        except Refused as refused:
            assert refused.code == "conversations.closed"
        else:
            self.sent["agent"].append((ack["conversation_id"], client_id, ack["seq"]))

    async def _agent_repeats(self, number: int) -> None:
        if self.sent["agent"]:
            conversation_id, client_id, seq = self._pick("agent", number)
            ack = await self.agent.say(conversation_id, "something else", client_id=client_id)
            assert ack["seq"] == seq

    async def _visitor_edits(self, number: int) -> None:
        await self._change(self.visitor, "visitor", "edit", number)

    async def _visitor_recalls(self, number: int) -> None:
        await self._change(self.visitor, "visitor", "recall", number)

    async def _agent_edits(self, number: int) -> None:
        await self._change(self.agent, "agent", "edit", number)

    async def _agent_recalls(self, number: int) -> None:
        await self._change(self.agent, "agent", "recall", number)

    async def _change(self, who: Agent | Visitor, side: str, kind: str, number: int) -> None:
        if not self.sent[side]:
            return
        conversation_id, _, seq = self._pick(side, number)
        self.count += 1
        frame = {"type": kind, "ref": f"{kind}{self.count}", "conversation_id": conversation_id, "seq": seq}
        try:
            await who.call({**frame, "body": f"edited {self.count}"} if kind == "edit" else frame)
        except Refused as refused:
            assert refused.code == "conversations.not_editable"

    async def _visitor_reads(self, number: int) -> None:
        await self._read(self.visitor, number)

    async def _agent_reads(self, number: int) -> None:
        await self._read(self.agent, number)

    async def _read(self, who: Agent | Visitor, number: int) -> None:
        last = max(who.threads[self.current].messages, default=0)
        read = number % (last + 1)
        await who.tell(
            {"type": "mark", "conversation_id": self.current, "delivered_seq": last, "read_seq": read}
        )

    async def _take(self, _: int) -> None:
        await self.agent.request("PUT", f"/api/conversations/{self.current}/assignment", {})

    async def _release(self, _: int) -> None:
        await self.agent.request("DELETE", f"/api/conversations/{self.current}/assignment")

    async def _close(self, _: int) -> None:
        await self.agent.request("PUT", f"/api/conversations/{self.current}/closure")

    async def _reopen(self, _: int) -> None:
        await self.agent.request("DELETE", f"/api/conversations/{self.current}/closure")

    async def _visitor_breaks(self, _: int) -> None:
        await self.visitor.cut()

    async def _agent_breaks(self, _: int) -> None:
        await self.agent.cut()

    async def _both_break(self, _: int) -> None:
        await asyncio.gather(self.visitor.cut(), self.agent.cut())

    async def _pause(self, number: int) -> None:
        await asyncio.sleep(number / 20_000)

    def _pick(self, side: str, number: int) -> tuple[str, str, int]:
        return self.sent[side][number % len(self.sent[side])]


async def settle(who: Agent | Visitor, snapshot: Any) -> None:
    """Wait until the client's copy stands at the rev of a fresh snapshot, then compare everything."""
    await asyncio.wait_for(who.connected.wait(), PATIENCE)
    for thread in list(who.threads.values()):

        async def level(thread: Thread = thread) -> Any:
            fresh = await snapshot(thread.id)
            return fresh if fresh["rev"] == thread.rev else None

        # A mark nobody waits for may still be on its way: both must stand at the same number at once.
        fresh = await until(level)
        expected = Thread(thread.id)
        expected.load(fresh)
        assert thread.rev == expected.rev
        assert {seq: thread.messages[seq] for seq in expected.messages} == expected.messages
        assert thread.marks == expected.marks
        facts = set(expected.head) & {"state", "assignee_id", "closed_at", "agent"}
        assert {name: thread.head.get(name) for name in facts} == {
            name: expected.head[name] for name in facts
        }


async def settle_lists(agent: Agent, threads: list[str]) -> None:
    """The rows kept by `listed` frames come to be what the list route says. Marks change no list row, so the
    row's own rev may be behind."""
    for conversation_id in threads:
        fresh = (await agent.get(f"/api/conversations/{conversation_id}/row"))["head"]
        wanted = {**fresh, "rev": 0}
        await until(lambda: {**agent.rows[conversation_id], "rev": 0} == wanted)  # noqa: B023


@pytest.fixture
async def pair(shop: Shop) -> Any:
    agent = await shop.agent("supervisor")
    return shop, agent


async def play(shop: Shop, agent: Agent, steps: list[Step]) -> None:
    visitor = await shop.visitor()
    talk = Talk(visitor, agent)
    await talk.do("visitor sends", 0)
    for step, number in steps:
        await asyncio.wait_for(talk.do(step, number), PATIENCE)
    await settle(visitor, visitor.snapshot)
    await settle(agent, lambda conversation_id: agent.get(f"/api/conversations/{conversation_id}"))
    if not agent.lists.get("stale"):
        await settle_lists(agent, list(visitor.threads))
    agent.threads.clear()
    await visitor.close()


def always_the_same(examples: int) -> settings:
    """So many examples, the same in every run."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
        database=None,
        phases=[Phase.generate],
    )


async def test_snapshot_and_events_equal_a_fresh_snapshot(pair: tuple[Shop, Agent]) -> None:
    shop, agent = pair
    loop = asyncio.get_running_loop()

    @always_the_same(25)
    @given(STEPS)
    def check(steps: list[Step]) -> None:
        asyncio.run_coroutine_threadsafe(play(shop, agent, steps), loop).result(120)

    await asyncio.to_thread(check)


@pytest.mark.long
async def test_snapshot_and_events_equal_a_fresh_snapshot_many_times(pair: tuple[Shop, Agent]) -> None:
    shop, agent = pair
    loop = asyncio.get_running_loop()

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(STEPS)
    def check(steps: list[Step]) -> None:
        asyncio.run_coroutine_threadsafe(play(shop, agent, steps), loop).result(120)

    await asyncio.to_thread(check)
