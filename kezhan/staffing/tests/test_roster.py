"""Rosters, from the door: cells, copies, one's own, changes of clocks and of people."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from kezhan.kit.ids import new_id
from kezhan.staffing.tests.factories import EARLY, LATE, MONDAY, NIGHT, Floor, make_floor
from kezhan.staffing.times import minutes, moments, slot_moment
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, make_person, sign_in

TUESDAY = MONDAY + timedelta(days=1)


async def test_cells_are_set_changed_and_cleared(house: Running) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    assert (await floor.put((one, MONDAY, ["早班"]), (two, MONDAY, ["晚班"]))).json() == {
        "written": 2,
        "kept": 0,
    }
    assert (await floor.put((one, MONDAY, ["早班", "晚班"]), (two, MONDAY, []))).status_code == 200
    assert await floor.planned() == [
        (one.name, str(MONDAY), "早班"),
        (one.name, str(MONDAY), "晚班"),
    ]
    assert (await actions(house, floor.workspace_id)).count("roster.edit") == 2


async def test_the_same_cell_twice_in_one_change_means_the_last(house: Running) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], MONDAY, ["早班"]), (floor.agents[0], MONDAY, ["晚班"]))
    assert await floor.planned() == [(floor.agents[0].name, str(MONDAY), "晚班")]
    for _ in range(2):
        assert (await floor.put((floor.agents[0], MONDAY, ["早班", "早班"]))).status_code == 200
    assert len(await floor.planned()) == 1


async def test_nobody_is_on_two_shifts_at_once_over_midnight_neither(house: Running) -> None:
    floor = await make_floor(
        house, EARLY, NIGHT, {**EARLY, "name": "凌晨", "starts": "05:00", "ends": "09:00"}
    )
    agent = floor.agents[0]
    assert (await floor.put((agent, MONDAY, ["夜班"]), (agent, TUESDAY, ["早班"]))).status_code == 200
    for clash in (
        [(agent, TUESDAY, ["凌晨"])],
        [(agent, TUESDAY, ["凌晨", "早班"]), (agent, MONDAY, ["夜班"])],
    ):
        refused = await floor.put(*clash)
        assert (refused.status_code, refused.json()["code"]) == (409, "staffing.overlap")
        assert str(TUESDAY) in refused.text
    assert [shift for *_, shift in await floor.planned()] == ["夜班", "早班"]
    assert (await floor.put((agent, MONDAY, []), (agent, TUESDAY, ["凌晨", "早班"]))).status_code == 200


async def test_changes_at_the_same_moment_leave_nobody_on_two_shifts(house: Running) -> None:
    floor = await make_floor(
        house, EARLY, {**EARLY, "name": "午班", "starts": "12:00", "ends": "20:00"}, NIGHT
    )
    agent = floor.agents[0]
    cells = [(agent, MONDAY, ["早班"]), (agent, MONDAY, ["午班"]), (agent, MONDAY, ["早班", "夜班"])]
    answers = await asyncio.gather(*(floor.put(cell) for cell in cells * 3))
    assert {answer.status_code for answer in answers} == {200}
    assert [shift for *_, shift in await floor.planned()] in (
        ["早班"],
        ["午班"],
        ["早班", "夜班"],
        ["夜班", "早班"],
    )


async def test_those_who_do_not_serve_and_those_who_are_gone_are_on_no_roster(house: Running) -> None:
    floor = await make_floor(house)
    inspector = await make_person(house.db, floor.workspace_id, "inspector")
    gone = floor.agents[1]
    await floor.put((gone, MONDAY, ["早班"]))
    assert (await floor.client.delete(f"/api/members/{gone.id}")).status_code == 204
    assert await floor.planned() == []
    for nobody in (inspector, gone):
        refused = await floor.put((floor.agents[0], MONDAY, ["早班"]), (nobody, MONDAY, ["早班"]))
        assert (refused.status_code, refused.json()["code"]) == (404, "staffing.no_such_member")
    assert await floor.planned() == []


def _cell(floor: Floor, **changes: Any) -> dict[str, Any]:
    return {
        "membership_id": str(floor.agents[0].id),
        "day": MONDAY.isoformat(),
        "shift_ids": [floor.shifts["早班"]],
        **changes,
    }


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"day": "2026-02-30"}, 400),
        ({"day": "next week"}, 400),
        ({"day": str(MONDAY + timedelta(days=500))}, 400),
        ({"shift_ids": [str(new_id())]}, 404),
        ({"shift_ids": ["x"]}, 400),
        ({"membership_id": str(new_id())}, 404),
    ],
)
async def test_bad_cells_are_refused_and_good_ones_beside_them_not_written(
    house: Running, change: dict[str, Any], status: int
) -> None:
    floor = await make_floor(house)
    refused = await floor.client.put("/api/roster", json={"cells": [_cell(floor), _cell(floor, **change)]})
    assert refused.status_code == status
    assert await floor.planned() == []


async def test_too_many_days_or_cells_are_refused(house: Running) -> None:
    floor = await make_floor(house)
    for path, days in (("/api/roster", 43), ("/api/roster", 0), ("/api/forecast", 15)):
        refused = await floor.client.get(path, params={"from": str(MONDAY), "days": days})
        assert (refused.status_code, refused.json()["code"]) == (400, "staffing.too_many_days")
    many = await floor.client.put("/api/roster", json={"cells": [_cell(floor)] * 701})
    assert many.status_code == 400


async def test_a_week_is_copied_whole_days_with_shifts_are_kept_or_replaced(house: Running) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    following = MONDAY + timedelta(days=7)
    await floor.put((one, MONDAY, ["早班"]), (one, TUESDAY, ["夜班"]), (two, MONDAY, ["晚班"]))
    await floor.put((one, following, ["晚班"]), (one, following + timedelta(days=3), ["早班"]))
    copy = {"from_week": str(TUESDAY), "to_week": str(following), "weeks": 2}
    copied = await floor.client.post("/api/roster/copies", json=copy)
    assert copied.json() == {"written": 5, "kept": 1}
    week = await floor.planned(following)
    assert (one.name, str(following), "晚班") in week
    assert (one.name, str(following + timedelta(days=1)), "夜班") in week
    replaced = await floor.client.post(
        "/api/roster/copies", json={**copy, "weeks": 1, "replace": True, "membership_ids": [str(one.id)]}
    )
    assert replaced.json() == {"written": 2, "kept": 0}
    mine = [entry for entry in await floor.planned(following) if entry[0] == one.name]
    assert mine == [
        (one.name, str(following), "早班"),
        (one.name, str(following + timedelta(days=1)), "夜班"),
    ]


async def test_a_week_is_not_copied_onto_itself_and_an_empty_one_not_at_all(house: Running) -> None:
    floor = await make_floor(house)
    copy = {"from_week": str(MONDAY), "to_week": str(MONDAY - timedelta(days=7)), "weeks": 3}
    assert (await floor.client.post("/api/roster/copies", json=copy)).json()["code"] == "staffing.same_week"
    copy = {"from_week": str(MONDAY), "to_week": str(MONDAY + timedelta(days=7))}
    assert (await floor.client.post("/api/roster/copies", json=copy)).json()["code"] == "staffing.empty_week"


async def test_everybody_who_serves_reads_her_own_days_and_nobody_elses(house: Running) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    today = date.fromisoformat((await floor.client.get("/api/roster/mine")).json()["today"])
    await floor.put((one, today + timedelta(days=3), ["早班"]), (two, today + timedelta(days=3), ["晚班"]))
    own = (await (await sign_in(house, one)).get("/api/roster/mine")).json()
    assert [entry["membership_id"] for entry in own["entries"]] == [str(one.id)]
    assert [shift["name"] for shift in own["shifts"]] == ["早班"]
    assert own["on_duty"] is None
    inspector = await make_person(house.db, floor.workspace_id, "inspector")
    assert (await (await sign_in(house, inspector)).get("/api/roster/mine")).status_code == 403


async def test_another_zone_moves_what_is_planned_and_keeps_what_was(house: Running) -> None:
    floor = await make_floor(house)
    past = MONDAY - timedelta(days=28)
    await floor.put((floor.agents[0], MONDAY, ["早班"]), (floor.agents[0], past, ["早班"]))
    moved = await floor.client.patch("/api/workspace", json={"time_zone": "Europe/London"})
    assert moved.status_code == 200
    shown = (await floor.client.get("/api/roster", params={"from": str(MONDAY)})).json()
    assert shown["time_zone"] == "Europe/London"
    expected, _ = moments(MONDAY, *_times(EARLY), "Europe/London")
    assert shown["entries"][0]["starts_at"] == expected.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    before = (await floor.client.get("/api/roster", params={"from": str(past)})).json()
    assert before["entries"][0]["starts_at"] == f"{past}T01:00:00.000Z"


def _times(shift: dict[str, str]) -> tuple[Any, Any]:
    from kezhan.staffing.times import clock_time

    return clock_time(shift["starts"]), clock_time(shift["ends"])


@pytest.mark.parametrize(
    ("shift", "day", "zone", "hours"),
    [
        (EARLY, date(2026, 11, 2), "Asia/Shanghai", 4),
        (LATE, date(2026, 11, 2), "Asia/Kathmandu", 9),
        (NIGHT, date(2026, 12, 31), "Asia/Shanghai", 8),
        (NIGHT, date(2026, 3, 28), "Europe/Berlin", 7),
        (NIGHT, date(2026, 10, 24), "Europe/Berlin", 9),
        (NIGHT, date(2026, 3, 7), "America/New_York", 7),
        (NIGHT, date(2026, 4, 4), "Australia/Lord_Howe", 8.5),
        ({"starts": "22:00", "ends": "00:00"}, date(2026, 2, 28), "Asia/Shanghai", 2),
    ],
)
def test_a_shift_is_as_long_as_the_clock_on_the_wall_says(
    shift: dict[str, str], day: date, zone: str, hours: float
) -> None:
    starts, ends = moments(day, *_times(shift), zone)
    assert (ends - starts).total_seconds() == hours * 3600
    assert minutes(*_times(shift)) in (hours * 60, 480)


def test_half_hours_follow_the_zone_and_its_changes_of_clocks() -> None:
    day = date(2026, 3, 29)
    assert slot_moment(day, 48, "Europe/Berlin") - slot_moment(day, 0, "Europe/Berlin") == timedelta(hours=23)
    assert slot_moment(day, 1, "Asia/Kathmandu").isoformat() == "2026-03-28T18:45:00+00:00"
