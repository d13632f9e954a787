"""A shop whose customers are asked how it was, and the people at its desk."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import until
from kezhan.simulate.client import Visitor
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

Json = dict[str, Any]
CSAT: Json = {"key": "a", "kind": "csat"}
SURVEY: Json = {"questions": [CSAT], "ask": {"zh": "这次服务如何？", "en": "How was it?"}}


def given(number: int, *more: Json, comment: str = "", key: str = "a") -> Json:
    return {"replies": [{"key": key, "number": number}, *more], "comment": comment}


@dataclass
class Counter:
    house: Running
    shop: Shop
    owner: httpx2.AsyncClient
    agent: httpx2.AsyncClient
    agent_id: UUID

    async def survey(self, name: str = "评价", *, active: bool = True, **definition: Any) -> Json:
        form = {"name": name, "active": active, "definition": {**SURVEY, **definition}}
        answer = await self.owner.post("/api/surveys", json=form)
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        return made

    async def someone(self, role: str = "agent") -> httpx2.AsyncClient:
        return (await member_client(self.house, role, self.shop.workspace_id))[1]

    async def served(self, *, ends: bool = True, words: str = "您好", **arrives: Any) -> tuple[Visitor, str]:
        """A customer whom the agent has answered, and her conversation."""
        visitor = await self.shop.visitor(**arrives)
        conversation_id: str = (await visitor.say("你好"))["conversation_id"]
        path = f"/api/conversations/{conversation_id}"
        await self.agent.put(f"{path}/assignment", json={})
        if words:
            form = {"client_id": f"a-{time.monotonic_ns()}", "kind": "text", "body": words}
            assert (await self.agent.post(f"{path}/messages", json=form)).status_code == 201
        if ends:
            assert (await self.agent.put(f"{path}/closure")).status_code < 300
        return visitor, conversation_id

    async def thread(self, conversation_id: str) -> list[Json]:
        answer = await self.owner.get(f"/api/conversations/{conversation_id}")
        return list(answer.json()["messages"])

    async def asked(self, conversation_id: str) -> str:
        """Wait until the customer is asked; the invitation's id."""

        async def look() -> str:
            for message in await self.thread(conversation_id):
                if (message.get("payload") or {}).get("is") == "survey":
                    return str(message["payload"]["invite_id"])
            return ""

        return await until(look)

    async def result(self, conversation_id: str, client: httpx2.AsyncClient | None = None) -> Json:
        answer = await (client or self.owner).get(f"/api/conversations/{conversation_id}/survey")
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def hers(self, visitor: Visitor, invite_id: str, language: str = "zh-CN") -> httpx2.Response:
        headers = {**visitor.headers, "Accept-Language": language}
        return await self.shop.http.get(f"{self.shop.url}/w/v1/surveys/{invite_id}", headers=headers)

    async def answers(self, visitor: Visitor, invite_id: str, form: Json) -> httpx2.Response:
        path = f"{self.shop.url}/w/v1/surveys/{invite_id}/answer"
        return await self.shop.http.put(path, json=form, headers=visitor.headers)

    async def rows(self, statement: str, *values: Any) -> list[Any]:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            return list(await tx.fetch(statement, *values))

    async def expire(self) -> None:
        """Every invitation so far is over."""
        await self.rows("update survey_invites set expires_at = now() - interval '1 second'")


async def make_counter(house: Running) -> Counter:
    shop = await make_shop(house)
    _, owner = await member_client(house, "owner", shop.workspace_id)
    person, agent = await member_client(house, "agent", shop.workspace_id)
    return Counter(house, shop, owner, agent, person.id)
