"""What reception goes by, from the door: who may set it, what is refused, what follows at once."""

from typing import Any

import pytest

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.ids import new_id
from kezhan.routing.policy import Need, Pool, Step
from kezhan.routing.tests.counter import POLICY, colleague, open_counter
from kezhan.routing.tests.factories import rule
from kezhan.testing import Running

SETTINGS = {
    "automatic": True, "arrive_online": True, "grace_seconds": 45, "live_units": 3, "deferred_units": 10,
    "take_over": False, "missed_limit": 3, "answer_seconds": 90, "left_seconds": 120, "long_seconds": 300,
    "target_seconds": 30, "short_seconds": 10,
}  # fmt: skip


def writes(shop: Shop) -> list[tuple[str, str, Any]]:
    """Every route that changes what reception goes by."""
    one = new_id()
    return [
        ("PUT", "/api/reception", SETTINGS),
        ("PUT", POLICY, {"version": 0, "policy": {}}),
        ("POST", f"{POLICY}/preview", {"version": 0, "policy": {}}),
        ("GET", f"{POLICY}/versions", None),
        ("POST", "/api/skills", {"name": "退款"}),
        ("PATCH", f"/api/skills/{one}", {"name": "退款"}),
        ("DELETE", f"/api/skills/{one}", None),
        ("POST", "/api/break-reasons", {"name": "午饭"}),
        ("DELETE", f"/api/break-reasons/{one}", None),
        ("PUT", f"/api/channel-weights/{shop.account_id}", {"units": 2}),
        ("PUT", f"/api/queues/{shop.workspace_id}", {"max_waiting": 2}),
        ("PATCH", f"/api/seats/{one}", {"live_units": 2}),
        ("PUT", f"/api/seats/{one}/state", {"state": "away"}),
    ]


@pytest.mark.parametrize("role", ["agent", "inspector", "auditor"])
async def test_who_does_not_run_reception_changes_nothing_of_it(shop: Shop, role: str) -> None:
    counter = await open_counter(shop, role)
    for method, path, body in writes(shop):
        answer = await counter.boss.request(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.not_permitted"), path
    assert await counter.deeds() == [] and await counter.version() == 0 if role != "auditor" else True


@pytest.mark.parametrize("role", ["supervisor", "admin", "owner"])
async def test_who_runs_reception_is_let_in_by_every_route(shop: Shop, role: str) -> None:
    counter = await open_counter(shop, role)
    for method, path, body in writes(shop):
        assert (await counter.boss.request(method, path, body)).status_code in {200, 201, 204, 404}, path


async def test_the_settings_are_kept_and_the_same_again_is_no_deed(shop: Shop) -> None:
    counter = await open_counter(shop)
    for _ in range(2):
        assert (await counter.boss.request("PUT", "/api/reception", SETTINGS)).status_code == 200
        assert await counter.boss.get("/api/reception") == SETTINGS
    assert await counter.deeds() == ["reception.edit"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("grace_seconds", 4), ("grace_seconds", 3601), ("live_units", 0), ("live_units", 1001),
        ("deferred_units", -1), ("missed_limit", 21), ("answer_seconds", -1), ("left_seconds", 9),
        ("long_seconds", 9), ("target_seconds", 0), ("short_seconds", 601), ("live_units", "many"),
        ("automatic", None),
    ],
)  # fmt: skip
async def test_a_setting_out_of_its_bounds_is_named_and_none_is_changed(
    shop: Shop, name: str, value: Any
) -> None:
    counter = await open_counter(shop)
    before = await counter.boss.get("/api/reception")
    answer = await counter.boss.request("PUT", "/api/reception", {**SETTINGS, name: value})
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "kit.bad_input", name)
    assert await counter.boss.get("/api/reception") == before


async def test_a_workspace_without_a_reception_says_so_and_gets_one_by_its_settings(shop: Shop) -> None:
    boss = await colleague(shop, "admin")
    assert (await boss.get("/api/reception"))["automatic"] is False
    assert (await boss.get("/api/seats")) == {"items": []}
    answer = await boss.request("PUT", POLICY, {"version": 0, "policy": {}})
    assert (answer.status_code, answer.json()["code"]) == (404, "routing.no_reception")
    assert (await boss.request("PUT", "/api/reception", SETTINGS)).status_code == 200
    assert (await boss.get("/api/reception")) == SETTINGS
    assert [seat["name"] for seat in (await boss.get("/api/seats"))["items"]] == ["店长"]


