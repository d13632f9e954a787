"""Members, invitations, teams and the workspace's settings, from the door."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    actions,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)

NEW = {"name": "林晚晴", "password": "a brand new password"}


async def _invite(client: httpx2.AsyncClient, email: str = "", **more: Any) -> str:
    """The token of an invitation, to somebody new where no address is given."""
    form = {"email": email or f"{new_id().hex}@example.com", "role": "agent", **more}
    made = await client.post("/api/workspace/invitations", json=form)
    assert made.status_code == 201, made.text
    return str(made.json()["link"]).partition("token=")[2]


async def test_an_invited_person_joins_with_her_role_and_teams(house: Running) -> None:
    owner, client = await member_client(house)
    team = (await client.post("/api/teams", json={"name": "售前"})).json()["id"]
    token = await _invite(client, team_ids=[team])
    guest = await house.client()
    offer = (await guest.get(f"/api/invitations/{token}")).json()
    assert (offer["workspace_name"], offer["role"], offer["has_account"]) == ("茶铺", "agent", False)
    joined = await guest.post(f"/api/invitations/{token}/acceptance", json=NEW)
    assert joined.status_code == 201
    assert (joined.json()["role"], joined.json()["team_ids"]) == ("agent", [team])
    assert (await guest.get("/api/me")).json()["name"] == "林晚晴"
    listed = (await client.get("/api/workspace/invitations")).json()["items"]
    assert [row["state"] for row in listed] == ["accepted"]
    log = await actions(house, owner.workspace_id)
    assert log[-3:] == ["invitation.create", "member.join", "session.open"]


async def test_an_invitation_works_once_even_when_used_twice_at_the_same_moment(house: Running) -> None:
    _, client = await member_client(house)
    token = await _invite(client)
    guest = await house.client()
    path = f"/api/invitations/{token}/acceptance"
    answers = await asyncio.gather(*(guest.post(path, json=NEW) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 410, 410, 410]
    again = await guest.post(path, json=NEW)
    assert again.status_code == 410 and again.json()["code"] == "workspaces.link_accepted"
    assert (await guest.get(f"/api/invitations/{token}")).status_code == 410
    assert len((await client.get("/api/members")).json()["items"]) == 2


async def test_expired_revoked_replaced_and_made_up_invitations_are_told_apart(house: Running) -> None:
    owner, client = await member_client(house)
    twice = f"{new_id().hex}@example.com"
    replaced = await _invite(client, twice)
    expired = await _invite(client, twice)
    guest = await house.client()
    async with house.db.tx(owner.workspace_id) as tx:
        await tx.run(text("update invitations set expires_at = now() where revoked_at is null"))
    revoked = await _invite(client, "other@example.com")
    row = (await client.get("/api/workspace/invitations")).json()["items"][0]
    for _ in range(2):
        assert (await client.delete(f"/api/workspace/invitations/{row['id']}")).status_code == 204
    cases = {
        expired: (410, "workspaces.link_expired"),
        revoked: (410, "workspaces.link_revoked"),
        replaced: (410, "workspaces.link_revoked"),
        "kzi_made-up": (404, "workspaces.no_such_link"),
    }
    for token, expected in cases.items():
        for answer in (
            await guest.get(f"/api/invitations/{token}"),
            await guest.post(f"/api/invitations/{token}/acceptance", json=NEW),
        ):
            assert (answer.status_code, answer.json()["code"]) == expected


async def test_a_known_person_joins_only_with_her_present_password(house: Running) -> None:
    _, client = await member_client(house)
    known = await make_person(house.db, await make_workspace(house.db))
    token = await _invite(client, known.email)
    guest = await house.client()
    assert (await guest.get(f"/api/invitations/{token}")).json()["has_account"] is True
    wrong = await guest.post(f"/api/invitations/{token}/acceptance", json=NEW)
    assert wrong.status_code == 401 and wrong.json()["field"] == "password"
    joined = await guest.post(
        f"/api/invitations/{token}/acceptance", json={"name": "林", "password": PASSWORD}
    )
    assert joined.status_code == 201 and len(joined.json()["workspaces"]) == 2
    again = await client.post("/api/workspace/invitations", json={"email": known.email, "role": "agent"})
    assert again.status_code == 409 and again.json()["code"] == "workspaces.already_member"


async def test_a_new_person_needs_a_password_of_ten_characters(house: Running) -> None:
    _, client = await member_client(house)
    token = await _invite(client)
    guest = await house.client()
    answer = await guest.post(
        f"/api/invitations/{token}/acceptance", json={"name": "林", "password": "short"}
    )
    assert answer.status_code == 400 and answer.json()["code"] == "workspaces.short_password"
    assert (await guest.get(f"/api/invitations/{token}")).status_code == 200


async def test_an_archived_member_loses_access_and_comes_back_by_invitation(house: Running) -> None:
    owner, client = await member_client(house)
    person, theirs = await member_client(house, "agent", owner.workspace_id)
    for _ in range(2):
        assert (await client.delete(f"/api/members/{person.id}")).status_code == 204
    assert (await theirs.get("/api/me")).status_code == 401
    assert (await client.patch(f"/api/members/{person.id}", json={"name": "x"})).status_code == 404
    archived = (await client.get("/api/members", params={"archived": "true"})).json()["items"]
    assert [row["id"] for row in archived] == [str(person.id)]
    token = await _invite(client, person.email, role="supervisor")
    guest = await house.client()
    back = await guest.post(f"/api/invitations/{token}/acceptance", json={"name": "回", "password": PASSWORD})
    assert back.status_code == 201
    assert (back.json()["id"], back.json()["role"]) == (str(person.id), "supervisor")
    assert (await actions(house, owner.workspace_id)).count("member.archive") == 1


async def test_the_last_owner_stays(house: Running) -> None:
    owner, client = await member_client(house)
    for answer in (
        await client.patch(f"/api/members/{owner.id}", json={"role": "admin"}),
        await client.delete(f"/api/members/{owner.id}"),
    ):
        assert answer.status_code == 409 and answer.json()["code"] == "workspaces.last_owner"
    second = await make_person(house.db, owner.workspace_id, "owner")
    assert (await client.delete(f"/api/members/{owner.id}")).json()["code"] == "workspaces.not_yourself"
    assert (await client.patch(f"/api/members/{owner.id}", json={"role": "admin"})).status_code == 200
    admin = await client.patch(f"/api/members/{second.id}", json={"role": "agent"})
    assert admin.status_code == 403 and admin.json()["code"] == "workspaces.above_own_role"


async def test_two_owners_cannot_demote_each_other_at_the_same_moment(house: Running) -> None:
    first, one = await member_client(house)
    second, two = await member_client(house, "owner", first.workspace_id)
    answers = await asyncio.gather(
        one.patch(f"/api/members/{second.id}", json={"role": "agent"}),
        two.patch(f"/api/members/{first.id}", json={"role": "agent"}),
    )
    # Whoever comes second is refused: as the last owner, or because she is none any more.
    assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])


async def test_nobody_hands_out_or_takes_more_than_she_has(house: Running) -> None:
    owner, _ = await member_client(house)
    admin, client = await member_client(house, "admin", owner.workspace_id)
    agent = await make_person(house.db, owner.workspace_id)
    refusals = [
        await client.patch(f"/api/members/{admin.id}", json={"role": "owner"}),
        await client.patch(f"/api/members/{agent.id}", json={"role": "owner"}),
        await client.patch(f"/api/members/{owner.id}", json={"name": "改名"}),
        await client.delete(f"/api/members/{owner.id}"),
        await client.delete(f"/api/members/{owner.id}/sessions"),
        await client.post("/api/workspace/invitations", json={"email": "x@example.com", "role": "owner"}),
    ]
    assert {answer.json()["code"] for answer in refusals} == {"workspaces.above_own_role"}
    assert (await client.patch(f"/api/members/{agent.id}", json={"role": "admin"})).status_code == 200


async def test_members_are_listed_by_pinyin_page_by_page(house: Running) -> None:
    owner = await make_person(house.db, await make_workspace(house.db), "owner", name="曾一")
    for name in ("张三", "Bob", "阿里", "李四", "安娜", "重庆", "Ärzte"):
        await make_person(house.db, owner.workspace_id, name=name)
    client = await sign_in(house, owner)
    seen: list[str] = []
    after = None
    while True:
        params = {"limit": 3} | ({"after": after} if after else {})
        page = (await client.get("/api/members", params=params)).json()
        seen += [row["name"] for row in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == 8
    chinese = [name for name in seen if name not in {"Bob", "Ärzte"}]
    assert chinese == ["阿里", "安娜", "重庆", "李四", "曾一", "张三"]
    assert seen.index("安娜") < seen.index("Bob") < seen.index("重庆")
    for bad in ("x", "W10", "%00", "é"):
        assert (await client.get("/api/members", params={"after": bad})).status_code == 400


async def test_an_admin_signs_a_member_out_everywhere(house: Running) -> None:
    owner, client = await member_client(house)
    person, theirs = await member_client(house, "agent", owner.workspace_id)
    for _ in range(2):
        assert (await client.delete(f"/api/members/{person.id}/sessions")).status_code == 204
    assert (await theirs.get("/api/me")).status_code == 401
    assert (await client.get("/api/me")).status_code == 200


async def test_teams_are_made_renamed_filled_and_archived(house: Running) -> None:
    owner, client = await member_client(house)
    agent, theirs = await member_client(house, "agent", owner.workspace_id)
    made = await client.post("/api/teams", json={"name": " 售后 "})
    team = made.json()["id"]
    assert made.status_code == 201 and made.json()["name"] == "售后"
    assert (await client.post("/api/teams", json={"name": "售后"})).status_code == 409
    other = (await client.post("/api/teams", json={"name": "售前"})).json()["id"]
    taken = await client.patch(f"/api/teams/{other}", json={"name": "售后"})
    assert taken.status_code == 409 and taken.json()["field"] == "name"
    body = {"member_ids": [str(agent.id), str(agent.id)]}
    for _ in range(2):
        filled = await client.put(f"/api/teams/{team}/members", json=body)
        assert filled.status_code == 200 and filled.json()["member_ids"] == [str(agent.id)]
    assert (await theirs.get("/api/me")).json()["team_ids"] == [team]
    assert (
        await client.put(f"/api/teams/{team}/members", json={"member_ids": [str(new_id())]})
    ).status_code == 404
    for _ in range(2):
        assert (await client.delete(f"/api/teams/{team}")).status_code == 204
    assert (await theirs.get("/api/me")).json()["team_ids"] == []
    assert [row["id"] for row in (await client.get("/api/teams")).json()["items"]] == [other]
    assert (await client.patch(f"/api/teams/{other}", json={"name": "售后"})).status_code == 200
    log = await actions(house, owner.workspace_id)
    assert log.count("team.set_members") == 1 and log.count("team.archive") == 1


async def test_a_person_changes_her_name_and_language(house: Running) -> None:
    owner, client = await member_client(house, "agent")
    for _ in range(2):
        answer = await client.patch("/api/me", json={"name": "新名字", "language": "zh-CN"})
        assert answer.status_code == 200
        assert (answer.json()["name"], answer.json()["language"]) == ("新名字", "zh-CN")
    assert (await actions(house, owner.workspace_id)).count("member.edit") == 1


async def test_the_workspace_takes_only_time_zones_that_exist(house: Running) -> None:
    _, client = await member_client(house)
    for zone in ("Mars/Base", "../../etc/passwd", "/etc/passwd", "America", "", "\u0000"):
        answer = await client.patch("/api/workspace", json={"time_zone": zone})
        assert answer.status_code == 400, zone
    answer = await client.patch("/api/workspace", json={"time_zone": "Europe/Berlin", "name": "山间"})
    assert answer.json()["time_zone"] == "Europe/Berlin" and answer.json()["name"] == "山间"


@pytest.mark.parametrize("name", ["长" * 10_000, "", "   ", "a\u0000b", 7, None])
async def test_a_bad_name_is_a_400_everywhere(house: Running, name: Any) -> None:
    owner, client = await member_client(house)
    token = await _invite(client)
    team = (await client.post("/api/teams", json={"name": "售前"})).json()["id"]
    answers = [
        await client.post("/api/teams", json={"name": name}),
        await client.patch(f"/api/teams/{team}", json={"name": name}),
        await client.patch("/api/me", json={"name": name}),
        await client.patch(f"/api/members/{owner.id}", json={"name": name}),
        await client.patch("/api/workspace", json={"name": name}),
        await client.post("/api/tokens", json={"name": name, "scopes": ["member.read"]}),
        await client.post(f"/api/invitations/{token}/acceptance", json={**NEW, "name": name}),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.text
        assert answer.json()["code"] in {"kit.bad_input", "kit.bad_text"}
    assert (await client.get("/api/me")).json()["name"] == owner.name
