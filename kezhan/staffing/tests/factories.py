"""A workspace with people and shifts, by the door."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2

from kezhan.testing import Running
from kezhan.workspaces.tests.factories import Person, make_person, make_workspace, sign_in

MONDAY = date.today() + timedelta(days=14 - date.today().weekday())
EARLY = {"name": "早班", "starts": "09:00", "ends": "13:00", "colour": "pine"}
LATE = {"name": "晚班", "starts": "13:00", "ends": "22:00", "colour": "amber"}
NIGHT = {"name": "夜班", "starts": "22:00", "ends": "06:00", "colour": "violet"}


class Floor:
    """A supervisor's client, her agents and three shifts."""

    def __init__(self, house: Running, lead: Person, client: httpx2.AsyncClient) -> None:
        self.house, self.lead, self.client = house, lead, client
        self.agents: list[Person] = []
        self.shifts: dict[str, str] = {}

    @property
    def workspace_id(self) -> UUID:
        return self.lead.workspace_id

    async def put(self, *cells: tuple[Person, date, Sequence[str]]) -> Any:
        body = [
            {
                "membership_id": str(person.id),
                "day": day.isoformat(),
                "shift_ids": [self.shifts[name] for name in names],
            }
            for person, day, names in cells
        ]
        return await self.client.put("/api/roster", json={"cells": body})

    async def planned(self, since: date = MONDAY, days: int = 7) -> list[tuple[str, str, str]]:
        """(who, day, shift), by day."""
        found = (
            await self.client.get("/api/roster", params={"from": since.isoformat(), "days": days})
        ).json()
        shifts = {shift["id"]: shift["name"] for shift in found["shifts"]}
        people = {member["id"]: member["name"] for member in found["members"]}
        entries = [
            (people[one["membership_id"]], one["day"], shifts[one["shift_id"]]) for one in found["entries"]
        ]
        return sorted(entries, key=lambda one: one[1:])


async def make_floor(
    house: Running, *shifts: dict[str, str], agents: int = 2, zone: str = "Asia/Shanghai"
) -> Floor:
    workspace_id = await make_workspace(house.db)
    async with house.db.tx(workspace_id) as tx:
        await tx.fetch("insert into routing_settings (workspace_id) values ($1)", workspace_id)
    lead = await make_person(house.db, workspace_id, "owner", name="班长")
    floor = Floor(house, lead, await sign_in(house, lead))
    if zone != "Asia/Shanghai":
        assert (await floor.client.patch("/api/workspace", json={"time_zone": zone})).status_code == 200
    floor.agents = [await make_person(house.db, workspace_id, name=f"客服{n}") for n in range(agents)]
    for shift in shifts or (EARLY, LATE, NIGHT):
        made = await floor.client.post("/api/shifts", json=shift)
        assert made.status_code == 201, made.text
        floor.shifts[shift["name"]] = made.json()["id"]
    return floor
