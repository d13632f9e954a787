"""A workspace with word lists, whose supervisor keeps them and whose agent writes."""

from dataclasses import dataclass
from typing import Any

import httpx2

from kezhan.conversations.tests.place import Json, Member, Place, make_place
from kezhan.kit.testing import until
from kezhan.screening.schemas import Side
from kezhan.testing import Running

ROOT = "/api/word-lists"


@dataclass
class Desk:
    place: Place
    boss: Member
    agent: Member

    async def listed(self, *words: str, **changes: Any) -> Json:
        """A list that every message is looked at by when this returns."""
        answer = await self.boss.ask("POST", ROOT, form(*words, **changes))
        assert answer.status_code == 201, answer.text
        made: Json = answer.json()
        screens = self.place.desk.screens
        sides: tuple[Side, ...] = ("customers", "agents")
        await until(lambda: any(screens.find(self.place.workspace_id, side, words[-1]) for side in sides))
        return made

    async def hits(self) -> list[Json]:
        """Oldest first, once all that were seen are kept."""

        async def kept() -> bool:
            return self.place.workspace_id not in self.place.desk.screens._hits

        await until(kept)
        found: list[Json] = (await self.boss.get("/api/word-hits"))["items"]
        return found[::-1]


async def make_desk(house: Running, http: httpx2.AsyncClient) -> Desk:
    place = await make_place(house, http)
    return Desk(place, await place.member("supervisor"), await place.member())


def form(*words: str, **changes: Any) -> Json:
    """The body of a request."""
    return {"name": "词表", "customers": "record", "agents": "warn", "words": list(words)} | changes
