"""A shop on two processes at once."""

import contextlib

from sqlalchemy import text

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_member, make_session
from kezhan.simulate.client import Agent, Visitor
from kezhan.testing import Running


class Pair:
    """A shop whose customers are on the first process and whose agents on the second."""

    def __init__(self, one: Running, two: Running, shop: Shop) -> None:
        self.one, self.two, self.shop = one, two, shop
        self.houses = one, two
        self.opened: list[Agent | Visitor] = []

    async def visitor(self, house: Running | None = None, token: str = "") -> Visitor:
        visitor = Visitor((house or self.one).url, self.shop.site_key, self.shop.http)
        visitor.token = token
        await visitor.arrive()
        self.opened.append(visitor)
        return visitor

    async def agent(self, role: str = "supervisor", house: Running | None = None) -> Agent:
        member_id = await make_member(self.shop.db, self.shop.workspace_id, role, "林晚晴")
        token = await make_session(self.shop.db, self.shop.workspace_id, member_id)
        return await self.again(f"kz_session={token}", house)

    async def again(self, cookie: str, house: Running | None = None) -> Agent:
        """The same person on another device."""
        agent = await Agent.with_cookie((house or self.two).url, cookie, self.shop.http)
        agent.name = "林晚晴"
        self.cookie = cookie
        await agent.open()
        self.opened.append(agent)
        return agent

    async def talk(self) -> tuple[Visitor, Agent, str]:
        visitor, agent = await self.visitor(), await self.agent()
        conversation_id = (await visitor.say("hello"))["conversation_id"]
        await agent.watch(conversation_id)
        return visitor, agent, conversation_id

    async def cut_buses(self) -> None:
        """Hints are lost on both sides."""
        async with self.shop.db.system_tx() as tx:
            await tx.run(_CUT)

    async def close(self) -> None:
        for one in self.opened:
            with contextlib.suppress(Exception):
                await one.close()


_CUT = text(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
    " and pid <> pg_backend_pid() and query like '%pg_notify%'"
)
