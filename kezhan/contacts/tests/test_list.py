"""The contact list at its door: who may read and change it, its order, its pages, what a search finds."""

from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from kezhan.contacts import service
from kezhan.contacts.schemas import Profile
from kezhan.conversations.tests.factories import make_account
from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor
from kezhan.kit.testing import queries
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import Person, caller, make_workspace, member_client


class Desk:
    """An agent at her contacts."""

    def __init__(self, house: Running, person: Person, client: httpx2.AsyncClient, account_id: UUID) -> None:
        self.house, self.client, self.account_id = house, client, account_id
        self.workspace_id = person.workspace_id

    async def add(self, **profile: Any) -> str:
        async with self.house.db.tx(self.workspace_id) as tx:
            made = await service.resolve(
                tx, account_id=self.account_id, external_id=new_id().hex, profile=Profile(**profile)
            )
        return str(made.contact_id)

    async def page(self, **asked: Any) -> Any:
        answer = await self.client.get("/api/contacts", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def find(self, *queries: str) -> dict[str, list[str]]:
        """The names each query finds, as the list's door asks for them."""
        async with self.house.db.tx(self.workspace_id) as tx:
            pages = {q: await service.page(tx, caller(), q[:200], "", 50) for q in queries}
        return {q: [contact.name for contact in page.items] for q, page in pages.items()}

    async def walk(self, **asked: Any) -> list[str]:
        """The ids of all pages."""
        found: list[str] = []
        after: str | None = ""
        while after is not None:
            page = await self.page(after=after, **asked)
            found += [item["id"] for item in page["items"]]
            after = page["next"]
        return found

    async def fill(self, count: int) -> None:
        async with self.house.db.tx(self.workspace_id) as tx:
            await tx.run(_MANY, {"ws": self.workspace_id, "count": count})


_MANY = text(
    "insert into contacts (workspace_id, id, name, name_key, sort_key)"
    " select :ws, gen_random_uuid(), '客' || n, '客' || n, 'ke' || n / 7 from generate_series(1, :count) n"
)


async def open_desk(house: Running, role: str = "agent") -> Desk:
    person, client = await member_client(house, role)
    return Desk(house, person, client, await make_account(house.db, person.workspace_id))


@pytest.fixture
async def desk(house: Running) -> Desk:
    return await open_desk(house)


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [
        ("owner", 200, 200),
        ("admin", 200, 200),
        ("supervisor", 200, 200),
        ("agent", 200, 200),
        ("inspector", 200, 403),
        ("auditor", 403, 403),
        ("", 401, 401),
    ],
)
async def test_each_role_reads_and_writes_contacts_as_agreed(
    house: Running, desk: Desk, role: str, reads: int, writes: int
) -> None:
    path = f"/api/contacts/{await desk.add(name='张三')}"
    client = await house.client()
    if role:
        _, client = await member_client(house, role, desk.workspace_id)
    for address in ("/api/contacts", path, path + "/card"):
        assert (await client.get(address)).status_code == reads, address
    assert (await client.patch(path, json={"note": "x"})).status_code == writes


async def test_a_token_that_may_read_contacts_changes_none(house: Running, desk: Desk) -> None:
    _, owner = await member_client(house, "owner", desk.workspace_id)
    machine = await house.client()
    for scope, statuses in (("contact.read", (200, 403)), ("member.read", (403, 403))):
        made = await owner.post("/api/tokens", json={"name": "接口", "scopes": [scope]})
        machine.headers["authorization"] = f"Bearer {made.json()['secret']}"
        path = f"/api/contacts/{await desk.add(name='张三')}"
        answers = (await machine.get(path), await machine.patch(path, json={"name": "李四"}))
        assert tuple(answer.status_code for answer in answers) == statuses
        assert (await desk.client.get(path)).json()["name"] == "张三"


async def test_a_change_by_cookie_needs_the_csrf_value(desk: Desk) -> None:
    path = f"/api/contacts/{await desk.add(name='张三')}"
    del desk.client.headers["X-Kezhan-CSRF"]
    assert (await desk.client.patch(path, json={"name": "李四"})).status_code == 403
    assert (await desk.client.get(path)).json()["name"] == "张三"


