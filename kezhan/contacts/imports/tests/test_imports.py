"""Lists of people: tried, brought in once, told row by row, taken back; killed in the midst they go on."""

import io
import zipfile
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.consent import lists
from kezhan.contacts.imports import ask, work
from kezhan.contacts.schemas import Profile
from kezhan.contacts.tests.test_join import agent, meet
from kezhan.files.tests.factories import Person, make_account, make_workspace, sign_in
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from kezhan.kit.workbooks import NoList, rows_of
from kezhan.testing import Running

__all__ = ["agent"]
Json = dict[str, Any]
ROOT = "/api/contact-imports"
LIST = """姓名,手机号,电子邮箱,会员号,茶龄,公司,备注
陈平,138 0013 8000,,K-1,十年以上,山间茶业,老客户
林小满,,lin@tea.cn,K-2,,,
坏号码,电话,,,,,
坏选择,13700137000,,,没有,,
无名无号,,,,,,只有姓名
陈平安,+86 13800138000,,,,,同一位
,,,,,,
"""


async def upload(who: Person, data: bytes, name: str = "客户.csv") -> Json:
    sent = await who.client.post("/api/files", files={"file": (name, data, "text/csv")})
    assert sent.status_code == 201, sent.text
    answer = await who.client.post(ROOT, json={"file_id": sent.json()["id"]})
    assert answer.status_code in {200, 201}, answer.text
    found: Json = answer.json()
    return found


async def comes_to(who: Person, import_id: str, state: str) -> Json:
    async def stands() -> Json | None:
        found: Json = (await who.client.get(f"{ROOT}/{import_id}")).json()
        assert found["state"] != "failed", found
        return found if found["state"] == state else None

    return await until(stands)


def counts(found: Json) -> dict[str, int]:
    return {
        name: found[name] for name in ("read", "made", "changed", "same", "faulty", "undone") if found[name]
    }


async def put(who: Person, found: Json, noun: str, body: Any = None) -> Json:
    answer = await who.client.put(f"{ROOT}/{found['id']}/{noun}", json=body)
    assert answer.status_code == 200, answer.text
    answered: Json = answer.json()
    return answered


@pytest.fixture
async def boss(house: Running, agent: Person) -> Person:
    found = await sign_in(house, agent.workspace_id, "admin")
    choices = [{"id": "a", "label": "三年以内"}, {"id": "b", "label": "十年以上"}]
    fields = [
        {"id": "no", "kind": "text", "label": "会员号"},
        {"id": "age", "kind": "choice", "label": "茶龄", "choices": choices},
    ]
    answer = await found.client.put("/api/fields/contact", json={"version": 0, "fields": fields})
    assert answer.status_code == 200, answer.text
    return found


async def brought_in(boss: Person, data: bytes, **plan: Any) -> Json:
    found = await upload(boss, data)
    await put(boss, found, "trial", {**found["plan"], **plan})
    await comes_to(boss, found["id"], "checked")
    await put(boss, found, "run")
    return await comes_to(boss, found["id"], "done")


async def people(boss: Person) -> list[str]:
    return [row["name"] for row in (await boss.client.get("/api/contacts")).json()["items"]]


