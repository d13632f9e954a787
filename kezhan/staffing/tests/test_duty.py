"""Shifts switch seats: at the moment they begin and end, once, and nobody who is on no roster."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kezhan.kit import clock
from kezhan.routing.seats.state import set_state
from kezhan.staffing import duty
from kezhan.staffing.events import DutyChanged
from kezhan.staffing.tests.factories import EARLY, MONDAY, NIGHT, Floor, make_floor
from kezhan.staffing.times import clock_time, moments
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, heard

EARLY_AT, EARLY_ENDS = moments(MONDAY, clock_time("09:00"), clock_time("13:00"), "Asia/Shanghai")
MINUTE = timedelta(minutes=1)


async def at(floor: Floor, moment: datetime, patch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The timer goes off; who was told what."""
    names = {person.id: person.name for person in floor.agents}
    with patch.context() as then, heard(floor.house.db, floor.workspace_id) as told:
        then.setattr(clock, "now", lambda: moment)
        async with floor.house.db.tx(floor.workspace_id) as tx:
            await duty.on_timer(tx, floor.workspace_id)
    return [
        (names[event.membership_id], event.on_duty) for event, _ in told if isinstance(event, DutyChanged)
    ]


async def timer(floor: Floor) -> datetime | None:
    async with floor.house.db.tx(floor.workspace_id) as tx:
        rows = await tx.fetch("select due_at from timers where kind = $1", duty.TIMER)
    return rows[0]["due_at"] if rows else None


async def test_a_seat_is_on_duty_from_the_beginning_of_its_shift_to_its_end(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house)
    one = floor.agents[0]
    await floor.put((one, MONDAY, ["早班"]))
    assert await timer(floor) == EARLY_AT
    assert await at(floor, EARLY_AT - MINUTE, monkeypatch) == []
    assert await at(floor, EARLY_AT, monkeypatch) == [(one.name, True)]
    assert await timer(floor) == EARLY_ENDS
    assert await at(floor, EARLY_AT + MINUTE, monkeypatch) == []
    assert await at(floor, EARLY_ENDS, monkeypatch) == [(one.name, False)]
    assert await at(floor, EARLY_ENDS + MINUTE, monkeypatch) == []
    assert await timer(floor) is None


async def test_one_shift_after_the_other_is_one_duty(house: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    floor = await make_floor(house)
    one = floor.agents[0]
    await floor.put((one, MONDAY, ["早班", "晚班", "夜班"]))
    assert await at(floor, EARLY_AT, monkeypatch) == [(one.name, True)]
    assert await at(floor, EARLY_ENDS, monkeypatch) == []
    assert await at(floor, EARLY_AT + timedelta(hours=20), monkeypatch) == []
    assert await at(floor, EARLY_AT + timedelta(hours=21), monkeypatch) == [(one.name, False)]


async def test_a_moment_that_was_slept_through_is_made_up_for(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    await floor.put((one, MONDAY, ["早班"]), (two, MONDAY, ["夜班"]))
    assert await at(floor, EARLY_AT + timedelta(hours=1), monkeypatch) == [(one.name, True)]
    assert await at(floor, EARLY_AT + timedelta(hours=15), monkeypatch) == [
        (two.name, True),
        (one.name, False),
    ]


async def test_a_roster_changed_in_the_middle_of_a_shift_counts_at_once(house: Running) -> None:
    floor = await make_floor(house)
    one = floor.agents[0]
    today = datetime.now(UTC).astimezone().date()
    whole = {"name": "全天", "starts": "00:00", "ends": "23:59", "colour": "blue"}
    made = await floor.client.post("/api/shifts", json=whole)
    floor.shifts["全天"] = made.json()["id"]
    days = [today - timedelta(days=1), today, today + timedelta(days=1)]
    with heard(house.db, floor.workspace_id) as told:
        assert (await floor.put(*((one, day, ["全天"]) for day in days))).status_code == 200
        assert (await floor.put(*((one, day, ["全天"]) for day in days))).status_code == 200
    changes = [(event.on_duty, topics) for event, topics in told if isinstance(event, DutyChanged)]
    assert changes == [(True, (f"member:{one.id}",))]
    with heard(house.db, floor.workspace_id) as told:
        assert (await floor.put(*((one, day, []) for day in days[1:]), (one, days[0], []))).status_code == 200
    # She is on no roster any more, so nothing switches her seat: she stays on duty.
    assert [event for event, _ in told if isinstance(event, DutyChanged)] == []


async def test_whoever_is_taken_off_every_roster_is_not_left_off_duty(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house)
    one = floor.agents[0]
    await floor.put((one, MONDAY, ["早班"]))
    await at(floor, EARLY_AT, monkeypatch)
    await at(floor, EARLY_ENDS, monkeypatch)
    with heard(house.db, floor.workspace_id) as told:
        await floor.put((one, MONDAY, []))
    assert [event.on_duty for event, _ in told if isinstance(event, DutyChanged)] == [True]


async def test_switched_off_the_roster_lets_go_of_all_seats(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    await floor.put((one, MONDAY, ["早班"]), (two, MONDAY, ["夜班"]))
    await at(floor, EARLY_AT, monkeypatch)
    await at(floor, EARLY_ENDS, monkeypatch)
    with heard(house.db, floor.workspace_id) as told:
        for _ in range(2):
            saved = await floor.client.put("/api/staffing-settings", json={"switch_seats": False})
            assert saved.status_code == 200
    assert [event.membership_id for event, _ in told if isinstance(event, DutyChanged)] == [one.id]
    assert await timer(floor) is None
    assert await at(floor, EARLY_AT + timedelta(hours=15), monkeypatch) == []
    assert (await actions(house, floor.workspace_id)).count("staffing_settings.edit") == 1
    await floor.client.put("/api/staffing-settings", json={"switch_seats": True})
    assert await at(floor, EARLY_AT + timedelta(hours=15), monkeypatch) == [(two.name, True)]


async def test_who_is_archived_is_told_nothing_and_has_no_shift_to_come(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house, EARLY, NIGHT)
    one = floor.agents[0]
    await floor.put((one, MONDAY, ["早班"]))
    assert (await floor.client.delete(f"/api/members/{one.id}")).status_code == 204
    assert await timer(floor) is None
    assert await at(floor, EARLY_AT, monkeypatch) == []


async def test_a_moved_shift_moves_the_timer(house: Running) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], MONDAY, ["早班"]))
    await floor.client.patch(f"/api/shifts/{floor.shifts['早班']}", json={"starts": "08:30"})
    assert await timer(floor) == EARLY_AT - timedelta(minutes=30)


