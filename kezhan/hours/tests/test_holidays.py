"""Holiday sets: written, read from lists, taken ready-made, and what a change of them does to schedules."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from kezhan.hours.calendar import business_seconds, schedule_of
from kezhan.hours.events import HoursChanged
from kezhan.hours.lists import read_csv
from kezhan.hours.plans import check_days
from kezhan.hours.ready import ready_calendars
from kezhan.hours.schemas import MAX_DAYS, Plan, SpecialDay
from kezhan.hours.tests.factories import days, week, written
from kezhan.hours.tests.people import Office, make_office
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, heard

OFF = {"date": "2026-12-25", "kind": "off", "name": "圣诞节"}
WORK = {"date": "2026-12-26", "kind": "work"}
CHRISTMAS = SpecialDay(date=date(2026, 12, 25), kind="off", name="Christmas, the first day")


async def test_a_set_is_made_changed_and_gone_and_each_is_a_line_of_the_log(office: Office) -> None:
    made = await office.holidays(" 年会 ", [OFF, {"date": "2026-01-02", "kind": "work", "as_weekday": 5}])
    assert (made["name"], made["version"], made["source"]) == ("年会", 1, "")
    assert [day["date"] for day in made["days"]] == ["2026-01-02", "2026-12-25"]
    body = {"name": "年会", "days": [OFF], "version": 1}
    for _ in range(2):  # the second time nothing is left to change
        edited = await office.client.put(f"/api/holidays/{made['id']}", json=body)
        assert (edited.status_code, edited.json()["version"]) == (200, 2)
    stale = await office.client.put(f"/api/holidays/{made['id']}", json={**body, "days": []})
    assert (stale.status_code, stale.json()["code"]) == (409, "hours.changed_meanwhile")
    assert (await office.client.get("/api/holidays")).json()["items"] == [edited.json()]
    for _ in range(2):
        assert (await office.client.delete(f"/api/holidays/{made['id']}")).status_code == 204
    gone = await office.client.put(f"/api/holidays/{made['id']}", json={**body, "version": 2})
    assert (gone.status_code, gone.json()["code"]) == (404, "hours.no_such_set")
    done = await actions(office.house, office.workspace_id)
    assert done == ["session.open", "holidays.create", "holidays.edit", "holidays.archive"]


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        ([OFF, OFF], "hours.day_twice", "days[1]"),
        ([{**OFF, "as_weekday": 1}], "hours.day_contradicts", "days[0]"),
        ([{**OFF, "intervals": [{"start": 0, "end": 60}]}], "hours.day_contradicts", "days[0]"),
        ([OFF, {**WORK, "intervals": []}], "hours.day_contradicts", "days[1]"),
        (
            [{**WORK, "intervals": [{"start": 0, "end": 1}], "as_weekday": 1}],
            "hours.day_contradicts",
            "days[0]",
        ),
        (
            [{**WORK, "intervals": [{"start": 0, "end": 90}, {"start": 60, "end": 99}]}],
            "hours.overlap",
            "days[0]",
        ),
        ([{**OFF, "date": "2026-02-29"}], "kit.bad_input", "days[0].date"),
        ([{**OFF, "kind": "half"}], "kit.bad_input", "days[0].kind"),
        ([{**WORK, "as_weekday": 8}], "kit.bad_input", "days[0].as_weekday"),
        ([{**OFF, "name": "x" * 101}], "kit.bad_input", "days[0].name"),
    ],
)  # fmt: skip
async def test_days_that_cannot_be_are_refused_by_place_and_nothing_is_kept(
    office: Office, bad: Any, code: str, field: str
) -> None:
    kept = await office.holidays("原来的", [OFF])
    answers = (
        await office.client.post("/api/holidays", json={"name": "x", "days": bad}),
        await office.client.put(
            f"/api/holidays/{kept['id']}", json={"name": "原来的", "days": bad, "version": 1}
        ),
    )
    for answer in answers:
        said = answer.json()
        assert (answer.status_code, said["code"], said["field"]) == (400, code, field)
        assert "{" not in said["title"]
    assert (await office.client.get("/api/holidays")).json()["items"] == [kept]


async def test_a_name_is_given_once(office: Office) -> None:
    first, second = await office.holidays("年会"), await office.holidays("团建")
    again = await office.client.post("/api/holidays", json={"name": "年会", "days": []})
    renamed = await office.client.put(
        f"/api/holidays/{second['id']}", json={"name": "年会", "days": [], "version": 1}
    )
    for answer in (again, renamed):
        assert (answer.status_code, answer.json()["code"]) == (409, "hours.set_name_taken")
    assert (await office.client.delete(f"/api/holidays/{first['id']}")).status_code == 204
    await office.holidays("年会")


async def test_a_change_of_a_set_is_a_new_version_of_just_the_schedules_that_observe_it(
    office: Office,
) -> None:
    holidays = await office.holidays("年会", [OFF])
    observing = await office.schedule("一", holiday_set_ids=[holidays["id"]])
    apart = await office.schedule("二")
    body = {"name": "年会", "days": [{**OFF, "date": "2026-12-24"}], "version": 1}
    with heard(office.house.db, office.workspace_id) as told:
        # A name alone changes no hours.
        for form in (body, {**body, "name": "聚会", "version": 2}):
            assert (await office.client.put(f"/api/holidays/{holidays['id']}", json=form)).status_code == 200
    changed = [event for event, _ in told if isinstance(event, HoursChanged)]
    assert [[str(one) for one in event.schedule_ids] for event in changed] == [[observing["id"]]]
    listed = {one["id"]: one for one in (await office.client.get("/api/schedules")).json()["items"]}
    assert (listed[observing["id"]]["version"], listed[apart["id"]]["version"]) == (2, 1)
    path = f"/api/schedules/{observing['id']}/versions"
    plans = [(await office.client.get(f"{path}/{number}")).json()["plan"] for number in (1, 2)]
    assert [[day["date"] for day in plan["days"]] for plan in plans] == [["2026-12-25"], ["2026-12-24"]]


async def test_a_set_that_is_observed_cannot_go(office: Office) -> None:
    holidays = await office.holidays("年会", [OFF])
    observing = await office.schedule("早班", holiday_set_ids=[holidays["id"]])
    refused = await office.client.delete(f"/api/holidays/{holidays['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "hours.set_in_use")
    assert "年会" in refused.json()["title"] and "早班" in refused.json()["title"]
    assert (await office.edit(observing, holiday_set_ids=[])).status_code == 200
    assert (await office.client.delete(f"/api/holidays/{holidays['id']}")).status_code == 204
    again = await office.edit(observing, version=2, holiday_set_ids=[holidays["id"]])
    assert (again.status_code, again.json()["code"]) == (404, "hours.no_such_set")


async def test_of_two_sets_that_name_a_day_the_first_counts(office: Office) -> None:
    closed = await office.holidays("停业", written(days("2026-12-25 off; 2026-12-24 off")))
    stock = await office.holidays("盘点", written(days("2026-12-25 work 09:00-12:00")))
    for sets, kind in (([closed, stock], "off"), ([stock, closed], "work")):
        made = await office.schedule(f"先{kind}", holiday_set_ids=[one["id"] for one in sets])
        assert made["holiday_set_ids"] == [one["id"] for one in sets]
        found = await office.client.get(f"/api/schedules/{made['id']}/versions/1")
        shown = {day["date"]: day["kind"] for day in found.json()["plan"]["days"]}
        assert shown == {"2026-12-24": "off", "2026-12-25": kind}


async def test_strangers_neither_see_nor_change_a_set(house: Running, office: Office) -> None:
    mine, stranger = await office.holidays("年会", [OFF]), await make_office(house)
    assert (await stranger.client.get("/api/holidays")).json() == {"items": []}
    body = {"name": "x", "days": [], "version": 1}
    for set_id in (mine["id"], new_id()):
        assert (await stranger.client.put(f"/api/holidays/{set_id}", json=body)).status_code == 404
        assert (await stranger.client.delete(f"/api/holidays/{set_id}")).status_code == 404
    assert (await office.client.get("/api/holidays")).json()["items"] == [mine]


# The State Council's notices: first and last day of each holiday, and the make-up work days.
NOTICES = {
    2025: (
        "0101-0101 0128-0204 0404-0406 0501-0505 0531-0602 1001-1008",
        "0126 0208 0427 0928 1011",
        33,
    ),
    2026: (
        "0101-0103 0215-0223 0404-0406 0501-0505 0619-0621 0925-0927 1001-1007",
        "0104 0214 0228 0509 0920 1010",
        39,
    ),
}


@pytest.mark.parametrize("year", NOTICES)
def test_the_ready_calendars_are_as_the_state_council_said(year: int) -> None:
    spans, works, count = NOTICES[year]
    wanted = {_date(year, text): "work" for text in works.split()}
    for span in spans.split():
        first, last = (_date(year, text) for text in span.split("-"))
        wanted |= {first + timedelta(days=ahead): "off" for ahead in range((last - first).days + 1)}
    ready = ready_calendars()[f"cn-{year}"]
    assert {day.date: day.kind for day in ready.days} == wanted
    assert len(check_days(ready.days)) == count
    assert ready.notice_in("en").startswith("State Council General Office notice")
    assert ready.notice_in("zh-CN").startswith("国务院办公厅") and all(ready.name.values())
    # Make-up days are weekend days; the working days of the year are those of its weekdays, taken and given.
    assert all(day.date.weekday() >= 5 for day in ready.days if day.kind == "work")
    plan = Plan(time_zone="Asia/Shanghai", weekly=week("Mon-Fri 09:00-17:00"), days=ready.days)
    start, end = (date(y, 1, 1) for y in (year, year + 1))
    weekdays = sum((start + timedelta(days=ahead)).weekday() < 5 for ahead in range((end - start).days))
    taken = Counter((day.kind, day.date.weekday() < 5) for day in ready.days)
    worked = weekdays - taken["off", True] + taken["work", False]
    first, last = (_midnight(day) for day in (start, end))
    assert business_seconds(schedule_of(plan), first, last) == worked * 8 * 3600


def _date(year: int, text: str) -> date:
    return date(year, int(text[:2]), int(text[2:]))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo("Asia/Shanghai"))


async def test_a_ready_calendar_is_taken_with_one_click_and_only_once(office: Office) -> None:
    offered = (await office.client.get("/api/holidays/ready")).json()["items"]
    assert [one["key"] for one in offered] == ["cn-2026", "cn-2025"]
    assert {one["set_id"] for one in offered} == {None}
    first = await office.client.post("/api/holidays/ready/cn-2026")
    again = await office.client.post("/api/holidays/ready/cn-2026")
    assert first.json() == again.json() and first.status_code == 201
    assert (first.json()["name"], first.json()["source"], len(first.json()["days"])) == (
        "中国法定节假日 2026", "cn-2026", 39
    )  # fmt: skip
    offered = (await office.client.get("/api/holidays/ready")).json()["items"]
    assert [one["set_id"] for one in offered] == [first.json()["id"], None]
    unknown = await office.client.post("/api/holidays/ready/..%2Fcn-2026")
    assert unknown.status_code == 404
    missing = await office.client.post("/api/holidays/ready/cn-1900")
    assert missing.json()["code"] == "hours.no_such_calendar"
    assert (await actions(office.house, office.workspace_id)).count("holidays.create") == 1


LINES = [
    ("2026-10-01,off,国庆节", SpecialDay(date=date(2026, 10, 1), kind="off", name="国庆节")),
    ("2026-10-10 , WORK", SpecialDay(date=date(2026, 10, 10), kind="work")),
    ("2026/1/4;上班;元旦", SpecialDay(date=date(2026, 1, 4), kind="work", name="元旦")),
    ("2026年2月14日，班，春节", SpecialDay(date=date(2026, 2, 14), kind="work", name="春节")),
    ('2026-12-25,off,"Christmas, the first day"', CHRISTMAS),
    ("2026-02-29,off,x", "The date is missing"),
    ("off,2026-10-01", "The date is missing"),
    ("2026-10-01", "After the date"),
    ("2026-10-01,holiday,x", "After the date"),
    ("2026-10-01,off,x,y", "more than three parts"),
    (f"2026-10-01,off,{'x' * 101}", "more than 100 characters"),
    ('2026-10-01,off,"x', SpecialDay(date=date(2026, 10, 1), kind="off", name="x")),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), LINES)
def test_a_line_of_a_list_is_a_day_or_a_reason(line: str, expected: SpecialDay | str) -> None:
    found = read_csv(f"date,kind,name\r\n\r\n{line}\r\n", "en")
    if isinstance(expected, SpecialDay):
        assert (found.days, found.faults) == ([expected], [])
    else:
        assert found.days == [] and found.faults[0].line == 3
        assert expected in found.faults[0].says and "{" not in found.faults[0].says


def test_a_list_keeps_what_it_can_and_names_every_line_it_cannot() -> None:
    text = "\ufeff日期,类型,名称\n2026-10-02,off\noops\n2026-10-01,off\n2026-10-02,work\n"
    found = read_csv(text, "zh-CN")
    assert [day.date.day for day in found.days] == [1, 2]
    assert [(fault.line, fault.text) for fault in found.faults] == [(3, "oops"), (5, "2026-10-02,work")]
    assert found.faults[1].says == "这个日期前面已经有了。"
    start = date(2026, 1, 1)
    many = "\n".join(f"{start + timedelta(days=ahead)},off" for ahead in range(MAX_DAYS + 1))
    assert len(read_csv(many, "en").days) == MAX_DAYS
    assert [fault.line for fault in read_csv(many, "en").faults] == [MAX_DAYS + 1]
    assert not read_csv("", "en").days and not read_csv("", "en").faults


async def test_a_list_is_read_at_the_door_and_nothing_is_stored(office: Office) -> None:
    text = "2026-10-01,off,国庆节\n2026-13-01,off,x"
    found = await office.client.post("/api/holidays/list", json={"text": text})
    assert (found.status_code, len(found.json()["days"]), found.json()["faults"][0]["line"]) == (200, 1, 2)
    assert (await office.client.get("/api/holidays")).json()["items"] == []
    stored = await office.holidays("国庆", found.json()["days"])
    assert stored["days"] == found.json()["days"]
    huge = await office.client.post("/api/holidays/list", json={"text": "x" * 100_001})
    assert huge.status_code == 400
