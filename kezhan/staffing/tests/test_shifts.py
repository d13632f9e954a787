"""Shifts and week patterns, from the door."""

import asyncio
from datetime import timedelta

import pytest

from kezhan.kit.ids import new_id
from kezhan.staffing.tests.factories import EARLY, LATE, MONDAY, make_floor
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, member_client


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("owner", True),
        ("admin", True),
        ("supervisor", True),
        ("agent", False),
        ("inspector", False),
        ("auditor", False),
    ],
)
async def test_supervisors_and_above_plan_and_nobody_else(house: Running, role: str, may: bool) -> None:
    floor = await make_floor(house)
    _, client = await member_client(house, role, floor.workspace_id)
    shift, day = floor.shifts["早班"], MONDAY.isoformat()
    answers = [
        await client.get("/api/roster", params={"from": day}),
        await client.get("/api/forecast", params={"from": day}),
        await client.get("/api/staffing-settings"),
        await client.get("/api/week-patterns"),
        await client.patch(f"/api/shifts/{shift}", json={"name": "上午"}),
        await client.put(
            "/api/roster",
            json={"cells": [{"membership_id": str(floor.agents[0].id), "day": day, "shift_ids": [shift]}]},
        ),
        await client.post("/api/roster/copies", json={"from_week": day, "to_week": "2027-01-04"}),
        await client.put("/api/staffing-settings", json={"share": 0.9}),
        await client.post("/api/shifts", json={**EARLY, "name": "新班"}),
    ]
    refused = {answer.status_code == 403 for answer in answers}
    assert refused == {not may}
    listed = await client.get("/api/shifts")
    assert listed.status_code == (200 if role not in ("inspector", "auditor") else 403)


async def test_a_shift_says_how_long_it_is_past_midnight_too(house: Running) -> None:
    floor = await make_floor(house)
    listed = (await floor.client.get("/api/shifts")).json()["items"]
    assert [(one["name"], one["starts"], one["ends"], one["minutes"]) for one in listed] == [
        ("早班", "09:00", "13:00", 240),
        ("晚班", "13:00", "22:00", 540),
        ("夜班", "22:00", "06:00", 480),
    ]
    assert (await actions(house, floor.workspace_id)).count("shift.create") == 3


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"starts": "25:00"}, "starts"),
        ({"ends": "9:00"}, "ends"),
        ({"ends": "09:00"}, "ends"),
        ({"name": "  "}, "name"),
        ({"name": "很" * 41}, "name"),
        ({"colour": "pink"}, "colour"),
    ],
)
async def test_a_shift_that_cannot_be_is_refused_at_its_field(
    house: Running, wrong: dict[str, str], field: str
) -> None:
    floor = await make_floor(house)
    answer = await floor.client.post("/api/shifts", json={**EARLY, "name": "新班", **wrong})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert len((await floor.client.get("/api/shifts")).json()["items"]) == 3


async def test_two_shifts_never_have_one_name_and_a_removed_one_frees_it(house: Running) -> None:
    floor = await make_floor(house)
    answers = await asyncio.gather(
        *(floor.client.post("/api/shifts", json={**EARLY, "name": "中班"}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    clash = await floor.client.patch(f"/api/shifts/{floor.shifts['晚班']}", json={"name": "早班"})
    assert clash.json()["code"] == "staffing.shift_name_taken"
    for _ in range(2):
        assert (await floor.client.delete(f"/api/shifts/{floor.shifts['早班']}")).status_code == 204
    assert (await floor.client.post("/api/shifts", json=EARLY)).status_code == 201
    assert (await actions(house, floor.workspace_id)).count("shift.archive") == 1


async def test_a_shift_that_is_planned_or_in_a_pattern_is_not_removed_and_says_where(house: Running) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], MONDAY, ["早班"]), (floor.agents[1], MONDAY, ["早班"]))
    refused = await floor.client.delete(f"/api/shifts/{floor.shifts['早班']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "staffing.shift_in_use")
    assert "2" in refused.json()["title"] + (refused.json().get("detail") or "")
    await floor.put((floor.agents[0], MONDAY, []), (floor.agents[1], MONDAY, []))
    week = [[floor.shifts["早班"]], *[[] for _ in range(6)]]
    made = await floor.client.post("/api/week-patterns", json={"name": "周一", "days": week})
    assert (await floor.client.delete(f"/api/shifts/{floor.shifts['早班']}")).status_code == 409
    assert (await floor.client.delete(f"/api/week-patterns/{made.json()['id']}")).status_code == 204
    assert (await floor.client.delete(f"/api/shifts/{floor.shifts['早班']}")).status_code == 204


async def test_new_times_hold_for_what_is_planned_and_not_for_what_was(house: Running) -> None:
    floor = await make_floor(house)
    past = MONDAY - timedelta(days=28)
    await floor.put((floor.agents[0], past, ["早班"]), (floor.agents[0], MONDAY, ["早班"]))
    edited = await floor.client.patch(f"/api/shifts/{floor.shifts['早班']}", json={"starts": "08:00"})
    assert edited.json()["minutes"] == 300
    for day, hour in ((past, "01:00"), (MONDAY, "00:00")):
        entries = (await floor.client.get("/api/roster", params={"from": day.isoformat()})).json()["entries"]
        assert entries[0]["starts_at"] == f"{day}T{hour}:00.000Z"


async def test_times_that_would_put_somebody_on_two_shifts_at_once_change_nothing(house: Running) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], MONDAY, ["早班", "晚班"]))
    refused = await floor.client.patch(f"/api/shifts/{floor.shifts['早班']}", json={"ends": "14:00"})
    assert (refused.status_code, refused.json()["code"]) == (409, "staffing.overlap")
    assert floor.agents[0].name in refused.text
    assert (await floor.client.get("/api/shifts")).json()["items"][0]["ends"] == "13:00"


