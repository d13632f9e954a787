"""Invitations: made, shown, accepted, ended; by whom, how often and to whom, from the door."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    Person,
    actions,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)

LIST = "/api/workspace/invitations"
NEW = {"name": "林晚晴", "password": "a brand new password"}


def _address() -> str:
    return f"{new_id().hex}@example.com"


async def _invite(client: httpx2.AsyncClient, email: str = "", role: str = "agent", **more: Any) -> Any:
    return await client.post(LIST, json={"email": email or _address(), "role": role, **more})


def _token(answer: Any) -> str:
    assert answer.status_code == 201, answer.text
    return str(answer.json()["link"]).partition("token=")[2]


async def _accept(house: Running, token: str, **form: Any) -> Any:
    guest = await house.client()
    return await guest.post(f"/api/invitations/{token}/acceptance", json={**NEW, **form})


async def test_the_link_is_shown_once_and_never_listed(house: Running) -> None:
    owner, client = await member_client(house)
    address = _address()
    made = await _invite(client, f"  {address} ", "supervisor")
    link, token = made.json()["link"], _token(made)
    assert link == f"{house.house.settings.address}/join?token={token}"
    assert token.startswith("kzi_") and len(token) == 47
    view = made.json()["invitation"]
    assert (view["email"], view["role"], view["state"], view["team_ids"]) == (
        address,
        "supervisor",
        "open",
        [],
    )
    assert (await client.get(LIST)).json() == {"items": [view], "next": None}
    async with house.db.tx(owner.workspace_id) as tx:
        for table in ("invitations", "audit_log", "outbox"):
            rows = await tx.rows(text(f"select cast(t as text) from {table} t"))  # noqa: S608
            assert rows and not any(token[4:] in row[0] for row in rows), table
        days = await tx.value(
            text("select extract(epoch from expires_at - created_at) / 86400 from invitations")
        )
        assert abs(float(days) - 7) < 0.01


async def test_a_link_tells_its_holder_where_it_leads_and_nothing_else(house: Running) -> None:
    _, client = await member_client(house)
    address = _address()
    token = _token(await _invite(client, address))
    guest = await house.client()
    offer = (await guest.get(f"/api/invitations/{token}")).json()
    assert offer == {
        "workspace_name": "茶铺",
        "email": address,
        "role": "agent",
        "role_name": "",
        "has_account": False,
        "expires_at": offer["expires_at"],
    }
    for wrong in (token[:-1], token.upper(), token.removeprefix("kzi_"), "x" * 5000, "%00", "é", "-"):
        answer = await guest.get(f"/api/invitations/{wrong}")
        assert (answer.status_code, answer.json()["code"]) == (404, "workspaces.no_such_link"), wrong[:50]


@pytest.mark.parametrize(
    ("inviter", "roles"),
    [
        ("owner", dict.fromkeys(Role, 201)),
        ("admin", {role: 403 if role == Role.OWNER else 201 for role in Role}),
        ("supervisor", {Role.AGENT: 403}),
        ("agent", {Role.AGENT: 403}),
        ("auditor", {Role.AUDITOR: 403}),
    ],
)
async def test_who_may_invite_whom_as_what(house: Running, inviter: str, roles: dict[Role, int]) -> None:
    _, client = await member_client(house, inviter)
    assert {role: (await _invite(client, role=role)).status_code for role in roles} == roles


async def test_nobody_ends_an_invitation_to_a_role_above_her_own(house: Running) -> None:
    owner, client = await member_client(house)
    _, admin = await member_client(house, "admin", owner.workspace_id)
    address = _address()
    made = await _invite(client, address, "owner")
    by_hand = await admin.delete(f"{LIST}/{made.json()['invitation']['id']}")
    # A new invitation to the same address would end the first one just as well.
    by_another = await _invite(admin, address.upper(), "agent")
    for answer in (by_hand, by_another):
        assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.above_own_role")
    guest = await house.client()
    assert (await guest.get(f"/api/invitations/{_token(made)}")).json()["role"] == "owner"
    async with house.db.tx(owner.workspace_id) as tx:
        await tx.run(text("update invitations set expires_at = now()"))
    assert (await _invite(admin, address, "agent")).status_code == 201


async def test_a_second_invitation_to_the_same_address_ends_the_first(house: Running) -> None:
    owner, client = await member_client(house)
    address = _address()
    first = _token(await _invite(client, address, "agent"))
    second = _token(await _invite(client, address.upper(), "inspector"))
    states = [(row["role"], row["state"]) for row in (await client.get(LIST)).json()["items"]]
    assert states == [("inspector", "open"), ("agent", "revoked")]
    assert (await _accept(house, first)).json()["code"] == "workspaces.link_revoked"
    assert (await _accept(house, second)).json()["role"] == "inspector"
    assert (await actions(house, owner.workspace_id)).count("member.join") == 1


async def test_a_member_is_not_invited_again_in_any_spelling(house: Running) -> None:
    owner, client = await member_client(house)
    person = await make_person(house.db, owner.workspace_id)
    for email in (person.email, person.email.upper(), f" {person.email} "):
        answer = await _invite(client, email)
        assert (answer.status_code, answer.json()["code"]) == (409, "workspaces.already_member")
        assert answer.json()["field"] == "email"
    assert (await client.get(LIST)).json()["items"] == []
    assert (await client.delete(f"/api/members/{person.id}")).status_code == 204
    assert (await _invite(client, person.email)).status_code == 201


async def test_revoking_counts_once_and_not_after_the_link_was_used(house: Running) -> None:
    owner, client = await member_client(house)
    kept, ended = await _invite(client), await _invite(client)
    assert (await _accept(house, _token(kept))).status_code == 201
    for made in (ended, ended, kept):
        assert (await client.delete(f"{LIST}/{made.json()['invitation']['id']}")).status_code == 204
    assert (await client.delete(f"{LIST}/{new_id()}")).status_code == 404
    assert [row["state"] for row in (await client.get(LIST)).json()["items"]] == ["revoked", "accepted"]
    assert (await actions(house, owner.workspace_id)).count("invitation.revoke") == 1
    again = await _accept(house, _token(ended))
    assert (again.status_code, again.json()["code"]) == (410, "workspaces.link_revoked")


async def test_the_list_goes_back_in_time_page_by_page_and_only_managers_see_it(house: Running) -> None:
    owner, client = await member_client(house)
    made = [(await _invite(client)).json()["invitation"]["id"] for _ in range(5)]
    seen: list[str] = []
    after: str | None = ""
    while after is not None and len(seen) < 20:
        page = (await client.get(LIST, params={"limit": 2} | ({"after": after} if after else {}))).json()
        seen += [row["id"] for row in page["items"]]
        after = page["next"]
    assert seen == made[::-1]
    _, supervisor = await member_client(house, "supervisor", owner.workspace_id)
    assert (await supervisor.get(LIST)).status_code == 403


async def test_a_team_closed_in_the_meantime_is_left_out_and_a_closed_or_foreign_one_refused(
    house: Running,
) -> None:
    _, client = await member_client(house)
    _, stranger = await member_client(house)
    keep, close = [
        (await client.post("/api/teams", json={"name": name})).json()["id"] for name in ("售前", "售后")
    ]
    foreign = (await stranger.post("/api/teams", json={"name": "别家"})).json()["id"]
    token = _token(await _invite(client, team_ids=[close, keep, keep]))
    await client.delete(f"/api/teams/{close}")
    joined = await _accept(house, token)
    assert (joined.status_code, joined.json()["team_ids"]) == (201, [keep])
    for team in (close, foreign, str(new_id())):
        answer = await _invite(client, team_ids=[keep, team])
        assert (answer.status_code, answer.json()["code"]) == (404, "workspaces.no_such_team")
    team = next(row for row in (await client.get("/api/teams")).json()["items"] if row["id"] == keep)
    assert team["member_ids"] == [joined.json()["id"]]


async def test_a_new_person_is_who_she_says_in_the_language_she_chose(house: Running) -> None:
    _, client = await member_client(house)
    address = f"Lin.{_address()}"
    token = _token(await _invite(client, address))
    joined = await _accept(
        house, token, name="  林晚晴 ", language="en", role="owner", email="x@evil.example"
    )
    me = joined.json()
    assert (me["name"], me["language"], me["email"], me["role"]) == ("林晚晴", "en", address, "agent")
    guest = await house.client()
    body = {"email": address.lower(), "password": NEW["password"]}
    assert (await guest.post("/api/session", json=body)).json()["id"] == me["id"]
    member = (await client.get(f"/api/members/{me['id']}")).json()
    assert (member["name"], member["email"]) == ("林晚晴", address)
    log = (await client.get("/api/audit")).json()["items"]
    join = next(row for row in log if row["action"] == "member.join")
    assert (join["actor_id"], join["subject_id"], join["detail"]) == (
        me["id"],
        me["id"],
        {"v": 1, "role": "agent"},
    )


async def test_a_known_person_keeps_password_and_language_and_gains_a_workspace(house: Running) -> None:
    _, client = await member_client(house)
    known = await make_person(house.db, await make_workspace(house.db, "老店"))
    token = _token(await _invite(client, known.email.upper()))
    wrong = await _accept(house, token, language="zh-CN")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "workspaces.wrong_known_password")
    assert "set-cookie" not in wrong.headers
    joined = await _accept(house, token, password=PASSWORD, language="zh-CN", name="晚晴")
    assert (joined.status_code, joined.json()["language"]) == (201, "en")
    assert {choice["name"] for choice in joined.json()["workspaces"]} == {"茶铺", "老店"}
    # Her name elsewhere is hers to keep.
    elsewhere = await sign_in(house, known)
    assert (await elsewhere.get("/api/me")).json()["name"] == known.name


async def test_who_is_a_member_by_now_does_not_use_the_link_up(house: Running) -> None:
    owner, client = await member_client(house)
    outside = await make_person(house.db, await make_workspace(house.db))
    token = _token(await _invite(client, outside.email))
    inside = await make_person(house.db, owner.workspace_id, "agent", user=outside)
    answer = await _accept(house, token, password=PASSWORD, name="又来")
    assert (answer.status_code, answer.json()["code"]) == (409, "workspaces.already_member")
    assert [row["state"] for row in (await client.get(LIST)).json()["items"]] == ["open"]
    assert (await client.get(f"/api/members/{inside.id}")).json()["name"] == inside.name


async def test_a_disabled_person_cannot_come_in_by_a_link(house: Running) -> None:
    _, client = await member_client(house)
    known = await make_person(house.db, await make_workspace(house.db))
    token = _token(await _invite(client, known.email))
    async with house.db.system_tx() as tx:
        await tx.run(text("update users set disabled_at = now() where id = :id"), {"id": known.user_id})
    answer = await _accept(house, token, password=PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (401, "workspaces.wrong_known_password")


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"password": "nine char"}, "password"),
        ({"password": ""}, "password"),
        ({"password": "x" * 257}, "password"),
        ({"name": ""}, "name"),
        ({"name": "长" * 101}, "name"),
        ({"language": "fr"}, "language"),
        ({"language": None}, "language"),
    ],
)
async def test_a_form_that_does_not_do_leaves_the_link_open(
    house: Running, offered: tuple[Person, str], form: dict[str, Any], field: str
) -> None:
    owner, token = offered
    answer = await _accept(house, token, **form)
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert (await (await house.client()).get(f"/api/invitations/{token}")).status_code == 200
    assert await actions(house, owner.workspace_id) == ["session.open", "invitation.create"]


@pytest.fixture(scope="module")
async def offered(house: Running) -> tuple[Person, str]:
    """An invitation that no test uses up, and who made it."""
    owner, client = await member_client(house)
    return owner, _token(await _invite(client))


async def test_a_foreign_page_cannot_accept_for_its_visitor(
    house: Running, offered: tuple[Person, str]
) -> None:
    guest = await house.client()
    path = f"/api/invitations/{offered[1]}/acceptance"
    answer = await guest.post(path, json=NEW, headers={"origin": "https://evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.foreign_origin")
    assert (await guest.get(f"/api/invitations/{offered[1]}")).status_code == 200
