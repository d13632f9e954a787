"""Wrap-ups: who says what is asked, what is asked when, and what was answered once."""

from typing import Any
from uuid import UUID

from kezhan.conversations.assign import end_silent
from kezhan.conversations.number import hold
from kezhan.conversations.tests.place import Json, Member, Place, make_place
from kezhan.kit.ids import new_id

REASON: Json = {
    "id": "reason",
    "kind": "tree",
    "label": "原因",
    "required": True,
    "choices": [{"id": "c", "label": "投诉", "children": [{"id": "c1", "label": "物流", "children": []}]}],
}
REMARK: Json = {"id": "remark", "kind": "text", "label": "备注", "required": False, "choices": []}
PATH = "/api/forms/wrap_up"


async def put_form(member: Member, fields: list[Json], version: int = 0, team: UUID | None = None) -> Json:
    path = f"{PATH}/teams/{team}" if team else PATH
    answer = await member.ask("PUT", path, {"version": version, "fields": fields})
    assert answer.status_code == 200, answer.text
    form: Json = answer.json()
    return form


def filled(form: Json, **values: Any) -> Json:
    return {"form_id": form["id"], "version": form["version"], "values": values}


async def taken(place: Place, member: Member) -> UUID:
    conversation = await place.talk()
    assert await member.act("PUT", conversation, "/assignment", {}) == (200, "")
    return conversation


async def wrap_up(member: Member, conversation: UUID) -> Json:
    found: Json = await member.get(f"/api/conversations/{conversation}/wrap-up")
    return found


async def test_without_a_form_nothing_is_asked(place: Place) -> None:
    agent = await place.member()
    conversation = await taken(place, agent)
    assert await wrap_up(agent, conversation) == {"form": None, "values": {}, "state": "none", "at": None}
    for body in (None, filled({"id": str(new_id()), "version": 1}), None):
        assert await agent.act("PUT", conversation, "/closure", body) == (200, "")


