"""Word lists: made, changed, removed, tried; by whom, and who may not."""

import asyncio
from typing import Any

import httpx2
import pytest

from kezhan.conversations.tests.place import make_place
from kezhan.screening.tests.desk import ROOT, Desk, form


async def test_a_list_is_made_read_changed_and_removed_and_the_log_tells_of_it(desk: Desk) -> None:
    made = await desk.listed(" 返现 ", "VX", "ｖｘ", "", "轉賬", "转账")
    assert made["words"] == ["返现", "VX", "轉賬"]
    assert (await desk.boss.get(f"{ROOT}/{made['id']}")) == made
    again = await desk.boss.ask("POST", ROOT, form("a", name="词 表 ".strip()))
    assert again.status_code == 201
    taken = await desk.boss.ask("POST", ROOT, form("a"))
    assert (taken.status_code, taken.json()["code"]) == (409, "screening.name_taken")
    body = {**form("返现", "私下"), "version": made["version"]}
    for _ in range(2):
        changed = await desk.boss.ask("PUT", f"{ROOT}/{made['id']}", body)
        assert (changed.json()["words"], changed.json()["version"]) == (["返现", "私下"], 2)
    late = await desk.boss.ask("PUT", f"{ROOT}/{made['id']}", {**body, "words": ["x"]})
    assert late.json()["code"] == "screening.changed_meanwhile"
    for _ in range(2):
        assert (await desk.boss.ask("DELETE", f"{ROOT}/{made['id']}")).status_code == 204
    assert (await desk.boss.ask("GET", f"{ROOT}/{made['id']}")).json()["code"] == "screening.not_found"
    assert [one["name"] for one in (await desk.boss.get(ROOT))["items"]] == ["词 表"]
    rows = await desk.place.rows(
        "select action from audit_log where subject_kind = 'word_list' order by at, id"
    )
    assert [row.action for row in rows] == [
        "word_list.create", "word_list.create", "word_list.edit", "word_list.remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "长" * 41}, "name"),
        ({"words": [" ", "！！"]}, "words"),
        ({"words": ["长" * 61]}, "words"),
        ({"words": ["a\0b"]}, "words"),
    ],
)
async def test_what_is_no_list_is_refused_at_its_field(desk: Desk, changes: Any, field: str) -> None:
    answer = await desk.boss.ask("POST", ROOT, form("a") | changes)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert (await desk.boss.ask("POST", ROOT, form("a", agents="shout"))).status_code == 400
    assert (await desk.boss.get(ROOT))["items"] == []


async def test_two_at_once_make_one_and_there_are_no_more_than_the_limits(desk: Desk) -> None:
    answers = await asyncio.gather(*(desk.boss.ask("POST", ROOT, form("a", name=n)) for n in ("X", "x")))
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    many = await desk.boss.ask("POST", ROOT, form(*(f"词{n}" for n in range(20_000)), name="many"))
    assert (many.status_code, many.json()["code"]) == (409, "screening.too_many_words")
    for n in range(19):
        assert (await desk.boss.ask("POST", ROOT, form("a", name=f"list {n}"))).status_code == 201
    full = await desk.boss.ask("POST", ROOT, form("a", name="one more"))
    assert full.json()["code"] == "screening.too_many"


async def test_agents_and_other_workspaces_neither_read_nor_change_lists(
    desk: Desk, http: httpx2.AsyncClient
) -> None:
    made = await desk.listed("返现")
    elsewhere = await make_place(desk.place.house, http)
    stranger = await elsewhere.member("supervisor")
    tried = [
        ("GET", ROOT, None),
        ("GET", f"{ROOT}/{made['id']}", None),
        ("POST", ROOT, form("a")),
        ("PUT", f"{ROOT}/{made['id']}", {**form("b"), "version": 1}),
        ("DELETE", f"{ROOT}/{made['id']}", None),
        ("POST", "/api/word-list-trials", {"text": "a", "side": "agents"}),
        ("GET", "/api/word-hits", None),
    ]
    for method, path, body in tried:
        assert (await desk.agent.ask(method, path, body)).status_code == 403, path
    assert (await stranger.get(ROOT))["items"] == []
    assert (await stranger.ask("GET", f"{ROOT}/{made['id']}")).status_code == 404
    assert (await stranger.ask("PUT", f"{ROOT}/{made['id']}", {**form("b"), "version": 1})).status_code == 404
    assert (await stranger.ask("DELETE", f"{ROOT}/{made['id']}")).status_code == 204
    assert (await desk.boss.get(f"{ROOT}/{made['id']}"))["words"] == ["返现"]
    await elsewhere.close()


async def test_a_text_is_tried_for_either_side(desk: Desk) -> None:
    await desk.listed("返现", customers="mask", agents="block")
    trial = {"text": "好评返 现", "side": "customers"}
    tried = (await desk.boss.ask("POST", "/api/word-list-trials", trial)).json()
    assert (tried["tier"], tried["text"]) == ("mask", "好评* *")
    assert tried["found"] == [{"word": "返现", "list_name": "词表", "tier": "mask"}]
    stern = (await desk.boss.ask("POST", "/api/word-list-trials", trial | {"side": "agents"})).json()
    assert (stern["tier"], stern["text"]) == ("block", "好评返 现")
