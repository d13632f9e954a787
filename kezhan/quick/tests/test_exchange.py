"""Lists taken out and brought in: what is new, changed, the same, refused."""

import json
from typing import Any

import pytest

from kezhan.quick.schemas import MAX_REPLIES
from kezhan.quick.tests.desk import ROOT, Desk

CSV = """分类,标题,短码,内容
售前/优惠,优惠券,yhq,"您好{{customer.name|}}，
在首页领取。"
售后,退货,th,七天之内可退

,=公式,,'=1+1
"""


async def brought(desk: Desk, text: str, form: str = "csv", **more: Any) -> Any:
    body = {"scope": "public", "format": form, "text": text, "dry_run": False, **more}
    answer = await desk.boss.post(f"{ROOT}/import", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"]


async def taken_out(desk: Desk, form: str) -> str:
    answer = await desk.boss.get(f"{ROOT}/export", params={"scope": "public", "form": form})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["text"])


def outcomes(rows: Any) -> list[tuple[int, str]]:
    return [(row["line"], row["outcome"]) for row in rows]


async def test_a_list_is_tried_brought_in_and_again_changes_nothing(desk: Desk) -> None:
    new = [(2, "new"), (4, "new"), (6, "new")]
    assert outcomes(await brought(desk, CSV, dry_run=True)) == new
    assert await desk.listed(desk.boss) == []
    assert outcomes(await brought(desk, CSV)) == new
    before = await desk.listed(desk.boss)
    assert {(reply["title"], reply["code"]) for reply in before} == {
        ("优惠券", "yhq"),
        ("退货", "th"),
        ("=公式", ""),
    }
    assert outcomes(await brought(desk, CSV)) == [(2, "same"), (4, "same"), (6, "same")]
    assert await desk.listed(desk.boss) == before
    assert await desk.audited() == ["quick_reply.import"]


@pytest.mark.parametrize("form", ["csv", "json"])
async def test_what_is_taken_out_comes_back_as_it_was(desk: Desk, form: str) -> None:
    await brought(desk, CSV)
    text = await taken_out(desk, form)
    assert {outcome for _, outcome in outcomes(await brought(desk, text, form))} == {"same"}
    for reply in await desk.listed(desk.boss):
        await desk.boss.delete(f"{ROOT}/{reply['id']}")
    assert {outcome for _, outcome in outcomes(await brought(desk, text, form))} == {"new"}
    assert await taken_out(desk, form) == text


async def test_no_cell_of_a_spreadsheet_is_worked_out(desk: Desk) -> None:
    for number, start in enumerate("=+-@"):
        await desk.made(title=f"{start}1", code=f"c{number}", body=f"{start}cmd")
    cells = [line.split(",") for line in (await taken_out(desk, "csv")).splitlines()[1:]]
    assert all(line[1].startswith("'") and line[3].startswith("'") for line in cells) and len(cells) == 4


async def test_a_row_changes_the_one_it_names_and_keeps_its_files(desk: Desk) -> None:
    made = await desk.made(title="优惠券", code="yhq", file_ids=[await desk.file(desk.boss)])
    rows = await brought(desk, "title,code,body\n新标题,YHQ,新的\n")
    assert outcomes(rows) == [(2, "changed")]
    (reply,) = await desk.listed(desk.boss)
    assert (reply["id"], reply["title"], reply["category"], reply["version"]) == (made["id"], "新标题", "", 2)
    assert reply["files"] == made["files"]
    assert outcomes(await brought(desk, "title,code,body\n新标题,YHQ,\n")) == [(2, "changed")]


async def test_what_does_not_do_is_left_out_with_the_reason(desk: Desk) -> None:
    await desk.made(title="甲", code="a", category="")
    await desk.made(title="乙", code="b", category="")
    rows = [
        {"title": "丙", "body": "好"},
        {"title": "", "body": "好"},
        {"title": "丁", "body": "{{order.id}}"},
        {"title": "丙", "body": "又来"},
        {"title": "乙", "code": "a", "body": "好"},
        {"title": "戊"},
        {"title": 5, "body": "好"},
        {"title": "己", "code": "a b", "body": "好"},
        {"title": "庚", "category": "a/b/c/d/e", "body": "好"},
    ]
    text = json.dumps({"v": 1, "quick_replies": rows})
    found = await brought(desk, text, "json")
    assert outcomes(found) == [(1, "new"), *[(line, "refused") for line in range(2, 10)]]
    assert "order.id" in found[2]["why"] and all(row["why"] for row in found[1:])
    assert [reply["title"] for reply in await desk.listed(desk.boss)] == ["丙", "甲", "乙"]


@pytest.mark.parametrize(
    ("form", "text", "code"),
    [
        ("json", "{", "quick.list.no_json"),
        ("json", '{"v":2,"quick_replies":[]}', "quick.list.no_json"),
        ("json", '{"v":1,"quick_replies":[]}', "quick.list.empty"),
        ("json", "[" * 100_000, "quick.list.no_json"),
        ("csv", "", "quick.list.no_heading"),
        ("csv", "名字,内容\n甲,乙", "quick.list.no_heading"),
        ("csv", 'title,body\n甲,"乙', "quick.list.no_csv"),
        ("csv", f"title,body\n甲,{'乙' * 20_001}", "quick.list.no_csv"),
        ("csv", "title,body\n" + "甲,乙\n" * (MAX_REPLIES + 1), "quick.list.too_many"),
        ("csv", "x" * 1_000_001, "kit.bad_input"),
    ],
)
async def test_what_is_no_list_is_refused_whole(desk: Desk, form: str, text: str, code: str) -> None:
    body = {"scope": "public", "format": form, "text": text, "dry_run": False}
    answer = await desk.boss.post(f"{ROOT}/import", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert await desk.listed(desk.boss) == []


async def test_a_place_holds_a_thousand(desk: Desk) -> None:
    full = "title,body\n" + "".join(f"标题{number},内容\n" for number in range(MAX_REPLIES))
    assert len(await brought(desk, full)) == MAX_REPLIES
    answer = await desk.boss.post(ROOT, json={"scope": "public", "title": "多", "body": "多"})
    assert (answer.status_code, answer.json()["code"]) == (409, "quick.too_many")
    assert outcomes(await brought(desk, "title,body\n多,多\n标题1,变了")) == [(2, "refused"), (3, "changed")]


async def test_a_list_goes_to_ones_own_place_and_no_others(desk: Desk) -> None:
    body = {"scope": "personal", "format": "csv", "text": CSV, "dry_run": False}
    assert (await desk.agent.post(f"{ROOT}/import", json=body)).status_code == 200
    assert (len(await desk.listed(desk.agent, "personal")), await desk.listed(desk.boss, "personal")) == (
        3,
        [],
    )
    theirs = {"scope": "team", "team_id": desk.team_id}
    assert (await desk.other.get(f"{ROOT}/export", params=theirs)).status_code == 404
    assert (await desk.other.post(f"{ROOT}/import", json={**body, **theirs})).status_code == 404
    assert await desk.audited() == []