async def test_another_workspaces_cursor_and_ids_open_nothing(house: Running, desk: Desk) -> None:
    await desk.fill(3)
    page = await desk.page(limit=1)
    elsewhere = await open_desk(house, "owner")
    assert await elsewhere.walk() == []
    assert (await elsewhere.page(after=page["next"]))["items"] == []
    path = f"/api/contacts/{page['items'][0]['id']}"
    for method, address in (("GET", path), ("GET", path + "/card"), ("PATCH", path)):
        answer = await elsewhere.client.request(method, address, json={"name": "夺来"})
        assert (answer.status_code, "夺来" in answer.text) == (404, False)
    assert (await desk.client.get(path)).json()["name"] == page["items"][0]["name"]


@pytest.mark.parametrize(
    ("asked", "shown"), [(0, 1), (-3, 1), (1, 1), (100, 100), (101, 100), (10**12, 100), (None, 50)]
)
async def test_a_page_has_between_one_and_a_hundred_contacts(
    desk: Desk, asked: int | None, shown: int
) -> None:
    await desk.fill(104)
    page = await desk.page(**({} if asked is None else {"limit": asked}))
    assert (len(page["items"]), page["next"] is None) == (shown, False)


async def test_pages_of_any_size_walk_everybody_once_in_the_same_order(desk: Desk) -> None:
    await desk.fill(20)
    whole = [item["id"] for item in (await desk.page(limit=100))["items"]]
    for size in (7, 19, 20):
        assert await desk.walk(limit=size) == whole
    assert (await desk.page(limit=20))["next"] is None
    assert len(set(whole)) == 20


async def test_who_arrives_or_leaves_between_two_pages_shifts_nobody(desk: Desk) -> None:
    ids = [await desk.add(name=f"客人{letter}") for letter in "bdfh"]
    first = await desk.page(limit=2)
    await desk.add(name="客人a")
    async with desk.house.db.tx(desk.workspace_id) as tx:
        await tx.run(text("update contacts set archived_at = now() where id = :id"), {"id": ids[1]})
    second = await desk.page(limit=2, after=first["next"])
    assert [item["name"] for item in second["items"]] == ["客人f", "客人h"]
    assert second["next"] is None


async def test_an_archived_contact_is_in_no_list_and_in_no_search(desk: Desk) -> None:
    contact_id = await desk.add(name="张三", email="z@x.cn", phone="13800138000")
    async with desk.house.db.tx(desk.workspace_id) as tx:
        await tx.run(text("update contacts set archived_at = now() where id = :id"), {"id": contact_id})
    assert not any((await desk.find("", "张", "zhang", "z@", "138")).values())


@pytest.mark.parametrize(
    ("after", "code"),
    [
        ("x", "kit.bad_cursor"),
        (encode_cursor("a", "no id"), "kit.bad_cursor"),
        (encode_cursor(5, str(UUID(int=7))), "kit.bad_cursor"),
        (encode_cursor("a", str(UUID(int=7)), "more"), "kit.bad_cursor"),
        (encode_cursor(), "kit.bad_cursor"),
        ("W" * 4000, "kit.bad_cursor"),
        (encode_cursor("a\x00b", str(UUID(int=7))), "kit.bad_text"),
    ],
)
async def test_a_made_up_cursor_is_refused_in_words(desk: Desk, after: str, code: str) -> None:
    answer = await desk.client.get("/api/contacts", params={"after": after})
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_list_is_two_queries_and_a_profile_three(desk: Desk) -> None:
    contact_id = await desk.add(name="张三")
    async with desk.house.db.tx(desk.workspace_id) as tx:
        with queries(tx) as listed:
            await service.page(tx, caller(), "zhang", "", 50)
        with queries(tx) as shown:
            await service.get(tx, UUID(contact_id))
    assert (len(listed), len(shown)) == (2, 3)