async def test_what_waits_is_given_when_the_settings_make_room_or_let_it_begin(shop: Shop) -> None:
    counter = await open_counter(shop, live_units=1)
    lobby = counter.lobby
    await lobby.agent("周小满")
    first, second = [(await lobby.customer())[1] for _ in range(2)]
    assert (await lobby.holder(first), await lobby.waiting()) == ("周小满", [second])
    by_hand = {**SETTINGS, "automatic": False, "live_units": 2}
    await counter.boss.request("PUT", "/api/reception", by_hand)
    assert await lobby.waiting() == [second]
    await counter.boss.request("PUT", "/api/reception", {**by_hand, "automatic": True})
    assert (await lobby.holder(second), await lobby.waiting()) == ("周小满", [])
    await lobby.check()


# Skills and reasons


async def test_a_skill_is_made_renamed_and_removed_and_each_is_on_record(shop: Shop) -> None:
    counter = await open_counter(shop)
    made = await counter.make("skills", name=" 英语 ", kind="language", code="en_gb")
    assert made == {"id": made["id"], "kind": "language", "name": "英语", "code": "en-gb", "seats": 0}
    address = f"/api/skills/{made['id']}"
    for _ in range(2):
        changed = await counter.boss.request("PATCH", address, {"name": "英文", "code": "en"})
        assert (changed.status_code, changed.json()["name"], changed.json()["code"]) == (200, "英文", "en")
    for _ in range(2):
        assert (await counter.boss.request("DELETE", address)).status_code == 204
    assert await counter.boss.get("/api/skills") == {"items": []}
    assert (await counter.boss.request("PATCH", address, {"name": "x", "code": "en"})).status_code == 404
    assert await counter.deeds() == ["skill.create", "skill.edit", "skill.archive"]


BAD_SKILLS = [
    ({"name": ""}, 400, "kit.bad_input", "name"),
    ({"name": "  "}, 400, "kit.bad_input", "name"),
    ({"name": "长" * 61}, 400, "kit.bad_input", "name"),
    ({"name": "x", "kind": "colour"}, 400, "kit.bad_input", "kind"),
    ({"name": "英语", "kind": "language"}, 422, "routing.code_missing", "code"),
    ({"name": "英语", "kind": "language", "code": "英语"}, 422, "routing.code_missing", "code"),
    ({"name": "华东", "kind": "region", "code": "China"}, 422, "routing.code_missing", "code"),
    ({"name": "中国", "kind": "region", "code": "cn"}, 409, "routing.name_taken", "name"),
    ({"name": "大陆", "kind": "region", "code": "cn"}, 409, "routing.code_taken", "code"),
]


@pytest.mark.parametrize(("form", "status", "code", "field"), BAD_SKILLS)
async def test_a_skill_that_could_match_nobody_or_is_there_already_is_refused_beside_its_field(
    shop: Shop, form: dict[str, Any], status: int, code: str, field: str
) -> None:
    counter = await open_counter(shop)
    other = "RU" if code == "routing.name_taken" else "CN"
    await counter.make("skills", name="中国", kind="region", code=other)
    answer = await counter.boss.request("POST", "/api/skills", form)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.json()["field"] == field and answer.json()["title"]
    assert len((await counter.boss.get("/api/skills"))["items"]) == 1


async def test_a_name_is_free_for_another_kind_and_again_after_removal(shop: Shop) -> None:
    counter = await open_counter(shop)
    first = await counter.skill("法国")
    await counter.skill("法国", "region", "FR")
    again = await counter.boss.request("POST", "/api/skills", {"name": "法国"})
    assert (again.status_code, again.json()["field"]) == (409, "name")
    await counter.boss.request("DELETE", f"/api/skills/{first}")
    await counter.skill("法国")


