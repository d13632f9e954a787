"""Quick replies made, changed, archived and moved; who may, and what is refused."""

import io
from typing import Any

import pytest
from PIL import Image

from kezhan.quick.tests.desk import ROOT, Desk, edited, form
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

CARD = {"is": "product", "title": "手冲壶", "price": "¥299"}


async def test_a_card_may_stand_alone_and_its_picture_goes_with_it(desk: Desk) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4)).save(picture, "PNG")
    files = {"file": ("壶.png", picture.getvalue(), "image/png")}
    image = (await desk.boss.post("/api/files", files=files)).json()["id"]
    content = {"card": {**CARD, "image": image}, "buttons": [{"text": "要"}]}
    made = await desk.made(body="", card=content)
    assert made["card"] == content
    again = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, body="", card=content))
    assert again.json()["version"] == made["version"]
    bare = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, body=""))
    assert (bare.status_code, bare.json()["code"]) == (400, "quick.no_body")
    plain = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, body="文字"))
    assert "card" not in plain.json() or plain.json()["card"] is None
    gone = await desk.boss.put(
        f"{ROOT}/{made['id']}", json=edited(plain.json(), card={"card": {**CARD, "image": image}})
    )
    assert (gone.status_code, gone.json()["code"]) == (404, "files.not_found"), "its picture went with it"


async def test_a_reply_is_made_listed_changed_and_archived(desk: Desk) -> None:
    made = await desk.made()
    assert (made["category"], made["code"], made["version"], made["used"]) == ("售前/优惠", "yhq", 1, 0)
    assert await desk.listed(desk.agent) == [made]
    answer = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, title="优惠券", code=""))
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert (await desk.listed(desk.agent))[0]["title"] == "优惠券"
    for _ in range(2):
        assert (await desk.boss.delete(f"{ROOT}/{made['id']}")).status_code == 204
    assert await desk.listed(desk.agent) == []
    assert await desk.audited() == ["quick_reply.archive", "quick_reply.edit", "quick_reply.create"]


async def test_the_same_save_again_changes_nothing_and_an_old_page_is_refused(desk: Desk) -> None:
    made = await desk.made()
    changed = edited(made, body="新的内容")
    first = await desk.boss.put(f"{ROOT}/{made['id']}", json=changed)
    again = await desk.boss.put(f"{ROOT}/{made['id']}", json=changed)
    assert first.json() == again.json()
    late = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, body="别的内容"))
    assert (late.status_code, late.json()["code"]) == (409, "quick.changed_meanwhile")
    for _ in range(2):
        twice = await desk.boss.post(ROOT, json=form())
        assert (twice.status_code, len(await desk.listed(desk.boss))) == (409, 1)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"title": "  "}, "title", "quick.no_title"),
        ({"body": " "}, "body", "quick.no_body"),
        ({"body": "{{customer.phone}}"}, "body", "quick.unknown_variable"),
        ({"code": "a b"}, "code", "quick.bad_code"),
        ({"category": "a/b/c/d/e"}, "category", "quick.bad_category"),
        ({"scope": "team"}, "team_id", "quick.team_mismatch"),
        ({"title": "字" * 61}, "title", "kit.bad_input"),
        ({"body": "a\0b"}, "body", "kit.bad_text"),
        ({"card": {"card": {**CARD, "url": "javascript:alert(1)"}}}, "card.url", "cards.bad_address"),
        ({"card": {"buttons": [{"text": str(n)} for n in range(11)]}}, "buttons", "cards.many_buttons"),
    ],
)
async def test_what_does_not_do_is_refused_and_nothing_is_kept(
    desk: Desk, changes: dict[str, Any], field: str, code: str
) -> None:
    said = set()
    for language in ("zh-CN", "en"):
        answer = await desk.boss.post(ROOT, json=form(**changes), headers={"accept-language": language})
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["field"]) == (400, code, field)
        said.add(problem["title"])
    assert len(said) == 2
    assert await desk.listed(desk.boss) == []


async def test_title_and_short_code_are_taken_once_in_a_place(desk: Desk) -> None:
    await desk.made()
    title = await desk.boss.post(ROOT, json=form(code="other"))
    code = await desk.boss.post(ROOT, json=form(title="别的", code="YHQ"))
    assert (title.status_code, title.json()["code"]) == (409, "quick.title_taken")
    assert (code.status_code, code.json()["code"]) == (409, "quick.code_taken")
    await desk.made(desk.agent, scope="personal")
    await desk.made(scope="team", team_id=desk.team_id)


