"""Schedules from the door: who may, what cannot be, what a second time does, and the past that stays."""

import asyncio
from typing import Any

import msgspec
import pytest

from kezhan.hours.events import HoursChanged
from kezhan.hours.tests.factories import days, form, intervals, plain_week, written
from kezhan.hours.tests.people import Office, make_office
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, heard

ID = "00000000-0000-7000-8000-000000000000"
READS = (
    ("GET", "/api/schedules", None),
    ("POST", "/api/schedules/preview", {name: form()[name] for name in ("time_zone", "weekly")}),
    ("GET", "/api/holidays", None),
    ("GET", "/api/holidays/ready", None),
    ("GET", "/api/schedule-uses", None),
)
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/api/schedules", {}),
    ("PUT", f"/api/schedules/{ID}", {}),
    ("DELETE", f"/api/schedules/{ID}", None),
    ("POST", "/api/holidays", {}),
    ("POST", "/api/holidays/list", {}),
    ("POST", "/api/holidays/ready/cn-1900", None),
    ("PUT", f"/api/holidays/{ID}", {}),
    ("DELETE", f"/api/holidays/{ID}", None),
    ("PUT", f"/api/schedule-uses/team/{ID}", {}),
    ("DELETE", f"/api/schedule-uses/team/{ID}", None),
)


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("owner", True, True),
        ("admin", True, True),
        ("supervisor", True, True),
        ("agent", True, False),
        ("inspector", True, False),
        ("auditor", False, False),
    ],
)
async def test_each_role_reaches_just_the_routes_of_its_rights(
    office: Office, role: str, reads: bool, writes: bool
) -> None:
    client = await office.colleague(role)
    for method, path, body in READS:
        status = (await client.request(method, path, json=body)).status_code
        assert status == (200 if reads else 403), path
    for method, path, body in WRITES:
        status = (await client.request(method, path, json=body)).status_code
        assert status in ({400, 404} if writes else {403}), path


async def test_nobody_and_foreign_pages_stay_outside(office: Office) -> None:
    nobody = await office.house.client()
    for method, path, body in READS + WRITES:
        assert (await nobody.request(method, path, json=body)).status_code == 401, path
    del office.client.headers["X-Kezhan-CSRF"]
    for method, path, body in WRITES:
        assert (await office.client.request(method, path, json=body)).status_code == 403, path


async def test_a_stranger_learns_nothing_that_an_unknown_id_would_not_tell(
    house: Running, office: Office
) -> None:
    mine, stranger = await office.schedule(), await make_office(house)
    assert (await stranger.client.get("/api/schedules")).json() == {"items": []}
    asked = (
        ("GET", "/api/schedules/{}", None),
        ("GET", "/api/schedules/{}/versions/1", None),
        ("PUT", "/api/schedules/{}", form(version=1)),
        ("DELETE", "/api/schedules/{}", None),
    )
    for method, path, body in asked:
        theirs = await stranger.client.request(method, path.format(mine["id"]), json=body)
        unknown = await stranger.client.request(method, path.format(new_id()), json=body)
        assert (theirs.status_code, theirs.content) == (404, unknown.content), path
    # The same name is free over there, and so is one's own holiday set out of reach.
    await stranger.schedule(mine["name"])
    sets = await office.holidays()
    reaching = await stranger.client.post("/api/schedules", json=form(name="x", holiday_set_ids=[sets["id"]]))
    assert (reaching.status_code, reaching.json()["code"]) == (404, "hours.no_such_set")


async def test_a_schedule_is_made_found_and_listed_by_name(office: Office) -> None:
    late = await office.schedule(" 晚班 ", "Mon-Sun 18:00-02:00")
    early = await office.schedule("白班", "Mon-Sun 00:00-24:00")
    never = await office.schedule("不开", "")
    assert late["name"] == "晚班" and late["version"] == 1
    assert (early["open"], early["changes_at"]) == (True, None)
    assert (never["open"], never["changes_at"]) == (False, None)
    listed = (await office.client.get("/api/schedules")).json()["items"]
    assert [one["name"] for one in listed] == ["白班", "不开", "晚班"]
    assert (await office.client.get(f"/api/schedules/{never['id']}")).json() == never
    assert await actions(office.house, office.workspace_id) == ["session.open"] + ["schedule.create"] * 3


def _with(index: int, text: str, hours: str = "Mon-Fri 09:00-18:00") -> Any:
    plain = plain_week(hours)
    plain["days"][index] = msgspec.to_builtins(intervals(text))
    return {"weekly": plain}