async def test_the_order_is_pinyin_and_the_nameless_stand_behind_every_name(desk: Desk) -> None:
    names = ["", "🌸小花", "赵六", "安娜", "Zoe", "bob", "𠮷野", "123", "阿福", "ñandú", "", "\uffee"]
    for name in names:
        await desk.add(name=name)
    shown = [item["name"] for item in (await desk.page())["items"]]
    assert shown[:3] == ["123", "阿福", "安娜"]
    assert shown.index("bob") < shown.index("赵六") < shown.index("Zoe")
    assert shown[-2:] == ["", ""]
    assert sorted(shown) == sorted(names)


CUSTOMERS = [
    {"name": "王小明", "email": "Wang.XM+tea@Example.com", "phone": "+86 138-0013-8000"},
    {"name": "O'Brien %_\\", "email": "ob@example.com", "phone": "001 415 555 0100"},
    {"name": "🌸 小花", "email": "花@例子.中国", "phone": "4008001234"},
    {"name": "重阳 节", "email": "", "phone": ""},
    {"name": "Ｆｕｌｌ Ｗｉｄｔｈ", "email": "", "phone": ""},
    {"name": "مريم", "email": "", "phone": ""},
    {"name": "7天酒店", "email": "", "phone": ""},
]
SEARCHES = [
    ("王小", "王小明"),
    ("wangxiao", "王小明"),
    ("WANG xiao", "王小明"),
    ("wang.xm+tea@", "王小明"),
    ("WANG.XM+TEA@EXAMPLE.COM", "王小明"),
    ("13800138000", "王小明"),
    ("+8613800138000", "王小明"),
    ("138 0013", "王小明"),
    ("(138)", "王小明"),
    ("１３８", "王小明"),
    ("O'B", "O'Brien %_\\"),
    ("o'brien %_\\", "O'Brien %_\\"),
    ("001415", "O'Brien %_\\"),
    ("🌸", "🌸 小花"),
    ("🌸 小", "🌸 小花"),
    ("花@例", "🌸 小花"),
    ("400-800", "🌸 小花"),
    ("重阳", "重阳 节"),
    ("重阳 节", "重阳 节"),
    ("chongyang", "重阳 节"),
    ("full", "Ｆｕｌｌ Ｗｉｄｔｈ"),
    ("Ｆｕｌｌ", "Ｆｕｌｌ Ｗｉｄｔｈ"),
    ("مري", "مريم"),
    ("7天", "7天酒店"),
]
NOTHING = [
    "小明",
    "%",
    "_",
    "'",
    "' or true --",
    "\\",
    "*",
    "@@",
    "x" * 10_000,
    "00000000000",
    "\u202e",
    "🌹",
]


async def test_a_search_finds_by_every_way_of_writing_and_nobody_else(desk: Desk) -> None:
    for customer in CUSTOMERS:
        await desk.add(**customer)
    assert await desk.find(*dict(SEARCHES)) == {q: [name] for q, name in SEARCHES}
    assert await desk.find(*NOTHING) == {key: [] for key in NOTHING}
    for found in (await desk.find("", "  ", "\t", "\x00")).values():
        assert len(found) == len(CUSTOMERS)
    typed = await desk.page(q="  O'Brien %_\\" + " " * 300)
    assert [item["email"] for item in typed["items"]] == ["ob@example.com"]


async def test_a_changed_profile_is_found_by_its_new_words_only(desk: Desk) -> None:
    path = f"/api/contacts/{await desk.add(name='张三', email='old@x.cn', phone='13800138000')}"
    changed = {"name": "李四", "email": "New@x.cn", "phone": "010-8888 9999"}
    assert (await desk.client.patch(path, json=changed)).status_code == 200
    assert not any((await desk.find("张", "zhang", "old@", "138")).values())
    new = ("李", "lisi", "new@", "0108888")
    assert await desk.find(*new) == {key: ["李四"] for key in new}
    await desk.client.patch(path, json={"name": None, "email": "", "phone": " "})
    assert await desk.find(*new, "") == {**{key: [] for key in new}, "": [""]}


async def test_a_workspace_without_contacts_has_one_empty_page(house: Running) -> None:
    _, client = await member_client(house, "agent", await make_workspace(house.db))
    assert (await client.get("/api/contacts")).json() == {"items": [], "next": None}
