"""Who may make whom what, and what a change of a member does, from the door."""

import asyncio
from typing import Any

import httpx2
import pytest

from kezhan.kit.ids import new_id
from kezhan.kit.paging import encode_cursor
from kezhan.testing import Running
from kezhan.workspaces.events import PeopleChanged
from kezhan.workspaces.permissions import Role
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    actions,
    heard,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)

_ABOVE, _LAST, _SELF = "workspaces.above_own_role", "workspaces.last_owner", "workspaces.not_yourself"
_NOT_MINE = "workspaces.not_permitted"


async def _make(client: httpx2.AsyncClient, member: Any, role: str) -> str:
    """Give `member` this role: "done", or the code of the refusal."""
    answer = await client.patch(f"/api/members/{member.id}", json={"role": role})
    if answer.status_code == 200:
        assert answer.json()["role"] == role
        return "done"
    return str(answer.json()["code"])


@pytest.mark.parametrize(
    ("actor", "target", "outcomes"),
    [
        ("owner", "owner", {"admin": "done", "owner": "done", "auditor": "done"}),
        ("owner", "agent", {"owner": "done", "inspector": "done"}),
        ("admin", "owner", dict.fromkeys(Role, _ABOVE) | {"owner": _ABOVE}),
        ("admin", "admin", {"owner": _ABOVE, "agent": "done", "admin": "done", "supervisor": "done"}),
        ("admin", "supervisor", {"inspector": "done", "owner": _ABOVE, "auditor": "done"}),
        ("admin", "agent", {"admin": "done", "owner": _ABOVE}),
        ("supervisor", "agent", {"agent": _NOT_MINE, "supervisor": _NOT_MINE, "inspector": _NOT_MINE}),
        ("agent", "auditor", {"agent": _NOT_MINE}),
        ("inspector", "agent", {"inspector": _NOT_MINE}),
        ("auditor", "agent", {"auditor": _NOT_MINE}),
    ],
)
async def test_who_may_make_whom_what(
    house: Running, actor: str, target: str, outcomes: dict[str, str]
) -> None:
    owner = await make_person(house.db, await make_workspace(house.db), "owner")
    _, client = await member_client(house, actor, owner.workspace_id)
    member = await make_person(house.db, owner.workspace_id, target)
    assert {role: await _make(client, member, role) for role in outcomes} == outcomes


@pytest.mark.parametrize(
    ("role", "wanted", "outcome"),
    [
        ("admin", "owner", _ABOVE),
        ("admin", "agent", "done"),
        ("supervisor", "admin", _NOT_MINE),
        ("agent", "owner", _NOT_MINE),
        ("auditor", "admin", _NOT_MINE),
    ],
)
async def test_nobody_raises_herself(house: Running, role: str, wanted: str, outcome: str) -> None:
    person, client = await member_client(house, role)
    assert await _make(client, person, wanted) == outcome
    # The page about herself takes no role at all.
    answer = await client.patch("/api/me", json={"role": "owner", "permissions": ["workspace.own"]})
    assert answer.status_code == 200
    assert answer.json()["role"] == (wanted if outcome == "done" else role)


async def test_a_new_role_counts_at_once_and_brings_her_sockets_back(house: Running) -> None:
    owner, client = await member_client(house)
    person, theirs = await member_client(house, "admin", owner.workspace_id)
    assert (await theirs.get("/api/tokens")).status_code == 200
    with heard(house.db, owner.workspace_id) as told:
        for _ in range(2):
            assert await _make(client, person, "agent") == "done"
    assert [(type(event), topics) for event, topics in told] == [(PeopleChanged, (f"member:{person.id}",))]
    assert (await theirs.get("/api/tokens")).json()["code"] == _NOT_MINE
    me = (await theirs.get("/api/me")).json()
    assert me["role"] == "agent" and "token.manage" not in me["permissions"]


async def test_one_edit_is_one_line_that_names_fields_and_not_names(house: Running) -> None:
    owner, client = await member_client(house)
    person = await make_person(house.db, owner.workspace_id, name="林晚晴")
    edits: list[dict[str, Any]] = [
        {"name": " 周小满 ", "role": "supervisor"},
        {"name": "周小满"},
        {"role": "supervisor"},
        {},
        {"name": "沈"},
    ]
    for edit in edits:
        answer = await client.patch(f"/api/members/{person.id}", json=edit)
        assert answer.status_code == 200 and answer.json()["role"] == "supervisor"
    assert answer.json()["name"] == "沈"
    log = (await client.get("/api/audit")).json()["items"]
    assert [row["detail"] for row in log if row["action"] == "member.edit"] == [
        {"v": 1, "fields": ["name"]},
        {"v": 1, "fields": ["name", "role"], "role": "supervisor", "role_before": "agent"},
    ]


@pytest.mark.parametrize(
    ("role", "target", "code"),
    [
        ("owner", "self", _LAST),
        ("admin", "self", _SELF),
        ("admin", "owner", _ABOVE),
        ("supervisor", "agent", _NOT_MINE),
        ("agent", "self", _NOT_MINE),
    ],
)
async def test_who_may_not_archive_whom(house: Running, role: str, target: str, code: str) -> None:
    person, client = await member_client(house, role)
    if target != "self":
        person = await make_person(house.db, person.workspace_id, target)
    answer = await client.delete(f"/api/members/{person.id}")
    assert answer.json()["code"] == code and answer.status_code in {403, 409}
    member = (await client.get(f"/api/members/{person.id}")).json()
    assert member["archived_at"] is None
    assert (await client.get("/api/me")).status_code == 200