SETTINGS: dict[str, Any] = {
    "switch_seats": True,
    "at_end": "away",
    "share": 0.9,
    "within_seconds": 30,
    "short_seconds": 3,
    "shrinkage": 0.25,
    "concurrency": 3.0,
    "handle_seconds": 400,
    "patience_seconds": None,
}


async def test_settings_are_kept_and_the_same_again_is_no_change(house: Running) -> None:
    floor = await make_floor(house)
    first = (await floor.client.get("/api/staffing-settings")).json()
    assert (first["share"], first["within_seconds"], first["at_end"]) == (0.8, 20, "stay")
    for _ in range(2):
        assert (await floor.client.put("/api/staffing-settings", json=SETTINGS)).json() == SETTINGS
    assert (await floor.client.get("/api/staffing-settings")).json() == SETTINGS
    assert (await actions(house, floor.workspace_id)).count("staffing_settings.edit") == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("share", 1),
        ("share", 0),
        ("share", "much"),
        ("within_seconds", -1),
        ("within_seconds", 2.5),
        ("shrinkage", 1),
        ("concurrency", 0.5),
        ("handle_seconds", 0),
        ("patience_seconds", 0),
        ("at_end", "sleep"),
    ],
)
async def test_settings_out_of_range_are_refused_at_their_field(
    house: Running, field: str, value: object
) -> None:
    floor = await make_floor(house, agents=0)
    refused = await floor.client.put("/api/staffing-settings", json={**SETTINGS, field: value})
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert (await floor.client.get("/api/staffing-settings")).json()["at_end"] == "stay"


async def seat(floor: Floor) -> tuple[str, bool]:
    """State and duty of the first agent's seat."""
    async with floor.house.db.tx(floor.workspace_id) as tx:
        row = (await tx.fetch("select * from seats where membership_id = $1", floor.agents[0].id))[0]
    return row["state"], row["on_duty"]


async def sits(floor: Floor, state: str) -> None:
    async with floor.house.db.tx(floor.workspace_id) as tx:
        await set_state(tx, floor.agents[0].id, state)


@pytest.mark.parametrize(
    ("at_end", "before", "after", "again"),
    [
        ("stay", "online", "online", "online"),
        ("away", "online", "away", "online"),
        ("away", "busy", "away", "online"),
        ("away", "offline", "offline", "offline"),
        ("offline", "online", "offline", "offline"),
        ("offline", "away", "away", "away"),
    ],
)
async def test_the_end_of_a_shift_leaves_the_seat_as_is_set_and_it_takes_no_more(
    house: Running, monkeypatch: pytest.MonkeyPatch, at_end: str, before: str, after: str, again: str
) -> None:
    floor = await make_floor(house)
    one = floor.agents[0]
    await floor.client.put("/api/staffing-settings", json={"at_end": at_end})
    await floor.put((one, MONDAY, ["早班"]), (one, MONDAY + timedelta(days=1), ["早班"]))
    await at(floor, EARLY_AT, monkeypatch)
    await sits(floor, before)
    assert await seat(floor) == (before, True)
    await at(floor, EARLY_ENDS, monkeypatch)
    assert await seat(floor) == (after, False)
    await at(floor, EARLY_AT + timedelta(days=1), monkeypatch)
    assert await seat(floor) == (again, True)


async def test_who_is_away_by_herself_is_not_brought_back_by_her_shift(
    house: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], MONDAY, ["早班"]))
    await sits(floor, "away")
    await at(floor, EARLY_AT, monkeypatch)
    assert await seat(floor) == ("away", True)