async def test_a_list_is_tried_brought_in_once_told_row_by_row_and_taken_back(
    house: Running, boss: Person
) -> None:
    account = await make_account(house.db, boss.workspace_id)
    told = Profile(name="小满", email="Lin@Tea.cn")
    known = str((await meet(house.db, boss.workspace_id, account, "u-1", told)).contact_id)
    data = ("\ufeff" + LIST).encode()
    found = await upload(boss, data)
    guessed = ["name", "phone", "email", "field:no", "field:age", "company", "note"]
    assert (found["plan"]["targets"], found["total"], found["state"]) == (guessed, 7, "draft")
    assert found["columns"][0] == {"name": "姓名", "samples": ["陈平", "林小满", "坏号码"]}
    await put(boss, found, "trial", found["plan"])
    tried = await comes_to(boss, found["id"], "checked")
    expected = {"read": 7, "made": 2, "changed": 1, "faulty": 4}
    assert (counts(tried), await people(boss)) == (expected, ["小满"])
    faulty = (await boss.client.get(f"{ROOT}/{found['id']}/faulty")).json()["items"]
    assert [row["no"] for row in faulty] == [4, 5, 7, 8]
    assert [row["why"] for row in faulty][:3] == [
        "“电话”不是电话号码。",
        faulty[1]["why"],
        "与第 2 行是同一位客户。",
    ]
    assert "茶龄" in faulty[1]["why"]
    for _ in range(2):
        await put(boss, found, "run")
    assert counts(await comes_to(boss, found["id"], "done")) == expected
    assert sorted(await people(boss)) == ["小满", "无名无号", "陈平"]
    (chen,) = (await boss.client.get("/api/contacts", params={"q": "k-1"})).json()["items"]
    card = (await boss.client.get(f"/api/contacts/{chen['id']}")).json()
    assert (card["phone"], card["company_name"], card["note"]) == ("13800138000", "山间茶业", "老客户")
    assert [field["value"] for field in card["fields"]] == ["K-1", "b"]
    report = (await boss.client.get(f"{ROOT}/{found['id']}/report")).json()
    assert report["text"].count("\r\n") == 5 and "坏号码" in report["text"]
    assert report["text"].startswith("\ufeff行号,原因,姓名")
    # The same list again, also from another spreadsheet, makes nobody twice.
    again = await brought_in(boss, LIST.encode("gb18030"))
    assert counts(again) == {"read": 7, "same": 3, "faulty": 4}
    # Taken back, whom somebody has written about or blocked stays, and what was changed is as it was.
    (other,) = (await boss.client.get("/api/contacts", params={"q": "无名无号"})).json()["items"]
    assert (await boss.client.put(f"/api/contacts/{other['id']}/block", json={})).status_code == 200
    note = f"/api/contacts/{chen['id']}/notes/{new_id()}"
    assert (await boss.client.put(note, json={"body": "来过电话"})).status_code == 200
    for _ in range(2):
        await put(boss, found, "undoing")
    assert counts(await comes_to(boss, found["id"], "undone")) == {**expected, "undone": 1}
    assert sorted(await people(boss)) == ["小满", "无名无号", "陈平"]
    card = (await boss.client.get(f"/api/contacts/{known}")).json()
    assert [field["value"] for field in card["fields"]] == [None, None]


async def test_only_what_is_empty_is_filled_unless_it_is_to_be_otherwise(
    house: Running, boss: Person
) -> None:
    account = await make_account(house.db, boss.workspace_id)
    told = Profile(name="小满", email="lin@tea.cn")
    known = str((await meet(house.db, boss.workspace_id, account, "u-1", told)).contact_id)
    data = "Name;E-mail;Tier\r\n林;LIN@tea.cn;VIP\r\n".encode()
    for plan, name in (({}, "小满"), ({"overwrite": True}, "林")):
        done = await brought_in(boss, data + b"\r\n" * len(plan), **plan)
        assert done["changed"] == 1, done
        card = (await boss.client.get(f"/api/contacts/{known}")).json()
        assert (card["name"], card["tier"]) == (name, "VIP")


async def test_rows_that_know_the_same_one_by_different_things_add_up(house: Running, boss: Person) -> None:
    account = await make_account(house.db, boss.workspace_id)
    told = Profile(name="小满", email="lin@tea.cn", phone="13800138000")
    known = str((await meet(house.db, boss.workspace_id, account, "u-1", told)).contact_id)
    data = "邮箱,电话,会员号,茶龄\nlin@tea.cn,,K-1,\n,13800138000,,十年以上\n"
    done = await brought_in(boss, data.encode())
    assert done["changed"] == 2, done
    for noun, has in (("", {"no": "K-1", "age": "b"}), ("undoing", {})):
        if noun:
            await put(boss, done, noun)
            await comes_to(boss, done["id"], "undone")
        async with house.db.tx(boss.workspace_id) as tx:
            row = await tx.fetch("select fields from contacts where id = $1", UUID(known))
        assert ((row[0]["fields"] or {}).get("values") or {}) == has


async def test_who_is_killed_in_the_midst_goes_on_there(
    house: Running, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "AT_ONCE", 10)
    rows = [f"客人{n},{n}@tea.cn" for n in range(35)]
    # What a refused row alone says does not count for those after it, whoever reads them.
    rows[4], rows[25] = "客人4,3@tea.cn,13800138000", "客人25,,13800138000"
    rows[33] = rows[2]
    found = await upload(boss, "\n".join(["姓名,邮箱,电话", *rows]).encode())
    await put(boss, found, "trial", found["plan"])
    await comes_to(boss, found["id"], "checked")
    job, killed = work._Chunk._write, 0

    async def dies(self: Any) -> None:
        nonlocal killed
        await job(self)
        if self.row.read == 20 and killed == 0:
            killed += 1
            raise ConnectionError("killed")

    monkeypatch.setattr(work._Chunk, "_write", dies)
    await put(boss, found, "run")

    async def was_killed() -> bool:
        return killed == 1

    await until(was_killed)
    import_id = UUID(found["id"])
    async with house.db.tx(boss.workspace_id) as tx:
        await tx.run(text("update contact_imports set touched_at = now() - interval '1 hour'"))
        await ask.on_timer(tx, import_id)
    run = work.importer(house.db, house.house.store, lists)
    await run(boss.workspace_id, import_id)
    done = await comes_to(boss, found["id"], "done")
    assert counts(done) == {"read": 35, "made": 33, "faulty": 2}
    async with house.db.tx(boss.workspace_id) as tx:
        assert await tx.value(text("select count(*) from contacts where email_key like '%@tea.cn'")) == 32
    (_, fault) = (await boss.client.get(f"{ROOT}/{found['id']}/faulty")).json()["items"]
    assert (fault["no"], "4" in fault["why"]) == (35, True)


