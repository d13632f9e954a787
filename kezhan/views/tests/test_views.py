"""Views kept, changed, archived, put in order; who sees and changes which; what is refused."""

from typing import Any
from uuid import UUID

import pytest

from kezhan.kit.ids import new_id
from kezhan.views.tests.desk import Desk, Json, any_of, form, wanted
from kezhan.workspaces.tests.factories import actions


async def names(desk: Desk, member: Any) -> list[str]:
    return [view["name"] for view in (await member.get("/api/views"))["items"]]


async def test_each_sees_her_own_her_teams_and_everybodys_in_her_own_order(desk: Desk) -> None:
    made = [
        await desk.kept(name="大家的", scope="public"),
        await desk.kept(name="小组的", scope="team", team_id=str(desk.team_id)),
        await desk.kept(name="主管的"),
        await desk.kept(desk.agent, name="客服的"),
    ]
    assert await names(desk, desk.agent) == ["大家的", "小组的", "客服的"]
    assert await names(desk, desk.other) == ["大家的"]
    order = {"ids": [made[3]["id"], made[0]["id"], str(new_id())]}
    for _ in range(2):
        assert (await desk.agent.ask("PUT", "/api/view-order", order)).status_code == 200
    assert await names(desk, desk.agent) == ["客服的", "大家的", "小组的"]
    assert await names(desk, desk.other) == ["大家的"]
    # A stranger's view is none, whatever is done to it; what is shared only managers change.
    hers, shared = f"/api/views/{made[3]['id']}", f"/api/views/{made[0]['id']}"
    edit = form() | {"version": 1}
    for method, path, body in (
        ("PUT", hers, edit),
        ("DELETE", hers, None),
        ("GET", f"{hers}/conversations", None),
    ):
        answer = await desk.other.ask(method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "views.not_found")
    counted = await desk.other.get(f"/api/view-counts?ids={made[3]['id']}&ids={made[1]['id']}")
    assert counted["items"] == []
    for method, body in (("PUT", edit), ("DELETE", None)):
        answer = await desk.agent.ask(method, shared, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "views.not_editor")
    assert (await desk.agent.ask("POST", "/api/views", form(scope="public"))).status_code == 403


async def test_the_same_again_changes_nothing_and_an_old_page_is_refused(desk: Desk) -> None:
    view = await desk.kept(scope="public")
    twice = await desk.boss.ask("POST", "/api/views", form(scope="public"))
    assert (twice.status_code, twice.json()["code"]) == (409, "views.name_taken")
    edit = {**form(any_of("state", "queued")), "version": 1}
    first, again = [await desk.boss.ask("PUT", f"/api/views/{view['id']}", edit) for _ in range(2)]
    assert first.json() == again.json()
    assert first.json()["version"] == 2
    late = await desk.boss.ask("PUT", f"/api/views/{view['id']}", {**edit, "name": "别的"})
    assert (late.status_code, late.json()["code"]) == (409, "views.changed_meanwhile")
    for _ in range(2):
        assert (await desk.boss.ask("DELETE", f"/api/views/{view['id']}")).status_code == 204
    assert await names(desk, desk.agent) == []
    done = [
        one for one in await actions(desk.place.house, desk.place.workspace_id) if one.startswith("view.")
    ]
    assert done == ["view.create", "view.change", "view.archive"]


NOBODY = UUID(int=1)
ANSWER = {"is": "answer", "field": "gone", "way": "given"}
REFUSED: list[tuple[Json, str]] = [
    ({"name": "  "}, "views.no_name"),
    ({"name": "长" * 41}, "kit.bad_input"),
    ({"scope": "team"}, "views.team_mismatch"),
    ({"filter": wanted({"is": "mood", "field": "angry"})}, "kit.bad_input"),
    ({"filter": wanted(any_of("weather", "sun"))}, "kit.bad_input"),
    ({"filter": {**wanted(), "v": 2}}, "kit.bad_input"),
    ({"filter": {**wanted(), "depth": 3}}, "kit.bad_input"),
    ({"filter": wanted(any_of("state", "sleeping"))}, "views.no_such_value"),
    ({"filter": wanted(any_of("team", "' or true --"))}, "views.no_such_value"),
    ({"filter": wanted(any_of("team", NOBODY))}, "views.unknown_team"),
    ({"filter": wanted(any_of("assignee", "me", NOBODY))}, "views.unknown_assignee"),
    ({"filter": wanted(any_of("account", NOBODY))}, "views.unknown_account"),
    ({"filter": wanted({"is": "between", "field": "csat"})}, "views.no_number"),
    ({"filter": wanted({"is": "between", "field": "csat", "least": 4, "most": 2})}, "views.ends_crossed"),
    ({"filter": wanted({"is": "attribute", "field": "plan", "way": "has"})}, "views.no_value"),
    (
        {"filter": wanted({"is": "attribute", "field": "n", "way": "least", "values": ["x"]})},
        "views.no_number",
    ),
    ({"filter": wanted(ANSWER)}, "views.unknown_answer"),
    ({"filter": {"groups": [{"conditions": [any_of("channel", "web")] * 10}] * 3}}, "views.many_conditions"),
    ({"filter": {"groups": [{"conditions": [any_of("channel", "web")]}] * 6}}, "kit.bad_input"),
]


async def test_what_does_not_do_is_refused_in_words_and_nothing_is_kept(desk: Desk) -> None:
    for changes, code in REFUSED:
        said = set()
        for language in ("zh-CN", "en"):
            desk.boss.headers["Accept-Language"] = language
            answer = await desk.boss.ask("POST", "/api/views", form(**changes))
            problem = answer.json()
            assert answer.status_code == 400, (changes, answer.text)
            assert problem["code"] == code, (changes, problem)
            said.add(problem["title"])
        assert len(said) == 2, said
    assert await names(desk, desk.boss) == []


async def test_a_view_of_a_later_version_is_shown_and_not_read(desk: Desk) -> None:
    view = await desk.kept()
    await desk.place.run("""update saved_views set filter = '{"v": 9, "sense": "smell"}'""")
    (shown,) = (await desk.boss.get("/api/views"))["items"]
    assert (shown["name"], shown["filter"]) == (view["name"], None)
    answer = await desk.boss.ask("GET", f"/api/views/{view['id']}/conversations")
    assert (answer.status_code, answer.json()["code"]) == (409, "views.of_later_version")
    counted = await desk.boss.get(f"/api/view-counts?ids={view['id']}")
    assert counted["items"] == [{"id": view["id"], "count": None}]


@pytest.mark.parametrize("path", ["/api/views", "/api/view-words", f"/api/views/{NOBODY}/conversations"])
async def test_who_reads_no_conversations_has_no_views(desk: Desk, path: str) -> None:
    auditor = await desk.place.member("auditor")
    assert (await auditor.ask("GET", path)).status_code == 403
