"""A customer's tier and dedicated agent."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from kezhan.contacts import service
from kezhan.files.tests.factories import make_account
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import Person, make_person, member_client


class Shelf:
    """Customers of one workspace, and an agent who edits them."""

    def __init__(self, house: Running, agent: Person, client: httpx2.AsyncClient) -> None:
        self.house, self.agent, self.client = house, agent, client

    async def customer(self) -> str:
        account_id = await make_account(self.house.db, self.agent.workspace_id)
        async with self.house.db.tx(self.agent.workspace_id) as tx:
            made = await service.resolve(tx, account_id=account_id, external_id=new_id().hex)
        return str(made.contact_id)

    async def edit(self, contact_id: str, **fields: Any) -> httpx2.Response:
        return await self.client.patch(f"/api/contacts/{contact_id}", json=fields)

    async def tiers(self) -> list[str]:
        return list((await self.client.get("/api/contact-tiers")).json()["items"])


@pytest.fixture
async def shelf(house: Running) -> AsyncIterator[Shelf]:
    yield Shelf(house, *await member_client(house, "agent"))


async def test_a_tier_and_an_owner_are_set_shown_and_cleared(shelf: Shelf) -> None:
    contact_id = await shelf.customer()
    fresh = (await shelf.client.get(f"/api/contacts/{contact_id}")).json()
    assert (fresh["tier"], fresh["owner_id"], fresh["owner_name"]) == ("", None, "")
    owner = await make_person(shelf.house.db, shelf.agent.workspace_id, name="周子安")
    for _ in range(2):
        edited = await shelf.edit(contact_id, tier=" VIP \n客户 ", owner_id=str(owner.id))
        assert edited.status_code == 200, edited.text
    found = (await shelf.client.get(f"/api/contacts/{contact_id}")).json()
    assert (found["tier"], found["owner_id"], found["owner_name"]) == ("VIP 客户", str(owner.id), "周子安")
    [row] = (await shelf.client.get("/api/contacts")).json()["items"]
    assert (row["tier"], row["owner_id"]) == ("VIP 客户", str(owner.id))
    assert (await shelf.edit(contact_id, name="张三")).json()["owner_id"] == str(owner.id)
    cleared = (await shelf.edit(contact_id, tier="", owner_id=None)).json()
    assert (cleared["tier"], cleared["owner_id"], cleared["owner_name"]) == ("", None, "")
    async with shelf.house.db.tx(shelf.agent.workspace_id) as tx:
        rows = await tx.rows(
            text("select detail from audit_log where action = 'contact.edit' order by at, id")
        )
    assert rows[0].detail["fields"] == ["owner_id", "tier"]
    assert "VIP" not in str(rows)


async def test_an_owner_serves_in_this_workspace(shelf: Shelf) -> None:
    contact_id = await shelf.customer()
    looks_on = await make_person(shelf.house.db, shelf.agent.workspace_id, "inspector")
    elsewhere, _ = await member_client(shelf.house, "agent")
    for who, status, code in (
        (looks_on.id, 409, "workspaces.cannot_serve"),
        (elsewhere.id, 404, "workspaces.no_such_member"),
        (new_id(), 404, "workspaces.no_such_member"),
        ("somebody", 400, "kit.bad_input"),
    ):
        answer = await shelf.edit(contact_id, owner_id=str(who), tier="VIP")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
    kept = (await shelf.client.get(f"/api/contacts/{contact_id}")).json()
    assert (kept["tier"], kept["owner_id"]) == ("", None)


async def test_an_owner_who_has_left_is_still_named_until_another_is_chosen(shelf: Shelf) -> None:
    contact_id = await shelf.customer()
    owner = await make_person(shelf.house.db, shelf.agent.workspace_id, name="周子安")
    await shelf.edit(contact_id, owner_id=str(owner.id))
    async with shelf.house.db.tx(shelf.agent.workspace_id) as tx:
        await tx.run(text("update memberships set archived_at = now() where id = :id"), {"id": owner.id})
    found = (await shelf.edit(contact_id, name="张三")).json()
    assert (found["owner_id"], found["owner_name"]) == (str(owner.id), "周子安")
    assert (await shelf.edit(contact_id, owner_id=str(owner.id))).status_code == 404


async def test_a_tier_out_of_bounds_is_refused(shelf: Shelf) -> None:
    contact_id = await shelf.customer()
    for tier, status in (("长" * 32, 200), ("长" * 33, 400), (7, 400)):
        assert (await shelf.edit(contact_id, tier=tier)).status_code == status
    assert (await shelf.client.get(f"/api/contacts/{contact_id}")).json()["tier"] == "长" * 32


async def test_the_tiers_in_use_are_told_once_each_of_this_workspace_alone(shelf: Shelf) -> None:
    assert await shelf.tiers() == []
    for tier in ("VIP", "金卡", "VIP", "", "普通"):
        await shelf.edit(await shelf.customer(), tier=tier)
    assert await shelf.tiers() == ["VIP", "普通", "金卡"]
    other = Shelf(shelf.house, *await member_client(shelf.house, "agent"))
    assert await other.tiers() == []
    _, auditor = await member_client(shelf.house, "auditor", shelf.agent.workspace_id)
    assert (await auditor.get("/api/contact-tiers")).status_code == 403


async def test_tiers_are_found_by_steps_in_the_index(shelf: Shelf) -> None:
    workspace_id: UUID = shelf.agent.workspace_id
    async with shelf.house.db.tx(workspace_id) as tx:
        await tx.run(
            text(
                "insert into contacts (workspace_id, id, tier) select :ws, gen_random_uuid(),"
                " 'T' || n % 60 from generate_series(1, 3000) n"
            ),
            {"ws": workspace_id},
        )
    tiers = await shelf.tiers()
    assert len(tiers) == 50
    assert tiers == sorted(tiers)