async def test_the_same_edit_again_is_no_edit(house: Running) -> None:
    floor = await make_floor(house)
    for _ in range(2):
        edited = await floor.client.patch(
            f"/api/shifts/{floor.shifts['早班']}", json={"name": " 早班 ", "colour": "blue"}
        )
        assert (edited.status_code, edited.json()["colour"]) == (200, "blue")
    assert (await actions(house, floor.workspace_id)).count("shift.edit") == 1


async def test_patterns_are_written_into_the_weeks_of_those_named(house: Running) -> None:
    floor = await make_floor(house)
    days = [[floor.shifts["早班"]], [floor.shifts["晚班"], floor.shifts["早班"]], [], [], [], [], []]
    made = await floor.client.post("/api/week-patterns", json={"name": "两天", "days": days})
    assert made.json()["days"][1] == [floor.shifts["早班"], floor.shifts["晚班"]]
    use = {"from_week": MONDAY.isoformat(), "weeks": 2, "membership_ids": [str(floor.agents[0].id)]}
    uses = f"/api/week-patterns/{made.json()['id']}/uses"
    first, again = await floor.client.post(uses, json=use), await floor.client.post(uses, json=use)
    assert (first.json(), again.json()) == ({"written": 6, "kept": 0}, {"written": 0, "kept": 4})
    planned = await floor.planned(days=14)
    assert {who for who, *_ in planned} == {floor.agents[0].name}
    offsets = (0, 1, 1, 7, 8, 8)
    assert [day for _, day, _ in planned] == [str(MONDAY + timedelta(days=one)) for one in offsets]


@pytest.mark.parametrize("days", [[[]] * 7, [[]] * 6, [[str(new_id())], *[[]] * 6]])
async def test_a_pattern_of_nothing_or_of_shifts_that_are_not_there_is_refused(
    house: Running, days: list[list[str]]
) -> None:
    floor = await make_floor(house)
    answer = await floor.client.post("/api/week-patterns", json={"name": "空", "days": days})
    assert answer.status_code in (400, 404)
    assert (await floor.client.get("/api/week-patterns")).json()["items"] == []


async def test_nothing_leaks_into_another_workspace(house: Running) -> None:
    ours, theirs = await make_floor(house), await make_floor(house, LATE)
    await ours.put((ours.agents[0], MONDAY, ["早班"]))
    assert await theirs.planned() == []
    shift = ours.shifts["早班"]
    day = MONDAY.isoformat()
    answers = [
        await theirs.client.patch(f"/api/shifts/{shift}", json={"name": "偷"}),
        await theirs.client.delete(f"/api/shifts/{shift}"),
        await theirs.client.post(
            "/api/week-patterns", json={"name": "偷", "days": [[shift], *[[] for _ in range(6)]]}
        ),
        await theirs.client.put(
            "/api/roster",
            json={"cells": [{"membership_id": str(theirs.agents[0].id), "day": day, "shift_ids": [shift]}]},
        ),
        await theirs.client.put(
            "/api/roster",
            json={"cells": [{"membership_id": str(ours.agents[0].id), "day": day, "shift_ids": []}]},
        ),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert await ours.planned() == [(ours.agents[0].name, day, "早班")]
