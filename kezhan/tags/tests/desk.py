"""A workspace with a supervisor, an agent and an inspector, who put tags on things."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from kezhan.conversations.tests.place import Json, Member, Place, make_place
from kezhan.testing import Running

ROOT = "/api/tags"


@dataclass
class Desk:
    place: Place
    boss: Member
    agent: Member
    inspector: Member

    async def made(self, name: str, **changes: Any) -> Json:
        answer = await self.boss.ask("POST", ROOT, form(name, **changes))
        assert answer.status_code == 201, answer.text
        tag: Json = answer.json()
        return tag

    async def names(self) -> dict[str, Json]:
        """Every tag by its name."""
        return {tag["name"]: tag for tag in (await self.agent.get(ROOT))["items"]}

    async def contact_of(self, talk: UUID) -> UUID:
        (row,) = await self.place.rows("select contact_id from conversations where id = :id", id=talk)
        found: UUID = row.contact_id
        return found

    async def on_talk(self, talk: UUID) -> list[str]:
        head = (await self.boss.get(f"/api/conversations/{talk}"))["head"]
        found: list[str] = head["tags"]
        return found

    async def on_contact(self, contact: UUID) -> list[str]:
        found: list[str] = (await self.boss.get(f"/api/contacts/{contact}/tags"))["ids"]
        return found

    async def put(self, member: Member, thing: str, thing_id: UUID, tag: Json, method: str = "PUT") -> str:
        """The refusal's code, empty where it went well."""
        answer = await member.ask(method, f"/api/{thing}s/{thing_id}/tags/{tag['id']}")
        return answer.json()["code"] if answer.is_error else ""

    async def audited(self) -> list[str]:
        rows = await self.place.rows("select action from audit_log order by at, id")
        return [row.action for row in rows if "tag" in row.action]

    async def told(self) -> list[str]:
        rows = await self.place.rows("select kind from outbox where kind like 'tag.%' order by id")
        return [row.kind for row in rows]


async def make_desk(house: Running, http: httpx2.AsyncClient) -> Desk:
    place = await make_place(house, http)
    boss, agent = await place.member("supervisor"), await place.member()
    return Desk(place, boss, agent, await place.member("inspector"))


def form(name: str, **changes: Any) -> Json:
    """The body of a request."""
    return {
        "name": name,
        "colour": "pine",
        "group": "",
        "for_contacts": True,
        "for_conversations": True,
    } | changes
