"""Companies: who belongs to one, by hand or by her address; what is refused, and to whom."""

from typing import Any

import pytest

from kezhan.contacts.companies.domains import checked_domains
from kezhan.contacts.schemas import Profile
from kezhan.contacts.tests.test_join import agent, meet
from kezhan.files.tests.factories import Person, make_account, make_workspace, sign_in
from kezhan.kit.errors import Refused
from kezhan.kit.ids import new_id
from kezhan.testing import Running

__all__ = ["agent"]
Json = dict[str, Any]


async def make(who: Person, name: str, *domains: str) -> Json:
    path, body = f"/api/companies/{new_id()}", {"name": name, "domains": domains}
    for _ in range(2):
        answer = await who.client.put(path, json=body)
        assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


async def company_of(who: Person, contact: str) -> str:
    return str((await who.client.get(f"/api/contacts/{contact}")).json()["company_name"])


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["Example.com", "a@example.com", " www.example.com/ "], ["example.com"]),
        (["https://茶.中国", ""], ["茶.中国"]),
        (["qq.com"], "contacts.public_domain"),
        (["nonsense"], "contacts.bad_domain"),
        (["a..b.com"], "contacts.bad_domain"),
    ],
)
def test_a_domain_is_kept_once_and_a_public_one_is_nobodys(written: list[str], kept: list[str] | str) -> None:
    if isinstance(kept, list):
        assert checked_domains(written) == kept
        return
    with pytest.raises(Refused, match=kept):
        checked_domains(written)


async def test_she_belongs_by_her_address_unless_somebody_says_otherwise(
    house: Running, agent: Person
) -> None:
    db, workspace_id = house.db, agent.workspace_id
    account = await make_account(db, workspace_id)
    told = ("a@tea.cn", "b@x.tea.cn", "c@qq.com")
    before, sub, public = [
        str((await meet(db, workspace_id, account, mail, Profile(email=mail))).contact_id) for mail in told
    ]
    tea = await make(agent, "山间茶业", "tea.cn")
    assert (tea["people"], await company_of(agent, before)) == (1, "山间茶业")
    assert [await company_of(agent, one) for one in (sub, public)] == ["", ""]
    after = str((await meet(db, workspace_id, account, "d", Profile(email="D@Tea.cn"))).contact_id)
    typed = str((await meet(db, workspace_id, account, "e")).contact_id)
    await agent.client.patch(f"/api/contacts/{typed}", json={"email": "e@tea.cn"})
    listed = (await agent.client.get(f"/api/companies/{tea['id']}/people")).json()["items"]
    assert {row["id"] for row in listed} == {before, after, typed}
    # By hand it is as somebody says, also that she belongs to none.
    other = await make(agent, "别家")
    for company, name in ((other["id"], "别家"), (None, "")):
        answer = await agent.client.patch(f"/api/contacts/{before}", json={"company_id": company})
        assert answer.json()["company_name"] == name
    edit = {"domains": ["tea.cn", "x.tea.cn"]}
    assert (await agent.client.patch(f"/api/companies/{tea['id']}", json=edit)).json()["people"] == 3
    assert [await company_of(agent, one) for one in (before, sub)] == ["", "山间茶业"]
    # Archived it takes nobody in, and keeps who belongs to it.
    await agent.client.patch(f"/api/companies/{tea['id']}", json={"archived": True})
    late = str((await meet(db, workspace_id, account, "f", Profile(email="f@tea.cn"))).contact_id)
    assert [await company_of(agent, one) for one in (late, sub)] == ["", "山间茶业"]
    assert [row["name"] for row in (await agent.client.get("/api/companies")).json()["items"]] == ["别家"]


async def test_what_makes_no_sense_is_refused_and_strangers_see_nothing(
    house: Running, agent: Person
) -> None:
    tea = await make(agent, "山间茶业", "tea.cn")
    one = f"/api/companies/{tea['id']}"
    boss = await sign_in(house, agent.workspace_id, "admin")
    field = {"id": "size", "kind": "number", "label": "人数", "reads": ["supervisor"]}
    answer = await boss.client.put("/api/fields/company", json={"version": 0, "fields": [field]})
    assert answer.status_code == 200, answer.text
    kept = (await boss.client.patch(one, json={"fields": {"size": 12}})).json()
    assert [field["value"] for field in kept["fields"]] == [12]
    assert (await agent.client.get(one)).json()["fields"] == []
    reader = await sign_in(house, agent.workspace_id, "inspector")
    abroad = await sign_in(house, await make_workspace(house.db))
    contact = f"/api/contacts/{new_id()}"
    refused: list[tuple[Person, str, str, Any, int]] = [
        (reader, "PATCH", one, {"name": "x"}, 403),
        (reader, "PUT", f"/api/companies/{new_id()}", {"name": "x"}, 403),
        (abroad, "GET", one, None, 404),
        (abroad, "PATCH", one, {"name": "x"}, 404),
        (agent, "PATCH", one, {"name": "  "}, 400),
        (agent, "PATCH", one, {"domains": ["gmail.com"]}, 400),
        (agent, "PATCH", one, {"fields": {"size": 1}}, 400),
        (agent, "PUT", f"/api/companies/{new_id()}", {"name": "x", "domains": ["tea.cn"]}, 409),
        (agent, "PATCH", contact, {"company_id": str(new_id())}, 400),
    ]
    for who, method, path, body, status in refused:
        answer = await who.client.request(method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)
    assert (await abroad.client.get(f"{one}/people")).json()["items"] == []
    assert len((await reader.client.get("/api/companies", params={"q": "shanjian"})).json()["items"]) == 1
