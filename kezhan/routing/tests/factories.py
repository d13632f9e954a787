"""A shop with a reception: seats by name, what waits, who holds what, what happened."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec

from kezhan.channels.tests.people import Shop
from kezhan.kit.clock import now
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.routing import store
from kezhan.routing.policy import Policy, Rule
from kezhan.routing.rules import begin
from kezhan.routing.timers import TIMERS
from kezhan.simulate.client import Agent, Visitor
from kezhan.workspaces.schemas import TeamName
from kezhan.workspaces.teams import create_team
from kezhan.workspaces.tests.factories import caller


class Lobby:
    """The reception of a shop, with words for tests."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.agents: dict[str, Agent] = {}
        self.ids: dict[str, UUID] = {}

    async def open(self, policy: Policy | None = None, **settings: Any) -> "Lobby":
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            await store.add_settings(tx)
            if settings:
                await store.change_settings(tx, settings)
        if policy is not None:
            await self.policy(policy)
        return self

    async def policy(self, policy: Policy) -> None:
        """Put `policy` in force for what comes from now on."""

        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            version = (await store.settings(tx))["version"] + 1  # type: ignore[index]
            await store.add_policy(tx, version, msgspec.json.encode(policy).decode(), None, now())
            await store.change_settings(tx, {"version": version})

    async def team(self, name: str, *members: str) -> UUID:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            who = caller("owner", workspace_id=self.shop.workspace_id)
            made = await create_team(tx, who, TeamName(name))
            for member in members:
                await tx.fetch(
                    "insert into team_members (workspace_id, team_id, membership_id) values ($1, $2, $3)",
                    self.shop.workspace_id, made.id, self.ids[member],
                )  # fmt: skip
        return made.id

    async def agent(self, name: str = "林晚晴", role: str = "agent") -> Agent:
        """Connected, her seat online."""
        agent = await self.shop.agent(role, name)
        self.ids[name] = UUID((await agent.get("/api/me"))["id"])
        self.agents[name] = agent
        await self.until(lambda seats: seats[name]["state"] == "online")
        return agent

    async def customer(self, *words: str) -> tuple[Visitor, UUID]:
        visitor = await self.shop.visitor()
        conversation_id = None
        for word in words or ("你好",):
            conversation_id = (await visitor.say(word))["conversation_id"]
        return visitor, UUID(conversation_id)

    async def ask(self, name: str, method: str, path: str, body: Any = None) -> int:
        """What she asks of the server; its status."""
        return (await self.agents[name].request(method, path, body)).status_code

    async def answer(self, name: str, conversation_id: UUID, *, yes: bool = True) -> int:
        """To an offer."""
        path = f"/api/conversations/{conversation_id}/acceptance"
        return await self.ask(name, "PUT" if yes else "DELETE", path)

    async def close(self, name: str, conversation_id: UUID) -> int:
        return await self.ask(name, "PUT", f"/api/conversations/{conversation_id}/closure")

    async def hand(self, name: str, conversation_id: UUID, **to: UUID) -> int:
        """Give it to `member_id` or `team_id`; to neither: take it."""
        body = {key: str(value) for key, value in to.items()}
        return await self.ask(name, "PUT", f"/api/conversations/{conversation_id}/assignment", body)

    async def ask_over(self, name: str, conversation_id: UUID, note: str = "", **to: UUID) -> int:
        """Hand her own conversation on, to `member_id` or `team_id`."""
        body = {"note": note, **{key: str(value) for key, value in to.items()}}
        return await self.ask(name, "PUT", f"/api/conversations/{conversation_id}/transfer", body)

    async def withdraw(self, name: str, conversation_id: UUID) -> int:
        return await self.ask(name, "DELETE", f"/api/conversations/{conversation_id}/transfer")

    async def told(self, conversation_id: UUID) -> list[str]:
        """The words of the system events in its thread, behind its opening."""
        rows = await self.rows(
            "select payload->>'event' as event from messages"
            " where conversation_id = $1 and kind = 'event' and seq > 1 order by seq",
            conversation_id,
        )
        return [row["event"] for row in rows]

    async def release(self, name: str, conversation_id: UUID) -> int:
        return await self.ask(name, "DELETE", f"/api/conversations/{conversation_id}/assignment")

    async def state(self, name: str, state: str, **more: Any) -> int:
        return await self.ask(name, "PUT", "/api/seat/state", {"state": state, **more})

    async def offered(self, conversation_id: UUID) -> str | None:
        """Who is being asked to accept it."""
        rows = await self.rows(
            "select m.name from waits w join memberships m on m.id = w.offered_to where conversation_id = $1",
            conversation_id,
        )
        return rows[0]["name"] if rows else None

    async def later(self, seconds: float) -> None:
        """The clock goes on: all that is dated lies so much further back, and what falls due is carried
        out."""
        gone = timedelta(seconds=seconds)
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            # In the order in which all who decide take them: the house goes on meanwhile.
            await tx.fetch("select 1 from conversations order by id for update")
            await begin(tx, alone=True)
            for statement in _BACK:
                await tx.fetch(statement, gone)
            due = await tx.fetch("delete from timers where due_at <= now() returning kind, ref, due_at")
        for row in sorted(due, key=lambda row: row["due_at"]):
            async with self.shop.db.tx(self.shop.workspace_id) as tx:
                await TIMERS[row["kind"]](tx, row["ref"])

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            return list(await tx.fetch(statement, *values))

    async def seats(self) -> dict[str, Any]:
        rows = await self.rows("select m.name, s.* from seats s join memberships m on m.id = s.membership_id")
        return {row["name"]: row for row in rows}

    async def until(self, true: Any) -> None:
        """Until `true(seats by name)` holds; who has no seat yet is waited for."""

        async def look() -> bool:
            with contextlib.suppress(KeyError):
                return bool(true(await self.seats()))
            return False

        await until(look)

    async def holder(self, conversation_id: UUID) -> str | None:
        """Whose it is by the conversation itself; that reception says the same is checked on the way. One
        that was passed over because somebody was at work on it, a mark being moved say, has a moment."""
        await self._given(conversation_id)
        (row,) = await self.rows(
            "select m.name, c.assignee_id, h.membership_id, h.offered, c.state from conversations c"
            " left join memberships m on m.id = c.assignee_id"
            " left join holdings h on h.conversation_id = c.id where c.id = $1",
            conversation_id,
        )
        if row["state"] == "assigned":
            assert row["membership_id"] == row["assignee_id"] and not row["offered"]
            return str(row["name"])
        assert row["membership_id"] is None or row["offered"]
        return None

    async def _given(self, conversation_id: UUID | None = None) -> None:
        just = (
            "select 1 from waits where ($1::uuid is null or conversation_id = $1)"
            " and skipped_at > now() - interval '2 seconds'"
        )
        for _ in range(40):
            if not await self.rows(just, conversation_id):
                return
            await asyncio.sleep(0.05)

    async def waiting(self) -> list[UUID]:
        """In the order in which they are served; who was passed over has a moment here too."""
        await self._given()
        rows = await self.rows(
            "select conversation_id from wait_queues where ready"
            " order by message, priority desc, rank_at, conversation_id"
        )
        return list(dict.fromkeys(row["conversation_id"] for row in rows))

    async def happened(self, conversation_id: UUID) -> list[str]:
        rows = await self.rows(
            "select kind from queue_events where conversation_id = $1 order by at, no", conversation_id
        )
        return [row["kind"] for row in rows]

    async def check(self) -> None:
        """Loads are what is held, and nothing is both held and waiting."""
        wrong = await self.rows(
            "select s.membership_id, s.live_used, s.deferred_used, h.live, h.deferred"
            " from seats s left join (select membership_id,"
            " sum(units) filter (where load = 'live' and not parked) as live,"
            " sum(units) filter (where load = 'deferred' and not parked) as deferred"
            " from holdings group by 1) h"
            " on h.membership_id = s.membership_id"
            " where s.live_used <> coalesce(h.live, 0) or s.deferred_used <> coalesce(h.deferred, 0)"
        )
        assert wrong == []
        both = await self.rows(
            "select w.conversation_id from waits w join holdings h on h.conversation_id = w.conversation_id"
            " where not h.offered"
        )
        assert both == []


_DATED = {
    "waits": ("queued_at", "rank_at", "offered_at", "expires_at", "opens_at"),
    "wait_queues": ("rank_at",),
    "holdings": ("since",),
    "seats": ("since", "lost_at", "idle_since"),
    "conversations": ("transfer_at", "transfer_until"),
    "timers": ("due_at",),
}
_BACK = [
    f"update {table} set {', '.join(f'{name} = {name} - $1::interval' for name in names)}"  # noqa: S608
    for table, names in _DATED.items()
]


def rule(name: str = "everybody", **facts: Any) -> Rule:
    return Rule(id=new_id(), name=name, **facts)
