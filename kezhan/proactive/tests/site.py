"""A website, its visitors and the people who look at it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import text

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import PATIENCE, until
from kezhan.simulate.client import Agent, Visitor
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

Json = dict[str, Any]
HOME = "https://tea.example/"
RULE: Json = {
    "name": "看了岩茶的",
    "texts": {"zh": "在看岩茶吗？", "en": "Looking for rock tea?"},
    "conditions": {"pages": ["/rock"], "staffed": False, "business_hours": False},
}


@dataclass
class Site:
    house: Running
    shop: Shop
    client: httpx2.AsyncClient

    async def visitor(self, page: str = "", title: str = "", **more: Any) -> Visitor:
        return await self.shop.visitor(page={"url": HOME + page, "title": title}, **more)

    async def someone(self, role: str = "agent") -> httpx2.AsyncClient:
        return (await member_client(self.house, role, self.shop.workspace_id))[1]

    async def here(self, **asked: Any) -> list[Json]:
        return list((await self.page(**asked))["items"])

    async def page(self, **asked: Any) -> Json:
        answer = await self.client.get("/api/visitors/now", params=asked)
        assert answer.status_code == 200, answer.text
        page: Json = answer.json()
        return page

    async def invite(self, visitor: Visitor, words: str = "需要帮忙吗？", **more: Any) -> httpx2.Response:
        client = more.get("client") or self.client
        return await client.post(f"/api/visitors/{visitor.id}/invites", json={"text": words})

    async def rule(self, **changes: Any) -> Json:
        """A rule like RULE; `conditions` of it are added to RULE's."""
        conditions = {**RULE["conditions"], **changes.pop("conditions", {})}
        form = {**RULE, **changes, "conditions": conditions}
        answer = await self.client.post("/api/invite-rules", json=form)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def offer(self, visitor: Visitor) -> Json:
        answer = await self.shop.http.get(self.shop.url + "/w/v1/invites", headers=visitor.headers)
        if answer.status_code == 204:
            return {"invite": None, "rules": []}
        offer: Json = answer.json()
        assert offer["invite"] or offer["rules"]
        return offer

    async def met(self, visitor: Visitor, rule: Json, language: str = "zh-CN") -> httpx2.Response:
        headers = {**visitor.headers, "Accept-Language": language}
        body = {"rule_id": rule["id"]}
        return await self.shop.http.post(self.shop.url + "/w/v1/invites", json=body, headers=headers)

    async def answer(self, visitor: Visitor, invite_id: str, said: str) -> httpx2.Response:
        address = f"{self.shop.url}/w/v1/invites/{invite_id}/answer"
        return await self.shop.http.put(address, json={"answer": said}, headers=visitor.headers)

    async def change(self, statement: str, **values: Any) -> None:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            await tx.run(text(statement), values)

    async def pass_time(self, interval: str) -> None:
        """Every invitation so far was made so much earlier."""
        await self.change(
            "update invites set sent_at = sent_at - cast(cast(:by as text) as interval),"
            " answered_at = answered_at - cast(cast(:by as text) as interval)",
            by=interval,
        )

    async def rows(self, statement: str) -> list[Any]:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            return list(await tx.rows(text(statement)))

    async def contact_of(self, visitor: Visitor) -> UUID:
        [row] = await self.rows(f"select contact_id from identities where id = '{visitor.id}'")  # noqa: S608
        contact_id: UUID = row.contact_id
        return contact_id


async def make_site(house: Running) -> Site:
    shop = await make_shop(house)
    _, client = await member_client(house, "supervisor", shop.workspace_id)
    return Site(house, shop, client)


async def go(visitor: Visitor, page: str, title: str = "") -> None:
    """Another page of the site; comes back when the server has dealt with it."""
    done = asyncio.Event()
    visitor.heard.append(lambda frame: done.set() if frame["type"] == "pong" else None)
    await visitor.tell({"type": "page", "url": HOME + page if page else "", "title": title})
    await visitor.tell({"type": "ping"})
    await asyncio.wait_for(done.wait(), PATIENCE)


def frames(who: Agent | Visitor, kind: str) -> list[Json]:
    """What it hears of this kind from now on."""
    heard: list[Json] = []
    who.heard.append(lambda frame: heard.append(frame) if frame["type"] == kind else None)
    return heard


async def gone(site: Site, visitor: Visitor) -> None:
    await visitor.close()
    presence = site.house.house.desk.presence
    still: Callable[[], bool] = lambda: not presence.online(("visitor", UUID(visitor.id)))  # noqa: E731
    await until(still)
