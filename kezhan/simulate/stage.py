"""Many conversations at once: customers arrive at a rate, automatic agents serve them, the sums are kept."""

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx2
from msgspec import Struct

from kezhan.simulate.client import Agent, Refused, Visitor
from kezhan.simulate.ledger import Totals
from kezhan.simulate.play import Play, Tempo
from kezhan.simulate.script import Script, Step, scripts, spoken
from kezhan.simulate.thread import Json

_CLOSING_SECONDS = 10.0
_TELL_SECONDS = 5.0
Tell = Callable[[str], None]


class Plan(Struct, frozen=True, kw_only=True):
    """At most `customers` at a time, `rate` new ones a minute for `minutes`; the last ones finish, but no
    later than `grace` seconds after. `language`: zh-CN, en or both. The same `seed` casts the same plays."""

    customers: int
    rate: float
    minutes: float
    language: str = "both"
    seed: int = 1
    grace: float = 300
    tempo: Tempo = Tempo()

    @property
    def arrivals(self) -> int:
        return max(1, round(self.rate * self.minutes))


class Stage:
    """`agents` are signed in and open; they take only conversations of this stage, never a stranger's."""

    def __init__(self, url: str, site_key: str, agents: Sequence[Agent], http: httpx2.AsyncClient) -> None:
        self.totals = Totals()
        self.present = 0
        self._url = url
        self._site_key = site_key
        self._agents = agents
        self._http = http
        self._plays: dict[str, Play] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._taking: set[str] = set()
        self._turn = 0
        for agent in agents:
            agent.heard.append(functools.partial(self._hear, agent))

    # Customers

    async def run(self, plan: Plan, stop: asyncio.Event, tell: Tell = lambda line: None) -> Totals:
        """Play until the plan is fulfilled or `stop` is set."""
        dice = random.Random(plan.seed)  # noqa: S311 - who comes when is no secret
        cast = _cast(plan, dice)
        teller = asyncio.create_task(self._tell_progress(plan, tell))
        ends = asyncio.create_task(stop.wait())
        pause = plan.minutes * 60 / plan.arrivals
        begun = time.monotonic()
        try:
            for number, script in enumerate(cast):
                await _first(ends, asyncio.sleep(begun + number * pause - time.monotonic()))
                while self.present >= plan.customers and not stop.is_set():
                    await _first(ends, asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED))
                if stop.is_set():
                    break
                self._begin(self.play(script, script.steps, plan.tempo, random.Random(dice.random())))  # noqa: S311
            if self._under_way:
                await _first(ends, asyncio.wait(self._under_way, timeout=plan.grace))
            await self._end_plays()
        finally:
            teller.cancel()
            ends.cancel()
        return self.totals

    async def play(
        self,
        script: Script,
        steps: Sequence[Step],
        tempo: Tempo,
        dice: random.Random,
        agent: Agent | None = None,
    ) -> None:
        """One customer from her arrival to the check of what became of her messages. With `agent` it is she
        who serves, at once; else whoever of the stage is free."""
        visitor = Visitor(self._url, self._site_key, self._http, script.browser)
        play = Play(script, visitor, self._url, tempo, dice)
        self.present += 1
        try:
            await play.arrive()
            visitor.heard.append(lambda frame: self._enter(play, frame, agent))
            await play.perform(steps, served=agent is not None or bool(self._agents))
        except (httpx2.HTTPError, OSError, Refused) as fault:
            self.totals.add_fault("broken off", fault)
        finally:
            await asyncio.shield(asyncio.ensure_future(self._finish(play)))

    async def _finish(self, play: Play) -> None:
        try:
            async with asyncio.timeout(_CLOSING_SECONDS):
                self.totals.add(play.ledger, await play.settle())
                await play.leave()
        except (httpx2.HTTPError, OSError, TimeoutError) as fault:
            self.totals.add_fault("not checked", fault)
        await play.visitor.close()
        self._plays.pop(play.conversation_id, None)
        if play.agent.done():
            await play.agent.result().unwatch(play.conversation_id)
        self.present -= 1

    def _begin(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _end_plays(self) -> None:
        for task in tuple(self._under_way):
            task.cancel()
        await asyncio.gather(*tuple(self._under_way), return_exceptions=True)

    async def _tell_progress(self, plan: Plan, tell: Tell) -> None:
        begun = time.monotonic()
        while True:
            await asyncio.sleep(_TELL_SECONDS)
            totals = self.totals
            tell(
                f"{time.monotonic() - begun:5.0f} s  here {self.present}, done {totals.conversations} of"
                f" {plan.arrivals}, messages {totals.sent}, lost {len(totals.lost)},"
                f" doubled {len(totals.doubled)}"
            )

    # Agents

    def _enter(self, play: Play, frame: Json, agent: Agent | None) -> None:
        """The customer's first acknowledgement says which conversation is hers."""
        if frame["type"] != "ack" or play.agent.done() or frame["conversation_id"] in self._plays:
            return
        play.conversation_id = frame["conversation_id"]
        self._plays[play.conversation_id] = play
        if agent is not None:
            self._take(agent, play)
            return
        # Where the lists were quicker than the acknowledgement, the row stands there already.
        for other in self._agents:
            self._look_at(other, play)

    def _hear(self, agent: Agent, frame: Json) -> None:
        if frame["type"] == "changed" and frame["conversation_id"] in self._plays:
            self._plays[frame["conversation_id"]].ledger.hear("agent", frame)
        elif frame["type"] == "listed":
            for change in frame["changes"]:
                play = self._plays.get(change["conversation_id"])
                if play is not None and change.get("head"):
                    play.ledger.hear_up_to("agent", play.conversation_id, change["head"]["last_seq"])
                    self._look_at(agent, play)
        elif frame["type"] == "lists":
            for play in self._plays.values():
                self._look_at(agent, play)

    def _look_at(self, agent: Agent, play: Play) -> None:
        row = agent.rows.get(play.conversation_id)
        if row is not None and row["state"] == "queued":
            self._offer(play)

    def _offer(self, play: Play) -> None:
        """Agents take turns."""
        if not play.agent.done() and play.conversation_id not in self._taking:
            self._turn += 1
            self._take(self._agents[self._turn % len(self._agents)], play)

    def _take(self, agent: Agent, play: Play) -> None:
        self._taking.add(play.conversation_id)
        self._begin(self._serve(agent, play))

    async def _serve(self, agent: Agent, play: Play) -> None:
        """Take the conversation and follow it; where a person was quicker, it is hers."""
        path = f"/api/conversations/{play.conversation_id}"
        try:
            answer = await agent.request("PUT", f"{path}/assignment", {})
            answer.raise_for_status()
            await agent.watch(play.conversation_id)
        except httpx2.HTTPError:
            return
        finally:
            self._taking.discard(play.conversation_id)
        if not play.agent.done():
            play.agent.set_result(agent)


def _cast(plan: Plan, dice: random.Random) -> list[Script]:
    """Every script once before one comes again."""
    names: list[str] = []
    while len(names) < plan.arrivals:
        more = spoken(plan.language)
        dice.shuffle(more)
        names += more
    return [scripts()[name] for name in names[: plan.arrivals]]


async def _first(ends: asyncio.Task[Any], work: Any) -> None:
    """Wait for `work`, or until it is to end."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({ends, task}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
