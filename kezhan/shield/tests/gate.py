"""A shop whose owner keeps its protection, and visitors from addresses of their own."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx2

from kezhan.channels.tests.people import Shop
from kezhan.channels.visitor_schemas import SessionIn, SessionOut
from kezhan.channels.visitor_session import start_session
from kezhan.conversations.desk import Desk
from kezhan.shield.live import Shield
from kezhan.shield.puzzle import zeros
from kezhan.shield.schemas import Puzzle, PuzzleAnswer
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

Json = dict[str, Any]


@dataclass
class Gate:
    desk: Desk
    shop: Shop
    owner: httpx2.AsyncClient

    @property
    def shield(self) -> Shield:
        return self.desk.shield

    async def settle(self, **settings: Any) -> Json:
        """Bounds that hold when this returns."""
        seen = (await self.owner.get("/api/shield")).json()
        body = {"settings": {**seen["settings"], **settings}, "version": seen["version"]}
        answer = await self.owner.put("/api/shield", json=body)
        assert answer.status_code == 200, answer.text
        await self.known()
        found: Json = answer.json()
        return found

    async def known(self) -> None:
        """Once what has changed is in memory."""
        await self.shield._read()

    async def asks(self, puzzle: str) -> None:
        """The site asks new visitors for a puzzle: never, suspicious, always."""
        path = f"/api/channels/{self.shop.account_id}"
        answer = await self.owner.patch(path, json={"settings": {"puzzle": puzzle}})
        assert answer.status_code == 200, answer.text

    async def arrive(self, address: str, **more: Any) -> SessionOut:
        asked = SessionIn(site_key=self.shop.site_key, **more)
        return await start_session(self.desk, asked, {}, address, "en")

    def puzzle(self, address: str) -> Puzzle:
        return self.shield.puzzle(self.shop.workspace_id, self.shop.account_id, address)


def solve(puzzle: Puzzle) -> PuzzleAnswer:
    for number in count():
        answer = PuzzleAnswer(token=puzzle.token, answer=str(number))
        if zeros(answer) >= puzzle.bits:
            return answer
    raise AssertionError


async def make_gate(house: Running, shop: Shop) -> Gate:
    _, owner = await member_client(house, "owner", shop.workspace_id)
    return Gate(house.house.desk, shop, owner)
