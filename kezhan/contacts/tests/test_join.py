"""A key of their platform shows that two customers are one: everything of both is hers, once."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.contacts import service
from kezhan.contacts.join import join
from kezhan.contacts.schemas import MAX_ATTRIBUTES, AttributeMap, How, Identity, Known, Profile
from kezhan.files.tests.factories import Person, make_account, make_workspace, sign_in
from kezhan.kit.db import Database
from kezhan.kit.errors import NotFound
from kezhan.kit.ids import new_id
from kezhan.testing import Running

UNION = "wechat:o6_b"


async def meet(
    db: Database,
    workspace_id: UUID,
    account_id: UUID,
    name: str,
    profile: Profile | None = None,
    *,
    vouched: bool = True,
) -> Identity:
    async with db.tx(workspace_id) as tx:
        (found,) = await service.resolve_all(tx, [Known(account_id, name, profile, vouched)])
    return found


@pytest.fixture
async def agent(house: Running) -> Person:
    return await sign_in(house, await make_workspace(house.db))


async def test_who_shows_her_unionid_later_is_one_with_whom_she_was_elsewhere(
    house: Running, agent: Person
) -> None:
    db, workspace_id = house.db, agent.workspace_id
    oa, mini = [await make_account(db, workspace_id) for _ in range(2)]
    told: AttributeMap = {f"k{number}": number for number in range(MAX_ATTRIBUTES)}
    first = await meet(db, workspace_id, oa, "o-1", Profile(name="陈平", attributes={"k0": 9}))
    other = await meet(
        db, workspace_id, mini, "m-1",
        Profile(name="平平", phone="13800138000", attributes=told, union=UNION),
    )  # fmt: skip
    assert first.contact_id != other.contact_id
    path = f"/api/contacts/{other.contact_id}"
    assert (await agent.client.patch(path, json={"note": "喜欢岩茶", "tier": "金卡"})).status_code == 200
    note = {"body": "下周回电"}
    assert (await agent.client.put(f"{path}/notes/{new_id()}", json=note)).status_code == 200
    for _ in range(2):
        now = await meet(db, workspace_id, oa, "o-1", Profile(union=UNION))
        assert now.contact_id == first.contact_id
    assert (await meet(db, workspace_id, mini, "m-1")).contact_id == first.contact_id
    # Whoever still has the other one before her sees, and writes about, the one who stays.
    for contact_id in (first.contact_id, other.contact_id):
        found = (await agent.client.get(f"/api/contacts/{contact_id}")).json()
        assert (found["id"], found["name"], found["phone"]) == (str(first.contact_id), "陈平", "13800138000")
        assert (found["note"], found["tier"]) == ("平平\n喜欢岩茶", "金卡")
        assert (len(found["attributes"]), found["attributes"]["k0"]) == (MAX_ATTRIBUTES, 9)
        assert {one["external_id"] for one in found["identities"]} == {"o-1", "m-1"}
    edited = (await agent.client.patch(path, json={"email": "c@example.com"})).json()
    assert (edited["id"], edited["email"]) == (str(first.contact_id), "c@example.com")
    for number in range(2):
        put = await agent.client.put(f"{path}/notes/{new_id()}", json={"body": f"记{number}"})
        assert put.status_code == 200, put.text
    notes = (await agent.client.get(f"/api/contacts/{first.contact_id}/notes")).json()["items"]
    assert [one["body"] for one in notes] == ["记1", "记0", "下周回电"]
    listed = (await agent.client.get("/api/contacts")).json()["items"]
    assert [one["id"] for one in listed] == [str(first.contact_id)]
    async with db.tx(workspace_id) as tx:
        rows = await tx.rows(
            text("select actor_kind, subject_id, detail from audit_log where action = 'contact.join'")
        )
    assert [(row.actor_kind, row.subject_id, row.detail["gone_id"]) for row in rows] == [
        ("system", first.contact_id, str(other.contact_id))
    ]


async def test_the_same_word_twice_at_once_joins_once(db: Database) -> None:
    workspace_id = await make_workspace(db)
    accounts = [await make_account(db, workspace_id) for _ in range(3)]
    for account_id in accounts:
        await meet(db, workspace_id, account_id, "c-1", Profile(name="陈平"))
    shown = Profile(union=UNION)
    await asyncio.gather(*(meet(db, workspace_id, one, "c-1", shown) for one in accounts * 3))
    now = {(await meet(db, workspace_id, one, "c-1")).contact_id for one in accounts}
    assert len(now) == 1
    async with db.tx(workspace_id) as tx:
        rows = await tx.rows(text("select id, joined_into from contacts"))
        assert {row.joined_into for row in rows if row.id not in now} == now
        assert await tx.value(text("select count(*) from audit_log where action = 'contact.join'")) == 2
        assert await tx.value(text("select count(*) from outbox where kind = 'contacts.joined'")) == 2


async def test_a_third_leads_on_from_whom_she_was_joined_to(db: Database) -> None:
    workspace_id = await make_workspace(db)
    one, two, three = [await make_account(db, workspace_id) for _ in range(3)]
    first = await meet(db, workspace_id, one, "c-1", Profile(union=UNION))
    second = await meet(db, workspace_id, two, "c-1")
    third = await meet(db, workspace_id, three, "c-1")
    async with db.tx(workspace_id) as tx:
        await join(tx, third.contact_id, second.contact_id, How.UNION)
        await join(tx, second.contact_id, first.contact_id, How.UNION)
        await join(tx, third.contact_id, first.contact_id, How.UNION)
        for identity in (first, second, third):
            assert (await service.get(tx, identity.contact_id)).id == first.contact_id


async def test_neither_a_name_nor_a_stranger_nor_another_workspace_joins_two(db: Database) -> None:
    workspace_id, foreign = await make_workspace(db), await make_workspace(db)
    oa, mini = [await make_account(db, workspace_id) for _ in range(2)]
    same = Profile(name="陈平", phone="13800138000", email="c@example.com")
    one = await meet(db, workspace_id, oa, "c-1", same)
    two = await meet(db, workspace_id, mini, "c-1", Profile(name="陈平", phone="13800138000", union=UNION))
    abroad = await meet(db, foreign, await make_account(db, foreign), "c-1", Profile(union=UNION))
    forged = await meet(db, workspace_id, oa, "c-1", Profile(union=UNION), vouched=False)
    assert forged.contact_id == one.contact_id != two.contact_id
    async with db.tx(workspace_id) as tx:
        assert (await service.get(tx, two.contact_id)).id == two.contact_id
        with pytest.raises(NotFound):
            await service.get(tx, abroad.contact_id)