async def test_the_end_is_refused_until_what_is_required_is_there(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    form = await put_form(boss, [REASON, REMARK])
    conversation = await taken(place, agent)
    for body in (None, filled(form, remark="好")):
        answer = await agent.ask("PUT", f"/api/conversations/{conversation}/closure", body)
        told = answer.json()
        assert (answer.status_code, told["code"], told["field"]) == (409, "forms.missing", "reason")
        assert "原因" in told["title"]
    assert (await agent.get(f"/api/conversations/{conversation}"))["head"]["state"] == "assigned"
    assert await agent.act("PUT", conversation, "/closure", filled(form, reason="c1")) == (200, "")
    found = await wrap_up(agent, conversation)
    assert (found["state"], found["values"], found["form"]["fields"][0]["label"]) == (
        "done",
        {"reason": "c1"},
        "原因",
    )
    for body in (None, filled(form, reason="c1", remark=" ")):
        assert await agent.act("PUT", conversation, "/closure", body) == (200, ""), "ended so already"
    meanwhile = (409, "conversations.ended_meanwhile")
    assert await boss.act("PUT", conversation, "/closure", filled(form, reason="c1", remark="x")) == meanwhile
    assert (await wrap_up(agent, conversation))["values"] == {"reason": "c1"}


async def test_a_draft_is_kept_and_is_enough_at_the_end(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    form = await put_form(boss, [REASON, REMARK])
    conversation = await taken(place, agent)
    for values in ({"remark": "在查"}, {"remark": "查到了", "reason": "c1"}):
        assert await agent.act("PUT", conversation, "/wrap-up", filled(form, **values)) == (200, "")
        found = await wrap_up(agent, conversation)
        assert (found["state"], found["values"]) == ("draft", values)
    bad = await agent.act("PUT", conversation, "/wrap-up", filled(form, reason="c"))
    assert bad == (400, "forms.bad_value")
    assert await agent.act("PUT", conversation, "/closure") == (200, "")
    assert (await wrap_up(agent, conversation))["values"] == {"remark": "查到了", "reason": "c1"}


async def test_old_answers_stay_readable_by_the_form_they_were_given_to(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    form = await put_form(boss, [REASON, REMARK])
    conversation, other = await taken(place, agent), await taken(place, agent)
    await agent.act("PUT", conversation, "/closure", filled(form, reason="c1"))
    newer = await put_form(boss, [{**REMARK, "label": "说明"}], version=1)
    found = await wrap_up(agent, conversation)
    assert [field["label"] for field in found["form"]["fields"]] == ["原因", "备注"]
    assert await agent.act("PUT", other, "/wrap-up", filled(form, reason="c1")) == (409, "forms.changed")
    assert await agent.act("PUT", other, "/closure", filled(newer, remark="x")) == (200, "")


async def test_a_team_is_asked_its_own_until_that_is_dropped(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    answer = await boss.ask("POST", "/api/teams", {"name": "售后"})
    team = UUID(answer.json()["id"])
    await put_form(boss, [REASON])
    await put_form(boss, [REMARK], team=team)
    conversation = await taken(place, agent)
    await place.run("update conversations set team_id = :team where id = :id", team=team, id=conversation)
    found = await wrap_up(boss, conversation)
    assert [field["id"] for field in found["form"]["fields"]] == ["remark"]
    for _ in range(2):
        assert (await boss.ask("DELETE", f"{PATH}/teams/{team}")).status_code == 204
    found = await wrap_up(boss, conversation)
    assert [field["id"] for field in found["form"]["fields"]] == ["reason"]
    again = await put_form(boss, [REMARK], team=team)
    assert again["version"] == 1
    assert len((await boss.get(PATH))["items"]) == 2
    nobody = await boss.ask("PUT", f"{PATH}/teams/{new_id()}", {"version": 0, "fields": []})
    assert nobody.status_code == 404


async def test_ended_by_the_house_it_is_left_out_and_may_be_filled_in_later(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    form = await put_form(boss, [REASON, REMARK])
    conversation = await taken(place, agent)
    await agent.act("PUT", conversation, "/wrap-up", filled(form, remark="在查"))
    async with place.db.tx(place.workspace_id) as tx:
        await end_silent(tx, await hold(tx, conversation))
    found = await wrap_up(agent, conversation)
    assert (found["state"], found["values"]) == ("left_out", {"remark": "在查"})
    assert await agent.act("PUT", conversation, "/wrap-up", filled(form)) == (409, "forms.missing")
    assert await agent.act("PUT", conversation, "/wrap-up", filled(form, reason="c1")) == (200, "")
    assert (await wrap_up(agent, conversation))["state"] == "done"


async def test_the_same_fields_again_make_no_version_and_two_who_change_them_see_it(place: Place) -> None:
    boss = await place.member("supervisor")
    first = await put_form(boss, [REASON])
    assert await put_form(boss, [REASON]) == first
    late = await boss.ask("PUT", PATH, {"version": 0, "fields": [REMARK]})
    assert (late.status_code, late.json()["code"]) == (409, "forms.changed")
    assert (await put_form(boss, [], version=1))["version"] == 2
    logged = await place.rows("select 1 from audit_log where action = 'form.edit'")
    assert len(logged) == 2


async def test_who_may_not(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    inspector = await place.member("inspector")
    assert (await agent.ask("PUT", PATH, {"version": 0, "fields": [REMARK]})).status_code == 403
    form = await put_form(boss, [REMARK])
    conversation = await taken(place, agent)
    assert (await inspector.act("PUT", conversation, "/wrap-up", filled(form)))[0] == 403
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert (await stranger.act("PUT", conversation, "/wrap-up", filled(form)))[0] == 404
    assert (await stranger.ask("GET", f"/api/conversations/{conversation}/wrap-up")).status_code == 404
    assert (await stranger.get(PATH))["items"] == []
    bad = await boss.ask("PUT", PATH, {"version": 1, "fields": [{**REASON, "choices": []}]})
    assert (bad.status_code, bad.json()["field"]) == (400, "fields[0].choices")


URGENT: Json = {"id": "urgent", "kind": "yes_no", "label": "加急", "required": False, "choices": []}


def counted(found: Json, field: str) -> dict[str, int]:
    """Over all teams, by the choice's label."""
    (one,) = [one for one in found["fields"] if one["id"] == field]
    return {
        "/".join(choice["path"]) or choice["id"]: sum(team["count"] for team in choice["teams"])
        for choice in one["choices"]
    }


async def test_the_choices_are_counted_by_team_under_their_newest_names(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    several = {"id": "what", "kind": "choices", "label": "谈了什么", "required": False}
    before = {**several, "choices": [{"id": id_, "label": id_, "children": []} for id_ in ("a", "b", "old")]}
    form = await put_form(boss, [REASON, URGENT, REMARK, before])
    team = UUID(
        (await (await place.member("owner")).ask("POST", "/api/teams", {"name": "售后"})).json()["id"]
    )
    for at, (answers, whose) in enumerate(
        (({"what": ["a", "old"], "urgent": True}, None), ({"what": ["a"], "urgent": False}, team), ({}, team))
    ):
        conversation = await taken(place, agent)
        await place.run(
            "update conversations set team_id = :team where id = :id", team=whose, id=conversation
        )
        wrapped = filled(form, reason="c1", remark=f"第 {at} 个", **answers)
        assert (await agent.act("PUT", conversation, "/closure", wrapped))[0] == 200
    await taken(place, agent)
    now = {**several, "choices": [{"id": "a", "label": "新名字", "children": []}]}
    await put_form(boss, [REASON, URGENT, REMARK, now], form["version"])
    for _ in range(2):
        found = await boss.get("/api/wrap-up-counts?days=7")
        assert counted(found, "reason") == {"投诉/物流": 3}
        assert counted(found, "what") == {"新名字": 2, "b": 0, "old": 1}
        assert counted(found, "urgent") == {"true": 1, "false": 1}
        assert {one["id"] for one in found["fields"]} == {"reason", "what", "urgent"}
    (reason,) = [one for one in found["fields"] if one["id"] == "reason"]
    teams = {one["team_id"]: one["count"] for one in reason["choices"][0]["teams"]}
    assert teams == {None: 1, str(team): 2}
    assert [(one["team_id"], one["done"]) for one in found["teams"]] == [(None, 1), (str(team), 2)]
    await place.run(
        "update conversations set closed_at = closed_at - interval '8 days' where state = 'closed'"
    )
    assert counted(await boss.get("/api/wrap-up-counts?days=7"), "reason") == {"投诉/物流": 0}


async def test_who_may_not_count_and_what_is_no_span(place: Place) -> None:
    boss, agent = await place.member("supervisor"), await place.member()
    await put_form(boss, [REASON])
    assert (await agent.ask("GET", "/api/wrap-up-counts")).status_code == 403
    for days in (0, 91, "x"):
        assert (await boss.ask("GET", f"/api/wrap-up-counts?days={days}")).status_code == 400
    stranger = await (await make_place(place.house, place.http)).member("owner")
    assert await stranger.get("/api/wrap-up-counts") == {"fields": [], "teams": []}