async def test_an_agent_keeps_her_own_and_no_one_elses(desk: Desk) -> None:
    mine = await desk.made(desk.agent, scope="personal")
    public = await desk.made()
    team = await desk.made(scope="team", team_id=desk.team_id)
    for answer in (
        await desk.agent.post(ROOT, json=form(code="", title="x")),
        await desk.agent.put(f"{ROOT}/{public['id']}", json=edited(public, title="x")),
        await desk.agent.delete(f"{ROOT}/{team['id']}"),
        await desk.agent.put(
            f"{ROOT}/categories", json={"scope": "public", "category": "售前", "target": ""}
        ),
        await desk.agent.post(f"{ROOT}/import", json={"scope": "public", "format": "json", "text": "{}"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "quick.not_editor")
    for stranger in (desk.other, desk.boss):
        assert await desk.listed(stranger, "personal") == []
        hers = await stranger.put(f"{ROOT}/{mine['id']}", json=edited(mine, title="x"))
        assert (hers.status_code, (await stranger.delete(f"{ROOT}/{mine['id']}")).status_code) == (404, 404)
        assert (await stranger.get(f"{ROOT}/{mine['id']}/uses")).status_code == 404
    assert (await desk.agent.delete(f"{ROOT}/{mine['id']}")).status_code == 204
    assert set(await desk.audited()) == {"quick_reply.create"}


async def test_a_teams_are_seen_by_the_team_and_who_manages(desk: Desk) -> None:
    made = await desk.made(scope="team", team_id=desk.team_id)
    for client in (desk.agent, desk.boss):
        assert await desk.listed(client, "team", team_id=desk.team_id) == [made]
    answer = await desk.other.get(ROOT, params={"scope": "team", "team_id": desk.team_id})
    assert answer.status_code == 404
    assert (await desk.other.get(f"{ROOT}/{made['id']}/uses")).status_code == 404
    await desk.boss.delete(f"/api/teams/{desk.team_id}")
    gone = await desk.boss.get(ROOT, params={"scope": "team", "team_id": desk.team_id})
    assert gone.status_code == 404


@pytest.mark.parametrize("role", ["inspector", "auditor"])
async def test_who_does_not_serve_has_no_quick_replies(desk: Desk, role: str) -> None:
    _, client = await member_client(desk.house, role, desk.workspace_id)
    assert (await client.get(ROOT, params={"scope": "public"})).status_code == 403
    assert (await client.post(ROOT, json=form(scope="personal"))).status_code == 403


async def test_another_workspace_has_none_of_ours(desk: Desk, house: Running) -> None:
    made = await desk.made()
    _, stranger = await member_client(house, "owner")
    assert await desk.listed(stranger) == []
    assert (await stranger.put(f"{ROOT}/{made['id']}", json=edited(made, title="x"))).status_code == 404
    assert (await stranger.delete(f"{ROOT}/{made['id']}")).status_code == 404


async def test_files_come_and_go_with_their_reply(desk: Desk) -> None:
    file_id = await desk.file(desk.boss)
    made = await desk.made(file_ids=[file_id], body="")
    assert [file["name"] for file in made["files"]] == ["尺码表.txt"]
    taken = await desk.boss.post(ROOT, json=form(title="另一条", code="", file_ids=[file_id]))
    assert (taken.status_code, taken.json()["code"]) == (409, "files.used_already")
    foreign = await desk.file(desk.agent)
    hers = await desk.boss.post(ROOT, json=form(title="另一条", code="", file_ids=[foreign]))
    assert (hers.status_code, hers.json()["code"]) == (404, "files.not_found")
    assert len(await desk.listed(desk.boss)) == 1
    bare = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, file_ids=[]))
    assert bare.json()["code"] == "quick.no_body"
    answer = await desk.boss.put(f"{ROOT}/{made['id']}", json=edited(made, file_ids=[], body="文字"))
    assert answer.json()["files"] == []


async def test_a_category_moves_with_all_below_it(desk: Desk) -> None:
    await desk.made()
    await desk.made(title="满减", code="", category="售前")
    await desk.made(title="退货", code="", category="售前台")
    move = {"scope": "public", "category": "售前", "target": "活动/售前"}
    for moved in (2, 0):
        answer = await desk.boss.put(f"{ROOT}/categories", json=move)
        assert (answer.status_code, answer.json()) == (200, {"moved": moved})
    found = {reply["title"]: reply["category"] for reply in await desk.listed(desk.boss)}
    assert found == {"优惠券怎么领": "活动/售前/优惠", "满减": "活动/售前", "退货": "售前台"}
    inside = {"scope": "public", "category": "活动", "target": "活动/售前"}
    assert (await desk.boss.put(f"{ROOT}/categories", json=inside)).json()["code"] == "quick.category_inside"
    await desk.made(title="满减", code="", category="别处")
    clash = {"scope": "public", "category": "活动/售前", "target": "别处"}
    answer = await desk.boss.put(f"{ROOT}/categories", json=clash)
    assert (answer.status_code, answer.json()["code"]) == (409, "quick.title_taken")
    assert "活动/售前/优惠" in {reply["category"] for reply in await desk.listed(desk.boss)}


async def test_the_preview_fills_examples_and_names_what_is_unknown(desk: Desk) -> None:
    shown = await desk.agent.post(f"{ROOT}/preview", json={"body": "{{customer.name}}，{{workspace.name}}"})
    assert shown.json()["text"].endswith("，茶铺")
    wrong = await desk.agent.post(f"{ROOT}/preview", json={"body": "{{order.id}}"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "body")
    assert "order.id" in wrong.json()["title"]
    variables = (await desk.agent.get(f"{ROOT}/variables")).json()["items"]
    assert all(one["label"] and one["example"] for one in variables) and len(variables) == 10


async def test_each_says_for_herself_whether_she_is_offered_some(desk: Desk) -> None:
    assert (await desk.agent.get(f"{ROOT}/settings")).json() == {"suggest": True}
    for _ in range(2):
        assert (await desk.agent.put(f"{ROOT}/settings", json={"suggest": False})).status_code == 200
    assert (await desk.agent.get(f"{ROOT}/settings")).json() == {"suggest": False}
    assert (await desk.other.get(f"{ROOT}/settings")).json() == {"suggest": True}
