"""One workspace and its browsers, for what is asked at the door."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2

from kezhan.conversations.tests.factories import make_account
from kezhan.hours.tests.factories import form
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_workspace, member_client


@dataclass
class Office:
    """A workspace, its supervisor's browser, one channel."""

    house: Running
    workspace_id: UUID
    client: httpx2.AsyncClient
    account_id: UUID

    async def schedule(self, name: str = "前台", hours: str = "Mon-Fri 09:00-18:00", **more: Any) -> Any:
        made = await self.client.post("/api/schedules", json=form(hours, name=name, **more))
        assert made.status_code == 201, made.text
        return made.json()

    async def edit(self, schedule: Any, **changes: Any) -> httpx2.Response:
        """Save a schedule as it was seen, but for `changes`."""
        names = ("name", "time_zone", "weekly", "holiday_set_ids", "version")
        body = {**{name: schedule[name] for name in names}, **changes}
        return await self.client.put(f"/api/schedules/{schedule['id']}", json=body)

    async def holidays(self, name: str = "年会", days: Any = ()) -> Any:
        made = await self.client.post("/api/holidays", json={"name": name, "days": list(days)})
        assert made.status_code == 201, made.text
        return made.json()

    async def team(self, name: str = "售前") -> str:
        return str((await self.client.post("/api/teams", json={"name": name})).json()["id"])

    async def use(self, kind: str, ref_id: Any, schedule: Any) -> httpx2.Response:
        body = {"schedule_id": schedule["id"]}
        return await self.client.put(f"/api/schedule-uses/{kind}/{ref_id}", json=body)

    async def colleague(self, role: str) -> httpx2.AsyncClient:
        _, client = await member_client(self.house, role, self.workspace_id)
        return client


async def make_office(house: Running) -> Office:
    workspace_id = await make_workspace(house.db)
    _, client = await member_client(house, "supervisor", workspace_id)
    return Office(house, workspace_id, client, await make_account(house.db, workspace_id))
