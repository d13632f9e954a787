"""A workspace with people who may keep segments and one who may not; customers told apart by one thing."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.ids import new_id
from kezhan.testing import Running

Json = dict[str, Any]


@dataclass
class People:
    place: Place
    owner: Member
    boss: Member
    agent: Member
    ids: dict[str, UUID] = field(default_factory=dict)
    """Contacts by the names tests use."""
    talks: dict[str, UUID] = field(default_factory=dict)
    """Their conversations."""

    async def come(self, *names: str) -> None:
        for name in names:
            self.talks[name] = await self.place.talk()
            (row,) = await self.place.rows(
                "select contact_id from conversations where id = :id", id=self.talks[name]
            )
            self.ids[name] = row.contact_id
            await self.put(name, "name = :name, sort_key = :name", name=name)

    async def put(self, who: str, words: str, **values: Any) -> None:
        await self.place.run(f"update contacts set {words} where id = :id", id=self.ids[who], **values)  # noqa: S608

    async def kept(self, *conditions: Json, member: Member | None = None, **changes: Any) -> Json:
        answer = await (member or self.boss).ask("POST", "/api/segments", form(*conditions, **changes))
        assert answer.status_code == 201, answer.text
        segment: Json = answer.json()
        return segment

    async def names(self, member: Member, segment: Json) -> list[str]:
        """Of those in it, read in pages of two; its count is the same."""
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await member.get(f"/api/segments/{segment['id']}/contacts?limit=2&after={after}")
            found += [one["name"] for one in page["items"]]
            after = page["next"]
        counted = await member.get(f"/api/segment-counts?ids={segment['id']}")
        assert counted["items"] == [{"id": segment["id"], "count": len(found)}]
        return found

    async def held(self, *conditions: Json, join: str = "all", member: Member | None = None) -> set[str]:
        """Of a preview, in one page."""
        body = wanted(*conditions, join=join)
        answer = await (member or self.boss).ask("POST", "/api/segment-preview?limit=100", body)
        assert answer.status_code == 200, answer.text
        shown = answer.json()
        assert shown["count"] == len(shown["items"])
        assert shown["next"] is None
        return {one["name"] for one in shown["items"]} & set(self.ids)


async def make_people(house: Running, http: httpx2.AsyncClient) -> People:
    place = await make_place(house, http)
    members = [await place.member(role) for role in ("owner", "supervisor", "agent")]
    owner, boss, agent = members
    return People(place, owner, boss, agent)


def wanted(*conditions: Json, join: str = "all") -> Json:
    return {"v": 1, "join": "all", "groups": [{"join": join, "conditions": conditions}] if conditions else []}


def form(*conditions: Json, **changes: Any) -> Json:
    plain = {"name": str(new_id()), "description": "", "filter": wanted(*conditions)}
    return {**plain, **changes}


def any_of(what: str, *values: object, **more: Any) -> Json:
    return {"is": "any_of", "field": what, "values": [str(value) for value in values], **more}


def one(kind: str, what: str, **more: Any) -> Json:
    return {"is": kind, "field": what, **more}