async def test_a_skill_that_a_rule_asks_for_is_not_removed(shop: Shop) -> None:
    counter = await open_counter(shop)
    skill = await counter.skill()
    await counter.saved(rule("退款专线", pool=Pool(needs=[Need(skill, 2)])))  # type: ignore[arg-type]
    answer = await counter.boss.request("DELETE", f"/api/skills/{skill}")
    assert (answer.status_code, answer.json()["code"]) == (409, "routing.skill_in_use")
    assert "退款专线" in answer.json()["title"]
    await counter.saved(rule("退款专线"))
    assert (await counter.boss.request("DELETE", f"/api/skills/{skill}")).status_code == 204


async def test_a_reason_is_made_once_and_removed_once(shop: Shop) -> None:
    counter = await open_counter(shop)
    made = await counter.make("break-reasons", name=" 午饭 ")
    assert made["name"] == "午饭"
    for wrong, status in (({"name": "午饭"}, 409), ({"name": " "}, 400), ({"name": "长" * 41}, 400)):
        answer = await counter.boss.request("POST", "/api/break-reasons", wrong)
        assert (answer.status_code, answer.json()["field"]) == (status, "name")
    for _ in range(2):
        assert (await counter.boss.request("DELETE", f"/api/break-reasons/{made['id']}")).status_code == 204
    assert await counter.boss.get("/api/break-reasons") == {"items": []}
    assert await counter.deeds() == ["break_reason.create", "break_reason.archive"]


# Weights and limits


async def test_a_channels_weight_counts_for_what_comes_from_now_on(shop: Shop) -> None:
    counter = await open_counter(shop, live_units=4)
    await counter.lobby.agent("周小满")
    address = f"/api/channel-weights/{shop.account_id}"
    for _ in range(2):
        assert (await counter.boss.request("PUT", address, {"units": 3})).status_code == 200
    assert [(one["units"], one["load"]) for one in (await counter.boss.get("/api/channel-weights"))["items"]]
    await counter.lobby.customer()
    await counter.boss.request("PUT", address, {"units": 2, "load": "deferred"})
    await counter.lobby.customer()
    seat = (await counter.lobby.seats())["周小满"]
    assert (seat["live_used"], seat["deferred_used"]) == (3, 2)
    assert await counter.deeds() == ["channel_weight.edit"] * 2
    for wrong in ({"units": 0}, {"units": 101}, {"load": "heavy"}):
        assert (await counter.boss.request("PUT", address, wrong)).status_code == 400
    assert (await counter.boss.request("PUT", f"/api/channel-weights/{new_id()}", {})).status_code == 404


async def test_a_limit_asks_for_messages_and_its_end_gives_at_once(shop: Shop) -> None:
    counter = await open_counter(shop, live_units=5)
    lobby, address = counter.lobby, f"/api/queues/{shop.workspace_id}"
    for _ in range(2):
        put = await counter.boss.request("PUT", address, {"max_open": 1, "max_waiting": 1})
        assert put.status_code == 200
    assert (await counter.boss.get("/api/queues"))[str(shop.workspace_id)] == {
        "max_open": 1,
        "max_waiting": 1,
    }
    await lobby.agent("周小满")
    talks = [(await lobby.customer())[1] for _ in range(3)]
    assert await lobby.waiting() == talks[1:]
    assert [(await counter.waits(talk))["message"] for talk in talks[1:]] == [False, True]
    await counter.boss.request("PUT", address, {})
    assert await lobby.waiting() == []
    assert await counter.deeds() == ["queue.edit"] * 2
    await lobby.check()


@pytest.mark.parametrize("wrong", [{"max_open": -1}, {"max_waiting": 100_001}, {"max_waiting": "some"}])
async def test_a_limit_that_is_none_is_refused(shop: Shop, wrong: dict[str, Any]) -> None:
    counter = await open_counter(shop)
    answer = await counter.boss.request("PUT", f"/api/queues/{shop.workspace_id}", wrong)
    assert (answer.status_code, answer.json()["field"]) == (400, next(iter(wrong)))
    unknown = await counter.boss.request("PUT", f"/api/queues/{new_id()}", {"max_open": 3})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "workspaces.no_such_team")


# Seats


