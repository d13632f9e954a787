"""The caller herself and her workspace's settings, from the door."""

from typing import Any

import httpx2
import pytest

from kezhan.testing import Running
from kezhan.workspaces.credentials import store
from kezhan.workspaces.passwords import verify_password
from kezhan.workspaces.permissions import Role, permissions_of
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    actions,
    heard,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


@pytest.mark.parametrize("role", list(Role))
async def test_me_says_who_where_and_what_she_may(house: Running, role: Role) -> None:
    person, client = await member_client(house, role)
    me = (await client.get("/api/me")).json()
    assert me.keys() == {
        *("id", "user_id", "session_id", "name", "email", "role", "role_name", "language", "permissions"),
        *("team_ids", "workspace", "workspaces", "csrf"),
        *("method", "factor_due", "factor_needed", "idle_minutes"),
    }
    assert (me["id"], me["user_id"], me["name"]) == (str(person.id), str(person.user_id), person.name)
    assert (me["email"], me["role"], me["language"]) == (person.email, role, "en")
    assert me["permissions"] == sorted(permissions_of(role)) and me["team_ids"] == []
    assert me["csrf"] == client.headers["x-kezhan-csrf"]
    space = {
        "id": str(person.workspace_id),
        "name": "茶铺",
        "language": "zh-CN",
        "demo": False,
        "show_supervisors": True,
        "watermark": [],
        "accent": None,
        "tints": None,
        "logo": None,
    }
    assert me["workspace"] == {**space, "time_zone": "Asia/Shanghai"}
    assert me["workspaces"] == [{"id": str(person.workspace_id), "name": "茶铺"}]
    assert (await client.get("/api/workspace")).json() == me["workspace"]


async def test_a_name_is_of_one_workspace_and_a_language_of_the_person(house: Running) -> None:
    here, client = await member_client(house, "agent")
    there = await make_person(house.db, await make_workspace(house.db), user=here)
    other = await sign_in(house, there)
    changed = await client.patch("/api/me", json={"name": "  新名字　", "language": "zh-CN"})
    assert (changed.json()["name"], changed.json()["language"]) == ("新名字", "zh-CN")
    elsewhere = (await other.get("/api/me")).json()
    assert (elsewhere["name"], elsewhere["language"]) == (there.name, "zh-CN")
    assert await actions(house, there.workspace_id) == ["session.open"]


async def test_a_colleague_sees_the_new_name_where_it_now_sorts(house: Running) -> None:
    owner, client = await member_client(house)
    await make_person(house.db, owner.workspace_id, name="李四")
    assert (await client.patch("/api/me", json={"name": "赵一"})).status_code == 200
    assert [row["name"] for row in (await client.get("/api/members")).json()["items"]] == ["李四", "赵一"]
    assert (await client.patch("/api/me", json={"name": "阿一"})).status_code == 200
    assert [row["name"] for row in (await client.get("/api/members")).json()["items"]] == ["阿一", "李四"]


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"email": "x@evil.example", "id": "1", "user_id": "1", "workspace_id": "1"},
        {"role": "owner", "permissions": ["workspace.own"], "team_ids": ["x"]},
        {"password": "a new good password", "password_hash": "x"},
    ],
)
async def test_me_takes_name_and_language_and_nothing_else(house: Running, form: dict[str, Any]) -> None:
    person, client = await member_client(house, "agent")
    before = (await client.get("/api/me")).json()
    answer = await client.patch("/api/me", json=form)
    assert answer.status_code == 200 and answer.json() == before
    assert await actions(house, person.workspace_id) == ["session.open"]


@pytest.mark.parametrize(
    ("form", "status", "field"),
    [
        ({"old": PASSWORD, "new": "nine char"}, 400, "new"),
        ({"old": PASSWORD, "new": "x" * 257}, 400, "new"),
        ({"old": "", "new": "a good new password"}, 400, "old"),
        ({"old": "x" * 257, "new": "a good new password"}, 400, "old"),
        ({"old": None, "new": "a good new password"}, 400, "old"),
    ],
)
async def test_a_password_that_does_not_do_changes_nothing(
    house: Running, form: dict[str, Any], status: int, field: str
) -> None:
    person, client = await member_client(house)
    answer = await client.put("/api/me/password", json=form)
    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert form["new"] not in answer.text and PASSWORD not in answer.text
    assert await actions(house, person.workspace_id) == ["session.open"]