async def test_what_makes_no_sense_is_refused_and_who_may_not_sees_nothing(
    house: Running, agent: Person, boss: Person
) -> None:
    found = await upload(boss, "姓名,邮箱\n甲,a@b.cn\n".encode())
    one = f"{ROOT}/{found['id']}"
    abroad = await sign_in(house, await make_workspace(house.db), "admin")
    plans = [
        {"targets": ["name"]},
        {"targets": ["name", "name"]},
        {"targets": ["", ""]},
        {"targets": ["id", ""]},
    ]
    for plan in (*plans, {"targets": ["name", "field:x"]}):
        assert (await boss.client.put(f"{one}/trial", json=plan)).status_code == 400, plan
    assert (await boss.client.put(f"{one}/run")).status_code == 409
    assert (await boss.client.put(f"{one}/undoing")).status_code == 409
    for who, status in ((agent, 403), (abroad, 404)):
        for method, path in (
            ("GET", one),
            ("PUT", f"{one}/run"),
            ("GET", f"{one}/report"),
            ("GET", f"{one}/faulty"),
        ):
            assert (await who.client.request(method, path)).status_code == status, path
    assert (await abroad.client.get(ROOT)).json()["items"] == []
    for data in (b"", b"name,email\n", b"\x00\x01\x02\x03" * 50):
        sent = await boss.client.post("/api/files", files={"file": ("x.csv", data or b" ", "text/csv")})
        answer = await boss.client.post(ROOT, json={"file_id": sent.json()["id"]})
        assert answer.status_code == 400, answer.text
    assert (await boss.client.post(ROOT, json={"file_id": str(new_id())})).status_code == 404


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET = f"""<?xml version="1.0"?><worksheet xmlns="{MAIN}"><sheetData>
<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="inlineStr"><is><t>Phone</t></is></c>
<c r="D1" t="str"><v>Day</v></c></row>
<row r="3"><c r="A3" t="s"><v>1</v></c><c r="B3"><v>13800138000</v></c><c r="C3" t="b"><v>1</v></c>
<c r="D3" s="1"><v>32937</v></c></row>
</sheetData></worksheet>"""
WORDS = f"""<sst xmlns="{MAIN}"><si><t>Name</t></si>
<si><r><t>陈</t></r><r><t>平</t></r><rPh><t>ping</t></rPh></si></sst>"""
STYLES = f"""<styleSheet xmlns="{MAIN}"><numFmts>
<numFmt numFmtId="200" formatCode="yyyy-mm-dd"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="200"/></cellXfs></styleSheet>"""


def book(sheet: str = SHEET, words: str = WORDS) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("xl/worksheets/sheet1.xml", sheet)
        made.writestr("xl/sharedStrings.xml", words)
        made.writestr("xl/styles.xml", STYLES)
    return out.getvalue()


def test_a_workbook_is_read_as_it_looks() -> None:
    assert list(rows_of(book())) == [
        ["Name", "Phone", "", "Day"],
        [],
        ["陈平", "13800138000", "true", "1990-03-05"],
    ]


@pytest.mark.parametrize(
    "data",
    [
        book(sheet="<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet/>"),
        book(sheet="<worksheet><row>"),
        book(words="<sst><si></sst>"),
        b"PK\x03\x04 nonsense",
        b"\x00\x01\x02\x03",
        b"\x81\xff\xff\x00a",
    ],
)
def test_a_broken_or_cunning_file_is_no_list(data: bytes) -> None:
    with pytest.raises(NoList):
        list(rows_of(data))


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b'a;b\r\n1;"x;\ny"\r\n', [["a", "b"], ["1", "x;\ny"]]),
        ("\ufeffa\tb\n1\t2\n".encode("utf-16"), [["\ufeffa", "b"], ["1", "2"]]),
        ("姓名,价\n陈,'=1\n".encode("gb18030"), [["姓名", "价"], ["陈", "=1"]]),
    ],
)
def test_a_list_is_read_whatever_wrote_it(data: bytes, rows: list[list[str]]) -> None:
    assert [[cell.lstrip("\ufeff") for cell in row] for row in rows_of(data)] == [
        [cell.lstrip("\ufeff") for cell in row] for row in rows
    ]
