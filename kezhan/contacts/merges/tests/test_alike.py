"""Who is one by a rule, who may be one, and who is not; who must not decide it."""

from uuid import UUID

import pytest

from kezhan.contacts.identify import identify
from kezhan.contacts.schemas import Identity, Profile, SignedIdentity
from kezhan.contacts.tests.test_join import agent, meet
from kezhan.files.tests.factories import Person, make_account, make_workspace, sign_in
from kezhan.kit.ids import new_id
from kezhan.testing import Running

__all__ = ["agent"]
MAIL = "c@example.com"
PHONE = Profile(phone="13800138000", phone_proven=True)


async def signed(house: Running, workspace_id: UUID, name: str, profile: Profile) -> Identity:
    account_id = await make_account(house.db, workspace_id)
    async with house.db.tx(workspace_id) as tx:
        return await identify(
            tx, account_id=account_id, signed=SignedIdentity(external_id=name, profile=profile)
        )


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Profile(email=MAIL, email_proven=True), Profile(email="C@Example.com", email_proven=True), True),
        (PHONE, Profile(phone="+86 138-0013-8000", phone_proven=True), True),
        (Profile(email=MAIL, email_proven=True), Profile(email=MAIL), False),
        (Profile(name="陈平", phone="13800138000"), Profile(name="陈平", phone="13800138000"), False),
        (Profile(phone="110", phone_proven=True), Profile(email="110", email_proven=True), False),
    ],
)
async def test_only_what_is_proved_of_both_makes_two_one(
    house: Running, agent: Person, one: Profile, other: Profile, same: bool
) -> None:
    first = await signed(house, agent.workspace_id, "u-1", one)
    for _ in range(2):
        found = await signed(house, agent.workspace_id, "u-2", other)
    assert (found.contact_id == first.contact_id) is same
    merges = (await agent.client.get(f"/api/contacts/{first.contact_id}")).json()["merges"]
    assert len(merges) == (2 if same else 0)


async def test_who_was_parted_is_not_made_one_by_the_rule_again(house: Running, agent: Person) -> None:
    db, workspace_id = house.db, agent.workspace_id
    profile = Profile(email=MAIL, email_proven=True)
    accounts = [await make_account(db, workspace_id) for _ in range(2)]
    kept, _ = [await meet(db, workspace_id, account, "u", profile) for account in accounts]
    (merge,) = (await agent.client.get(f"/api/contacts/{kept.contact_id}")).json()["merges"]
    assert (merge["how"], merge["by_name"]) == ("email", "")
    parted = (await agent.client.delete(f"/api/contact-merges/{merge['id']}")).json()
    assert parted["id"] != str(kept.contact_id)
    now = [await meet(db, workspace_id, account, "u", profile) for account in accounts]
    assert [str(one.contact_id) for one in now] == [str(kept.contact_id), parted["id"]]
    assert (await agent.client.get("/api/contact-duplicates")).json()["items"] == []


async def test_those_who_share_something_are_shown_until_it_is_said_that_they_are_not_one(
    house: Running, agent: Person
) -> None:
    db, workspace_id = house.db, agent.workspace_id
    account = await make_account(db, workspace_id)
    told = [Profile(name="甲", phone="13800138000"), Profile(phone="+8613800138000"), Profile(email=MAIL)]
    people = [await meet(db, workspace_id, account, f"u-{n}", one) for n, one in enumerate(told)]
    one, other = [str(identity.contact_id) for identity in people[:2]]
    (pair,) = (await agent.client.get("/api/contact-duplicates")).json()["items"]
    assert (pair["kept"]["id"], pair["gone"]["id"]) == (one, other)
    assert (pair["by"], pair["value"], pair["verified"]) == ("phone", "13800138000", False)
    path = f"/api/contacts/{other}/strangers/{one}"
    for _ in range(2):
        assert (await agent.client.put(path)).status_code == 200
    assert (await agent.client.get("/api/contact-duplicates")).json()["items"] == []
    assert (await agent.client.delete(path)).status_code == 204
    assert len((await agent.client.get("/api/contact-duplicates")).json()["items"]) == 1


async def test_who_may_not_and_what_makes_no_sense_is_refused(house: Running, agent: Person) -> None:
    db, workspace_id = house.db, agent.workspace_id
    account = await make_account(db, workspace_id)
    one, two = [str((await meet(db, workspace_id, account, name)).contact_id) for name in ("u-1", "u-2")]
    abroad = await sign_in(house, await make_workspace(db))
    reader = await sign_in(house, workspace_id, "inspector")
    nobody, merger = str(new_id()), f"/api/contacts/{two}/merger"
    refused = [
        (reader, "PUT", merger, {"into": one}, 403),
        (reader, "GET", f"/api/contacts/{one}/merge-preview?other_id={two}", None, 403),
        (reader, "GET", "/api/contact-duplicates", None, 403),
        (reader, "DELETE", f"/api/contact-merges/{nobody}", None, 403),
        (reader, "PUT", f"/api/contacts/{one}/strangers/{two}", None, 403),
        (abroad, "PUT", merger, {"into": one}, 404),
        (abroad, "PUT", f"/api/contacts/{one}/strangers/{two}", None, 404),
        (agent, "PUT", merger, {"into": nobody}, 404),
        (agent, "PUT", f"/api/contacts/{one}/merger", {"into": one}, 404),
        (agent, "PUT", f"/api/contacts/{one}/merger", {"into": two}, 409),
        (agent, "PUT", merger, {"into": one, "take": ["id"]}, 400),
        (agent, "DELETE", f"/api/contact-merges/{nobody}", None, 404),
        (agent, "PUT", f"/api/contacts/{one}/strangers/{one}", None, 404),
    ]
    for who, method, path, body, status in refused:
        answer = await who.client.request(method, path, json=body)
        assert answer.status_code == status, (method, path, answer.text)
    third = str((await meet(db, workspace_id, account, "u-3")).contact_id)
    assert (await agent.client.put(merger, json={"into": one})).status_code == 200
    meanwhile = await agent.client.put(merger, json={"into": third})
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "contacts.merged_meanwhile")