@pytest.mark.parametrize("act", ["archive each other", "step down"])
async def test_two_owners_at_the_same_moment_leave_one(house: Running, act: str) -> None:
    first, one = await member_client(house)
    second, two = await member_client(house, "owner", first.workspace_id)
    if act == "step down":
        work = [
            client.patch(f"/api/members/{person.id}", json={"role": "admin"})
            for person, client in ((first, one), (second, two))
        ]
    else:
        work = [one.delete(f"/api/members/{second.id}"), two.delete(f"/api/members/{first.id}")]
    answers = await asyncio.gather(*work)
    good = [answer for answer in answers if answer.status_code in {200, 204}]
    assert len(good) == 1, [answer.text for answer in answers]
    async with house.db.tx(first.workspace_id) as tx:
        owners = await tx.conn.exec_driver_sql(
            "select count(*) from memberships where role = 'owner' and archived_at is null"
        )
        assert owners.scalar_one() == 1


async def test_the_archived_are_listed_apart_and_found_by_id(house: Running) -> None:
    owner, client = await member_client(house)
    gone = await make_person(house.db, owner.workspace_id, name="离开的人")
    await client.delete(f"/api/members/{gone.id}")
    active = (await client.get("/api/members", params={"archived": "false"})).json()
    archived = (await client.get("/api/members", params={"archived": "true"})).json()
    assert [row["id"] for row in active["items"]] == [str(owner.id)]
    assert [row["id"] for row in archived["items"]] == [str(gone.id)]
    found = (await client.get(f"/api/members/{gone.id}")).json()
    assert found == archived["items"][0] and found["archived_at"].endswith("Z")
    assert found.keys() == {
        *("id", "name", "email", "role", "role_name", "team_ids", "created_at", "archived_at"),
    }
    for edit in ({"name": "回来"}, {"role": "admin"}):
        assert (await client.patch(f"/api/members/{gone.id}", json=edit)).status_code == 404
    assert (await client.get(f"/api/members/{new_id()}")).status_code == 404


async def test_who_comes_back_gets_neither_old_sessions_nor_old_tokens(house: Running) -> None:
    owner, client = await member_client(house)
    person, theirs = await member_client(house, "admin", owner.workspace_id)
    body = {"name": "旧接口", "scopes": ["member.read"]}
    secret = (await theirs.post("/api/tokens", json=body)).json()["secret"]
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {secret}"
    assert (await machine.get("/api/members")).status_code == 200
    assert (await client.delete(f"/api/members/{person.id}")).status_code == 204
    assert (await machine.get("/api/members")).status_code == 401
    invited = await client.post(
        "/api/workspace/invitations", json={"email": person.email.upper(), "role": "agent"}
    )
    link = invited.json()["link"].partition("token=")[2]
    guest = await house.client()
    back = await guest.post(
        f"/api/invitations/{link}/acceptance", json={"name": "归来", "password": PASSWORD}
    )
    assert (back.status_code, back.json()["id"], back.json()["role"]) == (201, str(person.id), "agent")
    assert (await theirs.get("/api/me")).status_code == 401
    assert (await machine.get("/api/members")).status_code == 401
    members = (await client.get("/api/members")).json()["items"]
    assert "归来" in {row["name"] for row in members} and len(members) == 2


async def test_the_list_gives_pages_of_any_size_asked_within_bounds(house: Running) -> None:
    owner, client = await member_client(house)
    for number in range(4):
        await make_person(house.db, owner.workspace_id, name=f"同名{number // 2}")
    everybody = [row["id"] for row in (await client.get("/api/members")).json()["items"]]
    assert len(set(everybody)) == 5
    for asked, given in ((-7, 1), (0, 1), (1, 1), (2, 2), (5, 5), (10**9, 5)):
        page = (await client.get("/api/members", params={"limit": asked})).json()
        assert [row["id"] for row in page["items"]] == everybody[:given]
        assert (page["next"] is None) is (given == 5)
    # A page begins behind its cursor, be the row that gave it gone or not.
    after = encode_cursor("~~~", new_id())
    assert (await client.get("/api/members", params={"after": after})).json() == {"items": [], "next": None}


async def test_agents_see_their_colleagues_but_not_those_of_other_workspaces(house: Running) -> None:
    owner, _ = await member_client(house)
    agent = await make_person(house.db, owner.workspace_id)
    stranger = await make_person(house.db, await make_workspace(house.db), "owner")
    client = await sign_in(house, agent)
    shown = (await client.get("/api/members")).json()["items"]
    assert {row["id"] for row in shown} == {str(owner.id), str(agent.id)}
    assert (await client.get(f"/api/members/{owner.id}")).json()["email"] == owner.email
    assert (await client.get(f"/api/members/{stranger.id}")).status_code == 404
    assert "member.edit" not in await actions(house, owner.workspace_id)
