"""A shop with its people, over the real protocol."""

import contextlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from kezhan.channels.accounts import create_account
from kezhan.channels.first_run import ADAPTER
from kezhan.channels.schemas import ChannelMake
from kezhan.conversations.tests.factories import make_member, make_session, make_workspace
from kezhan.simulate.client import Agent, Visitor


@dataclass
class Shop:
    """One workspace with a website channel; whoever it makes is closed with it."""

    url: str
    db: Any
    keyring: Any
    workspace_id: UUID
    account_id: UUID
    site_key: str
    secret: str
    http: httpx2.AsyncClient
    opened: list[Agent | Visitor] = field(default_factory=list)

    async def visitor(self, **more: Any) -> Visitor:
        visitor = Visitor(self.url, self.site_key, self.http)
        await visitor.arrive(**more)
        self.opened.append(visitor)
        return visitor

    async def agent(self, role: str = "agent", name: str = "林晚晴") -> Agent:
        member_id = await make_member(self.db, self.workspace_id, role, name)
        token = await make_session(self.db, self.workspace_id, member_id)
        agent = await Agent.with_cookie(self.url, f"kz_session={token}", self.http)
        agent.name = name
        await agent.open()
        self.opened.append(agent)
        return agent

    async def close(self) -> None:
        for one in self.opened:
            with contextlib.suppress(Exception):
                await one.close()


async def make_shop(running: Any) -> Shop:
    """A shop in a workspace of its own."""
    workspace_id = await make_workspace(running.db)
    async with running.db.tx(workspace_id) as tx:
        form = ChannelMake(adapter=ADAPTER, name="Tea shop", settings={})
        made = await create_account(tx, running.house.keyring, None, form)
    return Shop(
        url=running.url,
        db=running.db,
        keyring=running.house.keyring,
        workspace_id=workspace_id,
        account_id=made.channel.id,
        site_key=made.channel.public_key,
        secret=made.secret or "",
        http=await running.client(),
    )
