"""The forecast from the door, on histories written as the queues write them."""

import math
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from kezhan.kit.db import Database
from kezhan.kit.ids import new_id
from kezhan.staffing.erlang import ServiceLevel, seats_needed
from kezhan.staffing.tests.factories import Floor, make_floor
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import make_workspace

ZONE = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
Event = tuple[datetime, str, UUID, UUID | None, int | None, str]


def chat(at: datetime, seat: UUID | None, *, wait_s: float = 5, handle_s: float = 300) -> Iterable[Event]:
    """Queued, then accepted and closed, or (nobody) abandoned."""
    talk, taken, waited = new_id(), at + timedelta(seconds=wait_s), int(wait_s * 1000)
    yield at, "enqueued", talk, None, 0, ""
    if seat is None:
        yield taken, "abandoned", talk, None, waited, ""
        return
    yield taken, "accepted", talk, seat, waited, ""
    yield taken + timedelta(seconds=handle_s), "closed", talk, seat, None, ""


async def write(
    db: Database, workspace_id: UUID, events: Iterable[Event], queue_id: UUID | None = None
) -> None:
    rows = [
        (
            workspace_id,
            new_id(),
            at,
            kind,
            talk,
            workspace_id,
            "webchat",
            queue_id or workspace_id,
            seat,
            waited,
            why,
        )
        for at, kind, talk, seat, waited, why in events
    ]
    async with db.tx(workspace_id) as tx:
        columns = list(zip(*rows, strict=True))
        await tx.fetch(_WRITE, *columns)


_WRITE = """
    insert into queue_events (workspace_id, id, at, kind, conversation_id, account_id, channel, queue_id,
                              membership_id, waited_ms, reason)
    select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::uuid[], $6::uuid[],
                         $7::text[], $8::uuid[], $9::uuid[], $10::bigint[], $11::text[])
"""


def weeks(seat: UUID | None, per_slot: int = 6, weeks: int = 8, **more: Any) -> Iterable[Event]:
    """`per_slot` chats at ten o'clock local, each day."""
    for ago in range(1, weeks * 7 + 1):
        begins = TODAY - timedelta(days=ago) + timedelta(hours=10)
        for number in range(per_slot):
            yield from chat(begins + timedelta(seconds=number * 240), seat, **more)