def _raw(start: int, end: int) -> Any:
    plain = plain_week("")
    plain["days"][2] = [{"start": start, "end": end}]
    return {"weekly": plain}


BAD = [
    ({"name": " "}, "kit.bad_input", "name"),
    ({"name": "x" * 101}, "kit.bad_input", "name"),
    ({"name": "x\0y"}, "kit.bad_text", None),
    ({"time_zone": "Europe/Atlantis"}, "workspaces.bad_time_zone", "time_zone"),
    ({"time_zone": ""}, "workspaces.bad_time_zone", "time_zone"),
    ({"time_zone": "../zone"}, "workspaces.bad_time_zone", "time_zone"),
    (_with(1, "09:00-12:00 11:59-18:00"), "hours.overlap", "weekly.days[1]"),
    (_with(1, "09:00-18:00 10:00-11:00"), "hours.overlap", "weekly.days[1]"),
    (_with(6, "22:00-09:01"), "hours.overlap", "weekly.days[0]"),
    (_with(4, "22:00-06:00", "Sat 05:59-08:00"), "hours.overlap", "weekly.days[5]"),
    (_with(2, " ".join(f"{h}:00-{h}:30" for h in range(11))), "hours.too_many_intervals", "weekly.days[2]"),
    (_raw(600, 600), "hours.bad_interval", "weekly.days[2]"),
    (_raw(600, 500), "hours.bad_interval", "weekly.days[2]"),
    (_raw(-1, 500), "hours.bad_interval", "weekly.days[2]"),
    (_raw(1440, 1500), "hours.bad_interval", "weekly.days[2]"),
    (_raw(600, 2041), "hours.bad_interval", "weekly.days[2]"),
    ({"weekly": {"days": [[]] * 6}}, "kit.bad_input", "weekly.days"),
    ({"weekly": {"days": [["9-5"]] * 7}}, "kit.bad_input", "weekly.days[0][0]"),
    ({"holiday_set_ids": [ID]}, "hours.no_such_set", None),
    ({"holiday_set_ids": [ID, ID]}, "hours.set_twice", "holiday_set_ids"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "code", "field"), BAD)
async def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(
    office: Office, changes: Any, code: str, field: str | None
) -> None:
    kept = await office.schedule("原来的")
    answers = [
        await office.client.post("/api/schedules", json=form(**changes)),
        await office.edit(kept, **changes),
    ]
    if "name" not in changes:
        body = {name: value for name, value in form(**changes).items() if name != "name"}
        answers.append(await office.client.post("/api/schedules/preview", json=body))
    for answer in answers:
        said = answer.json()
        assert (said["code"], said["status"] in {400, 404}) == (code, True), answer.text
        assert field is None or said["field"] == field
        assert "{" not in said["title"] and said["title"] != code
    assert (await office.client.get("/api/schedules")).json()["items"] == [kept]


@pytest.mark.parametrize("text", ["00:00-24:00", "09:00-12:00 12:00-18:00", "22:00-09:00", "23:59-00:00"])
async def test_touching_and_whole_day_hours_are_fine(office: Office, text: str) -> None:
    await office.schedule("x", f"Sun {text}; Mon 09:00-18:00")


async def test_a_name_is_given_once_and_free_again_after_its_schedule(office: Office) -> None:
    first, second = await office.schedule("前台"), await office.schedule("后台")
    again = await office.client.post("/api/schedules", json=form())
    assert (again.status_code, again.json()["code"]) == (409, "hours.name_taken")
    renamed = await office.edit(second, name=" 前台")
    assert (renamed.status_code, renamed.json()["field"]) == (409, "name")
    for _ in range(2):
        assert (await office.client.delete(f"/api/schedules/{first['id']}")).status_code == 204
    assert (await office.edit(second, name="前台")).status_code == 200
    done = await actions(office.house, office.workspace_id)
    assert done.count("schedule.archive") == 1


