"""A workspace with a supervisor, an agent in a team and one in none, who keep views and act on many."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from kezhan.conversations.tests.place import Member, Place, make_place
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.testing import Running

Json = dict[str, Any]
ENDED = ("done", "cancelled", "undone")


@dataclass
class Desk:
    place: Place
    boss: Member
    agent: Member
    other: Member
    team_id: UUID

    async def kept(self, member: Member | None = None, **changes: Any) -> Json:
        """A view of the supervisor's own unless told otherwise."""
        answer = await (member or self.boss).ask("POST", "/api/views", form(**changes))
        assert answer.status_code == 201, answer.text
        view: Json = answer.json()
        return view

    async def held(self, member: Member, view: Json, more: str = "") -> list[str]:
        """The ids in a view, in its order, read in pages of two; its count is the same."""
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            path = f"/api/views/{view['id']}/conversations?limit=2{more}&after={after}"
            page = await member.get(path)
            found += [row["head"]["id"] for row in page["items"]]
            after = page["next"]
        counted = await member.get(f"/api/view-counts?ids={view['id']}")
        assert counted["items"] == [{"id": view["id"], "count": len(found)}]
        return found

    async def act(self, member: Member, act: str, ids: list[UUID], **more: Any) -> Json:
        """An act on many, when it has ended."""
        body = {"client_id": str(new_id()), "act": act, "ids": [str(one) for one in ids], **more}
        answer = await member.ask("POST", "/api/bulk-acts", body)
        assert answer.status_code == 201, answer.text
        return await self.ended(member, answer.json()["id"])

    async def ended(self, member: Member, bulk_id: str) -> Json:
        async def look() -> Json | None:
            bulk: Json = await member.get(f"/api/bulk-acts/{bulk_id}")
            return bulk if bulk["state"] in ENDED else None

        return await until(look)

    async def stands(self, conversation_id: UUID) -> tuple[str, UUID | None, bool]:
        (row,) = await self.place.rows(
            "select state, assignee_id, parked_at is not null as parked from conversations where id = :id",
            id=conversation_id,
        )
        return row.state, row.assignee_id, row.parked


async def make_desk(house: Running, http: httpx2.AsyncClient) -> Desk:
    place = await make_place(house, http)
    boss, agent, other = await place.member("supervisor"), await place.member(), await place.member()
    team_id = UUID((await boss.ask("POST", "/api/teams", {"name": "售前"})).json()["id"])
    await boss.ask("PUT", f"/api/teams/{team_id}/members", {"member_ids": [str(agent.id)]})
    return Desk(place, boss, agent, other, team_id)


def form(*conditions: Json, **changes: Any) -> Json:
    """The body of a request."""
    plain = {"name": "等待中", "icon": "clock", "colour": "amber", "sort": "active", "scope": "personal"}
    return {**plain, "filter": wanted(*conditions), **changes}


def wanted(*conditions: Json, join: str = "all") -> Json:
    """A filter of one group."""
    return {"v": 1, "join": "all", "groups": [{"join": join, "conditions": conditions}] if conditions else []}


def any_of(field: str, *values: object, **more: Any) -> Json:
    return {"is": "any_of", "field": field, "values": [str(value) for value in values], **more}