async def test_a_seats_room_and_skills_count_at_once_and_what_is_left_out_stays(shop: Shop) -> None:
    counter = await open_counter(shop, live_units=1)
    lobby = counter.lobby
    await lobby.agent("周小满")
    skill = await counter.skill()
    address = f"/api/seats/{lobby.ids['周小满']}"
    talks = [(await lobby.customer())[1] for _ in range(3)]
    assert await lobby.waiting() == talks[1:]
    for _ in range(2):
        grown = await counter.boss.request("PATCH", address, {"live_units": 2})
        assert (grown.json()["live_units"], grown.json()["own_room"], grown.json()["live_used"]) == (
            2,
            True,
            2,
        )
    assert await lobby.waiting() == talks[2:]
    taught = (await counter.boss.request("PATCH", address, {"skills": {skill: 4}})).json()
    assert (taught["skills"], taught["live_units"]) == ({skill: 4}, 2)
    usual = (await counter.boss.request("PATCH", address, {"live_units": None})).json()
    assert (usual["live_units"], usual["own_room"], usual["skills"]) == (1, False, {skill: 4})
    assert (await counter.boss.get("/api/skills"))["items"][0]["seats"] == 1
    assert await counter.deeds() == ["skill.create", *["seat.edit"] * 3]
    await lobby.check()


async def test_a_seat_that_learns_what_was_missing_gets_who_waited_for_it(shop: Shop) -> None:
    counter = await open_counter(shop)
    skill = await counter.skill()
    await counter.saved(rule("退款专线", pool=Pool(needs=[Need(skill, 3)])))  # type: ignore[arg-type]
    await counter.lobby.agent("周小满")
    _, talk = await counter.lobby.customer()
    await counter.give("周小满", 退款=2)
    assert await counter.lobby.holder(talk) is None
    await counter.give("周小满", 退款=3)
    assert await counter.lobby.holder(talk) == "周小满"


async def test_what_a_seat_cannot_be_is_refused_and_leaves_it_as_it_was(shop: Shop) -> None:
    counter = await open_counter(shop)
    await counter.lobby.agent("周小满")
    skill = await counter.skill()
    await counter.give("周小满", 退款=2)
    seat_id = counter.lobby.ids["周小满"]
    before = await counter.lobby.rows("select * from seats")
    for wrong, status in (
        ({"live_units": -1}, 400), ({"live_units": 1001}, 400), ({"skills": {skill: 6}}, 400),
        ({"skills": {skill: 0}}, 400), ({"skills": {str(new_id()): 1}}, 404), ({"skills": {"x": 1}}, 404),
    ):  # fmt: skip
        assert (await counter.boss.request("PATCH", f"/api/seats/{seat_id}", wrong)).status_code == status
    assert await counter.lobby.rows("select * from seats") == before
    assert (await counter.boss.request("PATCH", f"/api/seats/{new_id()}", {})).status_code == 404
    inspector = await colleague(shop, "inspector", "老秦")
    who = (await inspector.get("/api/me"))["id"]
    assert (await counter.boss.request("PATCH", f"/api/seats/{who}", {})).status_code == 404


async def test_a_colleagues_state_is_set_once_and_on_record(shop: Shop) -> None:
    counter = await open_counter(shop)
    lobby = counter.lobby
    await lobby.agent("周小满")
    lunch = (await counter.make("break-reasons", name="午饭"))["id"]
    address = f"/api/seats/{lobby.ids['周小满']}/state"
    for _ in range(2):
        away = await counter.boss.request("PUT", address, {"state": "away", "reason_id": lunch})
        assert (away.json()["state"], away.json()["reason"]) == ("away", "午饭")
    _, talk = await lobby.customer()
    assert await lobby.holder(talk) is None
    wrong = await counter.boss.request("PUT", address, {"state": "busy", "reason_id": lunch})
    assert (wrong.json()["code"], wrong.json()["field"]) == ("routing.bad_state", "state")
    await counter.boss.request("PUT", address, {"state": "online"})
    assert await lobby.holder(talk) == "周小满"
    assert await counter.deeds() == ["break_reason.create", "seat.set_state", "seat.set_state"]
    rows = await lobby.rows("select state, by_id from seat_events order by at, no")
    assert [(row["state"], row["by_id"] is not None) for row in rows][-2:] == [
        ("away", True),
        ("online", True),
    ]


# Customers' languages and regions


