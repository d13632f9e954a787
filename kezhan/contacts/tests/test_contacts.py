"""Contacts: found or made once, read, edited, listed and searched."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.contacts import service, store
from kezhan.contacts.schemas import Identity, Profile
from kezhan.files.tests.factories import Person, counted, make_account, make_workspace, sign_in
from kezhan.kit.db import Database
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor
from kezhan.testing import Running


@pytest.fixture
async def agent(house: Running) -> Person:
    return await sign_in(house, await make_workspace(house.db))


async def _add(db: Database, workspace_id: UUID, account_id: UUID, **profile: Any) -> Identity:
    async with db.tx(workspace_id) as tx:
        return await service.resolve(
            tx, account_id=account_id, external_id=new_id().hex, profile=Profile(**profile)
        )


async def _count(db: Database, workspace_id: UUID, table: str) -> int:
    async with db.tx(workspace_id) as tx:
        return int(await tx.value(text(f"select count(*) from {table}")))  # noqa: S608


async def test_the_same_customer_is_made_once_even_by_many_at_once(db: Database) -> None:
    workspace_id = await make_workspace(db)
    account_id = await make_account(db, workspace_id)

    async def one(number: int) -> Identity:
        async with db.tx(workspace_id) as tx:
            profile = Profile(name=f"第{number}个")
            return await service.resolve(tx, account_id=account_id, external_id="wx-1", profile=profile)

    found = await asyncio.gather(*(one(number) for number in range(12)))
    assert len({identity.id for identity in found}) == 1
    assert await _count(db, workspace_id, "contacts") == 1
    assert await _count(db, workspace_id, "identities") == 1
    async with db.tx(workspace_id) as tx:
        changed = await tx.value(text("select count(*) from outbox where kind = 'contacts.changed'"))
    assert changed == 1


async def test_a_known_customer_costs_one_query(db: Database) -> None:
    workspace_id = await make_workspace(db)
    account_id = await make_account(db, workspace_id)
    async with db.tx(workspace_id) as tx:
        made = await service.resolve(tx, account_id=account_id, external_id="wx-1")
        with counted(tx) as statements:
            assert await service.resolve(tx, account_id=account_id, external_id="wx-1") == made
    assert len(statements) == 1


async def test_a_profile_fills_what_is_empty_and_leaves_an_agents_words(db: Database) -> None:
    workspace_id = await make_workspace(db)
    account_id = await make_account(db, workspace_id)
    made = await _add(db, workspace_id, account_id)
    first = Profile(
        name="  王\u0000小明 ", email="NOT AN ADDRESS", phone="(+86) 138-0013 8000", language="zh-CN"
    )
    second = Profile(
        name="别的名字", email="wang@example.com", attributes={"等级": "金", "积分": 12, "vip": True}
    )
    async with db.tx(workspace_id) as tx:
        for profile in (first, second, second):
            await service.resolve(tx, account_id=account_id, external_id=made.external_id, profile=profile)
        found = await service.get(tx, made.contact_id)
    async with db.tx(workspace_id) as tx:
        changed = await tx.value(text("select count(*) from outbox where kind = 'contacts.changed'"))
    assert (found.name, found.email, found.phone) == ("王 小明", "wang@example.com", "+8613800138000")
    assert (found.language, found.attributes) == ("zh-CN", {"等级": "金", "积分": 12, "vip": True})
    assert changed == 3


async def test_an_external_id_out_of_bounds_is_refused(db: Database) -> None:
    workspace_id = await make_workspace(db)
    account_id = await make_account(db, workspace_id)
    for bad in ("", "x" * 201):
        with pytest.raises(Refused):
            async with db.tx(workspace_id) as tx:
                await service.resolve(tx, account_id=account_id, external_id=bad)
    assert await _count(db, workspace_id, "contacts") == 0


async def test_people_read_and_edit_a_profile(house: Running, agent: Person) -> None:
    account_id = await make_account(house.db, agent.workspace_id)
    made = await _add(house.db, agent.workspace_id, account_id)
    path = f"/api/contacts/{made.contact_id}"
    fresh = (await agent.client.get(path)).json()
    assert (fresh["name"], fresh["email"], len(fresh["number"])) == ("", None, 6)
    assert fresh["number"] == (await agent.client.get(path)).json()["number"]
    assert [identity["external_id"] for identity in fresh["identities"]] == [made.external_id]
    wanted = {
        "name": " 张三 ",
        "email": "Zhang@Example.com",
        "phone": "138 0013 8000",
        "language": "en",
        "note": "老客户\n喜欢岩茶",
    }
    for _ in range(2):
        answer = await agent.client.patch(path, json=wanted)
        assert answer.status_code == 200, answer.text
    edited = (await agent.client.get(path)).json()
    kept = {name: edited[name] for name in wanted}
    assert kept == {**wanted, "name": "张三", "phone": "13800138000"}
    cleared = (await agent.client.patch(path, json={"email": None, "name": ""})).json()
    assert (cleared["email"], cleared["name"], cleared["phone"]) == (None, "", "13800138000")
    async with house.db.tx(agent.workspace_id) as tx:
        detail = await tx.rows(
            text("select actor_id, detail from audit_log where action = 'contact.edit' order by at, id")
        )
    assert {row.actor_id for row in detail} == {agent.membership_id}
    assert detail[-1].detail["fields"] == ["email", "name"]
    assert "张三" not in str(detail)


BAD_EDITS: list[tuple[dict[str, Any], str]] = [
    ({"email": "no address"}, "contacts.bad_email"),
    ({"email": "a@b@c"}, "contacts.bad_email"),
    ({"phone": "call me"}, "contacts.bad_phone"),
    ({"phone": "12"}, "contacts.bad_phone"),
    ({"language": "中文"}, "contacts.bad_language"),
    ({"name": "长" * 10_000}, "kit.bad_input"),
    ({"note": "长" * 4001}, "kit.bad_input"),
    ({"name": 5}, "kit.bad_input"),
    ({"verified": True}, "kit.bad_input"),
]


async def test_a_bad_edit_is_refused_and_changes_nothing(house: Running, agent: Person) -> None:
    account_id = await make_account(house.db, agent.workspace_id)
    made = await _add(house.db, agent.workspace_id, account_id, name="张三")
    path = f"/api/contacts/{made.contact_id}"
    before = (await agent.client.get(path)).json()
    for body, code in BAD_EDITS:
        answer = await agent.client.patch(path, json=body)
        assert (answer.status_code, answer.json()["code"]) == (400, code), body
    assert (await agent.client.get(path)).json() == before
    assert (await agent.client.patch(path, json={})).json() == before


async def test_who_must_not_see_contacts_does_not(house: Running, agent: Person) -> None:
    account_id = await make_account(house.db, agent.workspace_id)
    made = await _add(house.db, agent.workspace_id, account_id, name="张三", email="z@example.com")
    path = f"/api/contacts/{made.contact_id}"
    elsewhere = await sign_in(house, await make_workspace(house.db), "owner")
    assert (await elsewhere.client.get(path)).status_code == 404
    assert (await elsewhere.client.patch(path, json={"name": "x"})).status_code == 404
    assert (await elsewhere.client.patch(path, json={})).status_code == 404
    for query in ("", "张", "zhang", "z@"):
        assert (await elsewhere.client.get("/api/contacts", params={"q": query})).json()["items"] == []
    auditor = await sign_in(house, agent.workspace_id, "auditor")
    assert (await auditor.client.get(path)).status_code == 403
    assert (await auditor.client.get("/api/contacts")).status_code == 403
    inspector = await sign_in(house, agent.workspace_id, "inspector")
    assert (await inspector.client.get(path)).status_code == 200
    assert (await inspector.client.patch(path, json={"name": "x"})).status_code == 403
    assert (await (await house.client()).get(path)).status_code == 401


NAMES = ["张三", "章三丰", "阿福", "重庆小李", "Bob Lee", "bobby", "éclair", "王_%", "欧阳娜娜", ""]


async def _find(person: Person, query: str, **more: Any) -> list[str]:
    answer = await person.client.get("/api/contacts", params={"q": query, **more})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def test_a_search_begins_with_name_pinyin_address_or_number(house: Running, agent: Person) -> None:
    account_id = await make_account(house.db, agent.workspace_id)
    for name in NAMES:
        await _add(house.db, agent.workspace_id, account_id, name=name)
    await _add(house.db, agent.workspace_id, account_id, name="邮", email="Tea@Example.com")
    await _add(house.db, agent.workspace_id, account_id, name="电", phone="+8613800138000")
    assert (await _find(agent, ""))[-1] == ""
    assert (await _find(agent, ""))[:2] == ["阿福", "bobby"]
    for query, found in (
        ("张", ["张三"]),
        ("zhang", ["张三", "章三丰"]),
        ("Zhang San", ["张三", "章三丰"]),
        ("chongqing", ["重庆小李"]),
        ("重", ["重庆小李"]),
        ("BOB", ["bobby", "Bob Lee"]),
        ("bob l", ["Bob Lee"]),
        ("Éc", ["éclair"]),
        ("王_", ["王_%"]),
        ("%", []),
        ("三", []),
        ("tea@", ["邮"]),
        ("138", ["电"]),
        ("+86 138-0013", ["电"]),
        ("999", []),
    ):
        assert await _find(agent, query) == found, query


async def test_pages_hold_everybody_once(house: Running, agent: Person) -> None:
    account_id = await make_account(house.db, agent.workspace_id)
    for number in range(12):
        await _add(house.db, agent.workspace_id, account_id, name="" if number % 2 else f"客人{number % 4}")
    for query, expected in (("", 12), ("客人", 6)):
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            params: dict[str, str | int] = {"limit": 5, "after": after, "q": query}
            page = (await agent.client.get("/api/contacts", params=params)).json()
            seen += [item["id"] for item in page["items"]]
            after = page["next"]
        assert (len(seen), len(set(seen))) == (expected, expected)
    for bad in ("nonsense", "é", encode_cursor(1, 2), encode_cursor("x")):
        answer = await agent.client.get("/api/contacts", params={"after": bad})
        assert answer.status_code == 400
    assert len(await _find(agent, "", limit=-5)) == 1


async def test_searches_use_their_index_as_the_applications_role(db: Database) -> None:
    workspace_id = await make_workspace(db)
    async with db.tx(workspace_id) as tx:
        await tx.run(_MANY, {"ws": workspace_id})
        for column in ("sort_key", "name_key", "email_key", "phone_key"):
            with counted(tx) as statements:
                await store.contacts(tx, column, "k4", ("k41", new_id()), 20)
            values = {"$1::VARCHAR": "'k4'", "$2::VARCHAR": "'k4~'", "$3::VARCHAR": "'k41'"}
            plan = statements[0]
            for name, value in values.items():
                plan = plan.replace(name, value)
            plan = plan.replace("$4::UUID", f"'{new_id()}'::uuid").replace("$5::INTEGER", "20")
            lines = [row[0] for row in await tx.rows(text("explain " + plan.replace(":", r"\:")))]
            assert any(f"Index Scan using contacts_{column}" in line for line in lines), lines
            assert any("Index Cond" in line and column in line for line in lines), lines


_MANY = text(
    "insert into contacts (workspace_id, id, sort_key, name_key, email_key, phone_key)"
    " select :ws, gen_random_uuid(), 'k' || n, 'k' || n, 'k' || n, 'k' || n from generate_series(1, 3000) n"
)
