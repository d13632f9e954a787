"""One workspace and its browsers: a supervisor, an agent in a team, another in none."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_workspace, member_client

ROOT = "/api/quick-replies"


@dataclass
class Desk:
    house: Running
    workspace_id: UUID
    boss: httpx2.AsyncClient
    agent: httpx2.AsyncClient
    other: httpx2.AsyncClient
    team_id: str

    async def made(self, client: httpx2.AsyncClient | None = None, **changes: Any) -> Any:
        """A public one of the supervisor's unless told otherwise."""
        answer = await (client or self.boss).post(ROOT, json=form(**changes))
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def listed(self, client: httpx2.AsyncClient, scope: str = "public", **more: Any) -> list[Any]:
        answer = await client.get(ROOT, params={"scope": scope, **more})
        assert answer.status_code == 200, answer.text
        items: list[Any] = answer.json()["items"]
        return items

    async def audited(self) -> list[str]:
        _, owner = await member_client(self.house, "owner", self.workspace_id)
        items = (await owner.get("/api/audit")).json()["items"]
        return [item["action"] for item in items if item["subject_kind"] == "quick_reply"]

    async def file(self, client: httpx2.AsyncClient, name: str = "尺码表.txt") -> str:
        answer = await client.post("/api/files", files={"file": (name, b"S M L", "text/plain")})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


async def make_desk(house: Running) -> Desk:
    workspace_id = await make_workspace(house.db)
    _, boss = await member_client(house, "supervisor", workspace_id)
    person, agent = await member_client(house, "agent", workspace_id)
    _, other = await member_client(house, "agent", workspace_id)
    team_id = (await boss.post("/api/teams", json={"name": "售前"})).json()["id"]
    await boss.put(f"/api/teams/{team_id}/members", json={"member_ids": [str(person.id)]})
    return Desk(house, workspace_id, boss, agent, other, team_id)


def form(**changes: Any) -> dict[str, Any]:
    """The body of a request."""
    plain = {"scope": "public", "category": "售前/优惠", "title": "优惠券怎么领", "code": "yhq"}
    return {**plain, "body": "您好{{customer.name|}}，优惠券在首页领取。", "file_ids": [], **changes}


def edited(reply: Any, **changes: Any) -> dict[str, Any]:
    """The body of a request: the reply as it was seen, but for `changes`."""
    seen = {name: reply[name] for name in ("category", "title", "code", "body", "version")}
    return {**seen, "file_ids": [file["id"] for file in reply["files"]], **changes}