async def test_a_language_nobody_has_any_more_keeps_nobody_waiting(shop: Shop) -> None:
    counter = await open_counter(shop)
    lobby = counter.lobby
    await counter.saved(rule("母语", pool=Pool(by_language=True)))
    await lobby.agent("Anna")
    await lobby.agent("周小满")
    skill = await counter.skill("中文", "language", "zh")
    _, first = await lobby.customer()
    assert (await counter.lobby.holder(first)) is not None
    await counter.give("Anna", 中文=5)
    for who in ("Anna", "周小满"):
        await counter.boss.request("PUT", f"/api/seats/{lobby.ids[who]}/state", {"state": "away"})
    visitor = await shop.visitor(context={"language": "zh-CN"})
    talk = (await visitor.say("在吗"))["conversation_id"]
    await counter.boss.request("PUT", f"/api/seats/{lobby.ids['周小满']}/state", {"state": "online"})
    rows = await lobby.rows("select skill_id from wait_needs")
    assert [str(row["skill_id"]) for row in rows] == [skill]
    assert [str(one) for one in await lobby.waiting()] == [talk]
    await counter.give("Anna")
    assert await lobby.waiting() == []
    await lobby.check()


async def test_a_team_that_a_rule_needs_stays_and_the_queue_of_one_that_goes_is_served(shop: Shop) -> None:
    counter = await open_counter(shop)
    lobby = counter.lobby
    team = await lobby.team("售后")
    used = rule("老客户", pool=Pool(), overflow=[Step(after_seconds=60, message=True)])
    await counter.saved(rule("售后", pool=Pool(team_ids=[team])), used)
    refused = await counter.boss.request("DELETE", f"/api/teams/{team}")
    assert (refused.status_code, refused.json()["code"]) == (409, "routing.team_in_use")
    await counter.saved(used)
    _, talk = await lobby.customer()
    sent = await counter.boss.request("PUT", f"/api/conversations/{talk}/assignment", {"team_id": str(team)})
    assert sent.status_code < 300, sent.text
    assert await counter.queues(talk) == {team}
    assert (await counter.boss.request("DELETE", f"/api/teams/{team}")).status_code == 204
    assert await counter.queues(talk) == {shop.workspace_id}
    await lobby.agent("周小满")
    assert await lobby.holder(talk) == "周小满"


async def test_nothing_of_one_workspace_is_seen_or_set_from_another(shop: Shop, house: Running) -> None:
    counter = await open_counter(shop)
    skill, lunch = await counter.skill(), (await counter.make("break-reasons", name="午饭"))["id"]
    await counter.saved(rule("只此一家"))
    await counter.lobby.agent("周小满")
    seat = counter.lobby.ids["周小满"]
    stranger = await make_shop(house)
    other = await open_counter(stranger)
    for path in ("skills", "break-reasons", "seats"):
        assert "周小满" not in str(await other.boss.get(f"/api/{path}"))
        assert skill not in str(await other.boss.get(f"/api/{path}"))
    assert await other.boss.get(f"{POLICY}/versions") == [] and await other.version() == 0
    tried = [
        ("PATCH", f"/api/skills/{skill}", {"name": "别人的"}),
        ("PATCH", f"/api/seats/{seat}", {"live_units": 0}),
        ("PUT", f"/api/seats/{seat}/state", {"state": "away"}),
        ("PUT", f"/api/channel-weights/{shop.account_id}", {"units": 9}),
        ("PUT", f"/api/queues/{shop.workspace_id}", {"max_open": 0}),
    ]
    for method, path, body in tried:
        assert (await other.boss.request(method, path, body)).status_code == 404, path
    for path in (f"skills/{skill}", f"break-reasons/{lunch}"):
        await other.boss.request("DELETE", f"/api/{path}")
    named = rule(pool=Pool(needs=[Need(skill)]))  # type: ignore[arg-type]
    assert "no_such_skill" in (await other.save(named)).text
    assert [one["id"] for one in (await counter.boss.get("/api/skills"))["items"]] == [skill]
    assert [one["id"] for one in (await counter.boss.get("/api/break-reasons"))["items"]] == [lunch]
    assert (await counter.lobby.seats())["周小满"]["state"] == "online"
    await stranger.close()