async def test_each_change_of_hours_is_a_version_that_stays_readable(office: Office) -> None:
    first = await office.schedule()
    with heard(office.house.db, office.workspace_id) as told:
        second = (await office.edit(first, weekly=plain_week("Sat 10:00-12:00"))).json()
        third = (await office.edit(second, time_zone="Asia/Tokyo")).json()
        renamed = (await office.edit(third, name="东京")).json()
    assert [one["version"] for one in (first, second, third, renamed)] == [1, 2, 3, 3]
    changes = [event for event, _ in told if isinstance(event, HoursChanged)]
    assert [[str(one) for one in event.schedule_ids] for event in changes] == [[first["id"]]] * 2
    found = [
        (await office.client.get(f"/api/schedules/{first['id']}/versions/{number}")).json()
        for number in (1, 2, 3)
    ]
    assert [one["plan"]["weekly"] for one in found] == [first["weekly"], second["weekly"], second["weekly"]]
    assert [one["plan"]["time_zone"] for one in found] == ["Asia/Shanghai", "Asia/Shanghai", "Asia/Tokyo"]
    for number in (0, -1, 4, 2**31, 2**63, 10**30):
        missing = await office.client.get(f"/api/schedules/{first['id']}/versions/{number}")
        assert missing.status_code == 404, number


async def test_saving_twice_is_saving_once_and_an_old_page_overwrites_nothing(office: Office) -> None:
    seen = await office.schedule()
    longer = plain_week("Mon-Fri 09:00-20:00")
    saved = await office.edit(seen, weekly=longer)
    again = await office.edit(seen, weekly=longer)
    assert (again.status_code, again.json()["version"]) == (200, saved.json()["version"])
    stale = await office.edit(seen, weekly=plain_week("Mon 09:00-10:00"))
    assert (stale.status_code, stale.json()["code"]) == (409, "hours.changed_meanwhile")
    assert (await office.client.get(f"/api/schedules/{seen['id']}")).json()["weekly"] == longer
    done = await actions(office.house, office.workspace_id)
    assert done == ["session.open", "schedule.create", "schedule.edit"]


async def test_of_two_at_the_same_moment_one_is_told_to_look_again(office: Office) -> None:
    seen = await office.schedule()
    hours = [plain_week(f"Mon 09:00-1{end}:00") for end in range(4)]
    answers = await asyncio.gather(*(office.edit(seen, weekly=one) for one in hours))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_one_that_is_kept_to_cannot_go_and_one_that_went_cannot_be_taken(office: Office) -> None:
    kept = await office.schedule()
    await office.use("channel", office.account_id, kept)
    refused = await office.client.delete(f"/api/schedules/{kept['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "hours.in_use")
    assert "前台" in refused.json()["title"] and "1" in refused.json()["title"]
    await office.client.delete(f"/api/schedule-uses/channel/{office.account_id}")
    assert (await office.client.delete(f"/api/schedules/{kept['id']}")).status_code == 204
    for answer in (await office.use("channel", office.account_id, kept), await office.edit(kept, name="x")):
        assert (answer.status_code, answer.json()["code"]) == (409, "hours.archived")
    gone = (await office.client.get(f"/api/schedules/{kept['id']}")).json()
    assert gone["archived_at"] is not None
    assert (await office.client.get("/api/schedules")).json()["items"] == []


async def test_what_only_a_closed_team_kept_to_may_go(office: Office) -> None:
    kept, team = await office.schedule(), await office.team()
    assert (await office.use("team", team, kept)).status_code == 200
    assert (await office.client.delete(f"/api/teams/{team}")).status_code == 204
    assert (await office.client.get("/api/schedule-uses")).json()["items"] == []
    assert (await office.client.delete(f"/api/schedules/{kept['id']}")).status_code == 204


async def test_a_preview_shows_a_fortnight_with_its_holidays_and_keeps_nothing(office: Office) -> None:
    preview = {"time_zone": "Asia/Shanghai", "weekly": plain_week("Mon-Sun 00:00-24:00")}
    plain = (await office.client.post("/api/schedules/preview", json=preview)).json()
    assert plain["open"] is True and plain["changes_at"] is None and len(plain["days"]) == 14
    dates = [day["date"] for day in plain["days"]]
    assert dates == sorted(set(dates))
    sets = await office.holidays("停业", written(days(f"{dates[3]} off; {dates[5]} work 09:00-12:00")))
    shown = await office.client.post(
        "/api/schedules/preview", json={**preview, "holiday_set_ids": [sets["id"]]}
    )
    found = {day["date"]: (day["kind"], day["intervals"]) for day in shown.json()["days"]}
    assert found[dates[3]] == ("off", [])
    assert found[dates[5]] == ("work", [{"start": 540, "end": 720}])
    assert found[dates[4]] == (None, [{"start": 0, "end": 1440}])
    assert shown.json()["changes_at"].startswith(dates[2])  # midnight in Shanghai, the evening before by UTC
    assert (await office.client.get("/api/schedules")).json()["items"] == []