async def test_a_new_password_of_ten_chinese_characters_does_and_is_kept_as_a_slow_hash(
    house: Running, slow_hashes: None
) -> None:
    person, client = await member_client(house)
    new = "春江潮水连海平海上明"
    answer = await client.put("/api/me/password", json={"old": PASSWORD, "new": new})
    assert answer.status_code == 204 and answer.content == b""
    async with house.db.system_tx() as tx:
        stored = await store.user_by_email(tx, person.email)
    assert stored is not None and stored.password_hash.startswith("$argon2id$v=19$m=65536,")
    assert (await verify_password(new, stored.password_hash)).matches
    assert await actions(house, person.workspace_id) == ["session.open", "member.change_password"]


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("owner", 200),
        ("admin", 200),
        ("supervisor", 403),
        ("agent", 403),
        ("inspector", 403),
        ("auditor", 403),
    ],
)
async def test_everybody_sees_the_workspace_and_owners_and_admins_change_it(
    house: Running, role: str, status: int
) -> None:
    person, client = await member_client(house, role)
    answer = await client.patch("/api/workspace", json={"name": "新茶铺"})
    assert answer.status_code == status
    shown = (await client.get("/api/workspace")).json()
    assert (shown["id"], shown["name"]) == (
        str(person.workspace_id),
        "新茶铺" if status == 200 else "茶铺",
    )


async def test_each_change_of_the_workspace_is_one_line_with_the_fields_that_changed(house: Running) -> None:
    owner, client = await member_client(house)
    for form in (
        {"name": " 山间 ", "language": "en", "time_zone": "Asia/Shanghai"},
        {"name": "山间", "language": "en"},
        {},
        {"demo": True, "id": "x", "archived_at": "2026-01-01T00:00:00Z"},
        {"time_zone": " Europe/Berlin "},
    ):
        assert (await client.patch("/api/workspace", json=form)).status_code == 200, form
    assert (await client.get("/api/workspace")).json() == {
        "id": str(owner.workspace_id),
        "name": "山间",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "demo": False,
        "show_supervisors": True,
        "watermark": [],
        "accent": None,
        "tints": None,
        "logo": None,
    }
    log = (await client.get("/api/audit")).json()["items"]
    assert [row["detail"]["fields"] for row in log if row["action"] == "workspace.edit"] == [
        ["time_zone"],
        ["language", "name"],
    ]


@pytest.fixture(scope="module")
async def manager(house: Running) -> httpx2.AsyncClient:
    return (await member_client(house, "admin"))[1]


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/Argentina/Ushuaia", "Etc/GMT+8", "PRC"])
async def test_time_zones_that_exist(manager: httpx2.AsyncClient, zone: str) -> None:
    answer = await manager.patch("/api/workspace", json={"time_zone": zone})
    assert (answer.status_code, answer.json()["time_zone"]) == (200, zone)


@pytest.mark.parametrize(
    "zone",
    [
        *("Mars/Base", "+08:00", "GMT+8 ", "北京", "Asia/", "Asia", "asia/shanghai", "a" * 64),
        # Not places: what this machine is set to, and files that lie beside the zones.
        *(
            "localtime",
            "posixrules",
            "Factory",
            "right/UTC",
            "posix/UTC",
            "zone.tab",
            "tzdata.zi",
            "leapseconds",
        ),
        *("../Asia/Shanghai", "Asia/../UTC", "/usr/share/zoneinfo/UTC", ".", "", "Asia/Shanghai\u0000"),
    ],
)
async def test_time_zones_that_do_not(manager: httpx2.AsyncClient, zone: str) -> None:
    answer = await manager.patch("/api/workspace", json={"time_zone": zone})
    assert (answer.status_code, answer.json()["code"]) == (400, "workspaces.bad_time_zone")
    assert answer.json()["field"] == "time_zone"


async def test_a_name_given_by_an_admin_and_one_given_by_herself_are_the_same_act(house: Running) -> None:
    owner, client = await member_client(house)
    agent, theirs = await member_client(house, "agent", owner.workspace_id)
    with heard(house.db, owner.workspace_id) as told:
        await theirs.patch("/api/me", json={"name": "自取"})
        await client.patch(f"/api/members/{agent.id}", json={"name": "代取"})
    assert len(told) == 2
    log = (await client.get("/api/audit", params={"limit": 2})).json()["items"]
    assert {row["subject_id"] for row in log} == {str(agent.id)}
    assert [(row["action"], row["actor_id"]) for row in log] == [
        ("member.edit", str(owner.id)),
        ("member.edit", str(agent.id)),
    ]


async def test_whose_screens_carry_a_watermark_is_kept_as_roles_each_once(house: Running) -> None:
    _, client = await member_client(house, "owner")
    for _ in range(2):
        edit = {"watermark": ["supervisor", "agent", "agent"]}
        answer = await client.patch("/api/workspace", json=edit)
        assert answer.json()["watermark"] == ["agent", "supervisor"]
    assert (await client.get("/api/me")).json()["workspace"]["watermark"] == ["agent", "supervisor"]
    log = (await client.get("/api/audit")).json()["items"]
    assert [row["detail"]["fields"] for row in log if row["action"] == "workspace.edit"] == [["watermark"]]
    assert (await client.patch("/api/workspace", json={"watermark": ["nobody"]})).status_code == 400