async def outlook(floor: Floor, days: int = 1, **more: Any) -> dict[str, Any]:
    since = TODAY.date().isoformat()
    answer = await floor.client.get("/api/forecast", params={"from": since, "days": days, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_without_history_it_says_so_and_shows_the_roster(house: Running) -> None:
    floor = await make_floor(house)
    await floor.put((floor.agents[0], TODAY.date(), ["早班"]))
    shown = await outlook(floor)
    assert (shown["history_since"], shown["measured"]["conversations"]) == (None, 0)
    day = shown["days"][0]
    assert (day["seen"], len(day["slots"])) == (0, 48)
    assert day["slots"][20] == {
        "arrivals": None, "low": None, "high": None, "handle_s": None,
        "patient": None, "impatient": None, "rostered": 1.0,
    }  # fmt: skip
    assert [slot["rostered"] for slot in day["slots"]][17:27] == [0, *[1] * 8, 0]


async def test_what_came_is_expected_by_local_half_hour_with_the_seats_it_takes(house: Running) -> None:
    floor = await make_floor(house)
    seat = floor.agents[0].id
    await write(house.db, floor.workspace_id, weeks(seat))
    await floor.client.put("/api/staffing-settings", json={"concurrency": 1, "shrinkage": 0.5})
    shown = await outlook(floor, days=2)
    for day in shown["days"]:
        slot = day["slots"][20]
        assert slot["arrivals"] == pytest.approx(6, abs=0.01)
        assert slot["low"] < 6 < slot["high"]
        assert [one["arrivals"] for n, one in enumerate(day["slots"]) if n != 20] == [0] * 47
    assert shown["measured"]["conversations"] == 8 * 7 * 6
    need = seats_needed(slot["arrivals"], 1800, slot["handle_s"], 1, ServiceLevel(), 0.5, None)
    assert slot["patient"]["working"] == need.working
    assert slot["patient"]["seats"] == need.seats > need.working
    assert slot["impatient"] is None


async def test_handle_time_stretches_from_the_usual_side_by_side_to_the_planned(house: Running) -> None:
    floor = await make_floor(house)
    one, two = (person.id for person in floor.agents)
    # Alone 300 s; two at once 360 s each.
    apart, together = [], []
    for ago in range(1, 29):
        begins = TODAY - timedelta(days=ago) + timedelta(hours=10)
        for number in range(6):
            at = begins + timedelta(seconds=number * 1200)
            apart += [*chat(at, one, handle_s=300)]
            together += [*chat(at, two, handle_s=360), *chat(at, two, handle_s=360)]
    await write(house.db, floor.workspace_id, [*apart, *together])
    measured = (await outlook(floor))["measured"]
    assert measured["alone_s"] == pytest.approx(300)
    assert measured["each"] == pytest.approx(0.2)
    assert 1 < measured["concurrency"] < 2
    for concurrency, handle_s in ((1, 300), (2, 360), (3, 420)):
        await floor.client.put("/api/staffing-settings", json={"concurrency": concurrency})
        shown = await outlook(floor)
        assert shown["handle_s"] == pytest.approx(handle_s)
        assert shown["days"][0]["slots"][20]["handle_s"] == pytest.approx(handle_s, rel=0.01)
    await floor.client.put("/api/staffing-settings", json={"handle_seconds": 77})
    assert (await outlook(floor))["days"][0]["slots"][20]["handle_s"] == 77


async def test_patience_is_measured_from_those_who_left_and_fewer_seats_do(house: Running) -> None:
    floor = await make_floor(house)
    seat = floor.agents[0].id
    served = weeks(seat, per_slot=12, weeks=3, wait_s=10)
    left = weeks(None, per_slot=2, weeks=3, wait_s=40)
    await write(house.db, floor.workspace_id, [*served, *left])
    await floor.client.put("/api/staffing-settings", json={"concurrency": 1, "shrinkage": 0, "share": 0.95})
    shown = await outlook(floor)
    # Seconds waited by all, over those who left.
    assert shown["measured"]["left"] == 42
    assert shown["patience_s"] == pytest.approx((12 * 21 * 10 + 42 * 40) / 42)
    slot = shown["days"][0]["slots"][20]
    assert slot["impatient"]["seats"] <= slot["patient"]["seats"]
    assert slot["impatient"]["abandoned"] > 0 == slot["patient"]["abandoned"]


async def test_patience_of_a_few_is_no_patience(house: Running) -> None:
    floor = await make_floor(house)
    await write(house.db, floor.workspace_id, [*weeks(floor.agents[0].id), *weeks(None, per_slot=1, weeks=2)])
    shown = await outlook(floor)
    assert (shown["measured"]["left"], shown["patience_s"]) == (14, None)
    await floor.client.put("/api/staffing-settings", json={"patience_seconds": 90})
    assert (await outlook(floor))["patience_s"] == 90


async def test_a_handover_is_part_of_the_same_conversation_and_a_return_is_no_arrival(house: Running) -> None:
    floor = await make_floor(house)
    one, two = (person.id for person in floor.agents)
    events: list[Event] = []
    for ago in range(1, 22):
        at, talk = TODAY - timedelta(days=ago) + timedelta(hours=10), new_id()
        events += [
            (at, "enqueued", talk, None, 0, ""),
            (at + timedelta(seconds=10), "accepted", talk, one, 10_000, ""),
            (at + timedelta(seconds=110), "transferred", talk, two, None, ""),
            (at + timedelta(seconds=160), "returned", talk, two, None, ""),
            (at + timedelta(seconds=170), "enqueued", talk, None, None, "returned"),
            (at + timedelta(seconds=200), "transferred", talk, one, None, ""),
            (at + timedelta(seconds=350), "closed", talk, one, None, ""),
        ]
    await write(house.db, floor.workspace_id, events)
    shown = await outlook(floor)
    assert shown["measured"]["conversations"] == 21
    await floor.client.put("/api/staffing-settings", json={"concurrency": 1})
    slot = (await outlook(floor))["days"][0]["slots"][20]
    # 100 s, 50 s and 150 s of one conversation.
    assert slot["arrivals"] == pytest.approx(1)
    assert slot["handle_s"] == pytest.approx(300)


async def test_a_conversation_nobody_closed_does_not_count_for_days(house: Running) -> None:
    floor = await make_floor(house)
    seat = floor.agents[0].id
    events = [event for event in weeks(seat, per_slot=1, weeks=3) if event[1] != "closed"]
    await write(house.db, floor.workspace_id, events)
    assert (await outlook(floor))["measured"]["alone_s"] <= 4 * 3600


async def test_seats_without_a_limit_are_reckoned_with_fifty_at_once(house: Running) -> None:
    floor = await make_floor(house)
    await write(house.db, floor.workspace_id, weeks(floor.agents[0].id))
    assert (await outlook(floor))["concurrency"] == 5
    async with house.db.tx(floor.workspace_id) as tx:
        await tx.fetch("update routing_settings set live_units = 1000")
    shown = await outlook(floor)
    assert shown["concurrency"] == 50
    assert shown["days"][0]["slots"][20]["patient"]["working"] == 1


async def test_a_team_sees_its_own_queue_and_its_members_roster(house: Running) -> None:
    floor = await make_floor(house)
    one, two = floor.agents
    team = (await floor.client.post("/api/teams", json={"name": "售前"})).json()["id"]
    await floor.client.put(f"/api/teams/{team}/members", json={"member_ids": [str(one.id)]})
    await floor.put((one, TODAY.date(), ["早班"]), (two, TODAY.date(), ["早班"]))
    await write(house.db, floor.workspace_id, weeks(one.id, per_slot=2), UUID(team))
    await write(house.db, floor.workspace_id, weeks(two.id, per_slot=4))
    both, mine = await outlook(floor), await outlook(floor, team_id=team)
    for shown, arrivals, rostered in ((both, 6, 2), (mine, 2, 1)):
        slot = shown["days"][0]["slots"][20]
        assert (round(slot["arrivals"]), slot["rostered"]) == (arrivals, rostered)


async def test_another_workspaces_history_tells_nothing_here(house: Running) -> None:
    floor = await make_floor(house)
    stranger = await make_workspace(house.db)
    await write(house.db, stranger, weeks(None))
    shown = await outlook(floor)
    assert (shown["history_since"], shown["measured"]["conversations"]) == (None, 0)


async def test_the_day_recording_began_and_today_are_not_counted_as_whole_days(house: Running) -> None:
    floor = await make_floor(house)
    seat = floor.agents[0].id
    began = TODAY - timedelta(days=15) + timedelta(hours=23)
    now = [*chat(began, seat), *chat(TODAY + timedelta(seconds=1), seat)]
    await write(house.db, floor.workspace_id, [*weeks(seat, weeks=2), *now])
    shown = await outlook(floor)
    assert shown["history_since"] == (TODAY - timedelta(days=14)).date().isoformat()
    assert shown["days"][0]["seen"] == 2
    assert shown["days"][0]["slots"][0]["arrivals"] == 0


async def test_there_is_no_history_before_the_first_whole_day_is_over(house: Running) -> None:
    floor = await make_floor(house)
    await write(house.db, floor.workspace_id, chat(TODAY + timedelta(seconds=1), floor.agents[0].id))
    assert (await outlook(floor))["history_since"] is None
    await write(house.db, floor.workspace_id, chat(TODAY - timedelta(hours=1), floor.agents[0].id))
    assert (await outlook(floor))["history_since"] is None


@pytest.mark.parametrize("since", ["2020-01-01", "2126-01-01", "soon"])
async def test_days_too_far_away_or_no_days_are_refused(house: Running, since: str) -> None:
    floor = await make_floor(house)
    assert (await floor.client.get("/api/forecast", params={"from": since})).status_code == 400


@pytest.mark.long
async def test_a_week_of_a_busy_house_is_forecast_within_a_second(own_house: Running) -> None:
    """Forty thousand conversations of eight weeks, a day of 18 busy half hours."""
    floor = await make_floor(own_house, agents=12)
    seats = [person.id for person in floor.agents]
    events: list[Event] = []
    for ago in range(1, 57):
        for number in range(720):
            at = TODAY - timedelta(days=ago) + timedelta(hours=9, seconds=number * 45)
            events += chat(at, seats[number % 12] if number % 20 else None, handle_s=400 + number % 90)
    await write(own_house.db, floor.workspace_id, events)
    # The best of a few: the machine has other things to do as well.
    took = math.inf
    for _ in range(4):
        began = time.perf_counter()
        shown = await outlook(floor, days=7)
        took = min(took, time.perf_counter() - began)
    assert shown["measured"]["conversations"] == 56 * 720
    assert shown["days"][6]["slots"][20]["impatient"]["seats"] > 0
    assert took < 1, f"{took:.2f} s"


async def test_holidays_of_the_business_hours_are_expected_to_be_as_holidays_were(house: Running) -> None:
    floor = await make_floor(house)
    off = [TODAY.date() - timedelta(days=ago) for ago in (3, 5)]
    events = [event for event in weeks(floor.agents[0].id) if event[0].astimezone(ZONE).date() not in off]
    await write(house.db, floor.workspace_id, events)
    today = TODAY.date()
    days = [{"date": day.isoformat(), "kind": "off", "name": "节"} for day in (*off, today)]
    made = await floor.client.post("/api/holidays", json={"name": "节日", "days": days})
    assert made.status_code == 201, made.text
    week = {"v": 1, "days": [[{"start": 540, "end": 1080}] for _ in range(7)]}
    hours = {
        "name": "全周",
        "time_zone": "Asia/Shanghai",
        "weekly": week,
        "holiday_set_ids": [made.json()["id"]],
    }
    schedule = await floor.client.post("/api/schedules", json=hours)
    assert schedule.status_code == 201, schedule.text
    uses = f"/api/schedule-uses/workspace/{floor.workspace_id}"
    used = await floor.client.put(uses, json={"schedule_id": schedule.json()["id"]})
    assert used.status_code == 200, used.text
    first, *rest = (await outlook(floor, days=7))["days"]
    assert (first["holiday"], first["seen"], first["slots"][20]["arrivals"]) == (True, 2, 0)
    assert [day["slots"][20]["arrivals"] for day in rest] == [pytest.approx(6)] * 6
