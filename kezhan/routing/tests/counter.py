"""Reception's settings as its manager sees them: she asks at the door, and is no seat herself."""

from typing import Any
from uuid import UUID

import httpx2
import msgspec

from kezhan.channels.tests.people import Shop
from kezhan.conversations.tests.factories import make_member, make_session
from kezhan.routing.policy import Policy, Rule
from kezhan.routing.tests.factories import Lobby
from kezhan.simulate.client import Agent

POLICY = "/api/routing-policy"


class Counter:
    def __init__(self, shop: Shop, lobby: Lobby, boss: Agent) -> None:
        self.shop, self.lobby, self.boss = shop, lobby, boss

    async def save(self, *rules: Rule, version: int | None = None, despite: bool = True) -> httpx2.Response:
        body = {"version": await self.version() if version is None else version, "despite": despite}
        policy = msgspec.to_builtins(Policy(rules=[*rules]))
        return await self.boss.request("PUT", POLICY, {**body, "policy": policy})

    async def saved(self, *rules: Rule) -> int:
        answer = await self.save(*rules)
        assert answer.status_code == 200 and answer.json()["version"], answer.text
        return int(answer.json()["version"])

    async def version(self) -> int:
        return int((await self.boss.get(POLICY))["version"])

    async def preview(self, *rules: Rule) -> Any:
        body = {"version": 0, "policy": msgspec.to_builtins(Policy(rules=[*rules]))}
        answer = await self.boss.request("POST", f"{POLICY}/preview", body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def make(self, path: str, **form: Any) -> Any:
        answer = await self.boss.request("POST", f"/api/{path}", form)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def skill(self, name: str = "退款", kind: str = "skill", code: str = "") -> str:
        return str((await self.make("skills", name=name, kind=kind, code=code))["id"])

    async def give(self, who: str, **levels: int) -> None:
        """The seat of this name has these skills, by their names, and no others."""
        ids = {row["name"]: row["id"] for row in (await self.boss.get("/api/skills"))["items"]}
        form = {"skills": {ids[name]: level for name, level in levels.items()}}
        answer = await self.boss.request("PATCH", f"/api/seats/{self.lobby.ids[who]}", form)
        assert answer.status_code == 200, answer.text

    async def waits(self, conversation_id: UUID) -> Any:
        (row,) = await self.lobby.rows("select * from waits where conversation_id = $1", conversation_id)
        return row

    async def queues(self, conversation_id: UUID) -> set[UUID]:
        rows = await self.lobby.rows(
            "select queue_id from wait_queues where conversation_id = $1", conversation_id
        )
        return {row["queue_id"] for row in rows}

    async def deeds(self) -> list[str]:
        """What the log says of the settings, oldest first."""
        rows = await self.lobby.rows(
            "select action from audit_log where action like any($1::text[]) order by at, id",
            [f"{one}.%" for one in ("routing_policy", "reception", "seat", "skill", "break_reason", "queue",
                                    "channel_weight")],
        )  # fmt: skip
        return [row["action"] for row in rows]


async def open_counter(shop: Shop, role: str = "admin", **settings: Any) -> Counter:
    lobby = await Lobby(shop).open(**settings)
    return Counter(shop, lobby, await colleague(shop, role))


async def colleague(shop: Shop, role: str, name: str = "店长") -> Agent:
    """Signed in, without a line: her seat stays empty."""
    member_id = await make_member(shop.db, shop.workspace_id, role, name)
    token = await make_session(shop.db, shop.workspace_id, member_id)
    return await Agent.with_cookie(shop.url, f"kz_session={token}", shop.http)
