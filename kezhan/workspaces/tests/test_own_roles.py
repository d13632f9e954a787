"""Roles of a workspace's own: who makes which, whom a change reaches and when, what becomes of their
members."""

from typing import Any

import pytest

from kezhan.files.tests.factories import make_workspace
from kezhan.files.tests.factories import sign_in as sit_down
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import actions, make_person, member_client, sign_in

SERVES = ["conversation.reply", "conversation.read_team", "contact.read"]
WHOLE = sorted([*SERVES, "conversation.read", "member.read"])


@pytest.fixture(scope="module")
async def shop(house: Running) -> Any:
    owner, client = await member_client(house)
    admin = await sign_in(house, await make_person(house.db, owner.workspace_id, "admin"))
    return owner, client, admin


async def _made(client: Any, name: str, permissions: list[str] | None = None) -> dict[str, Any]:
    made = await client.post("/api/roles", json={"name": name, "permissions": permissions or SERVES})
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


async def test_a_role_is_made_seen_changed_and_given(house: Running, shop: Any) -> None:
    owner, _, admin = shop
    role = await _made(admin, " 售后 ")
    assert (role["name"], role["ready"], role["permissions"], role["held"]) == ("售后", False, WHOLE, 0)
    path, lin = f"/api/roles/{role['key']}", await make_person(house.db, owner.workspace_id, name="林")
    given = await admin.patch(f"/api/members/{lin.id}", json={"role": role["key"]})
    assert (given.json()["role"], given.json()["role_name"]) == (role["key"], "售后")
    hers = await sign_in(house, lin)
    me = (await hers.get("/api/me")).json()
    assert (me["permissions"], me["role_name"]) == (WHOLE, "售后")
    every = (await hers.get("/api/roles")).json()
    seen = {one["key"]: one for one in every["items"]}
    assert seen[role["key"]]["holders"] == [{"id": str(lin.id), "name": "林"}]
    assert seen["owner"]["ready"] and not seen["owner"]["yours"] and seen[role["key"]]["yours"]
    assert (
        sorted(right for area in every["areas"] for right in area["permissions"])
        == seen["owner"]["permissions"]
    )
    for _ in range(2):  # the same again is the same
        edit = {"version": 1, "note": "只接售后", "permissions": [*SERVES, "contact.write"]}
        changed = await admin.patch(path, json=edit)
        assert (changed.status_code, changed.json()["version"]) == (200, 2), changed.text
    assert "contact.write" in (await hers.get("/api/me")).json()["permissions"]
    late = await admin.patch(path, json={"version": 1, "name": "别的"})
    assert (late.status_code, late.json()["code"]) == (409, "workspaces.role_changed")
    again = await admin.post("/api/roles", json={"name": "售后　", "permissions": []})
    assert (again.status_code, again.json()["field"]) == (409, "name")
    assert (await actions(house, owner.workspace_id)).count("role.edit") == 1


async def test_nobody_gives_changes_or_takes_more_than_she_has(house: Running, shop: Any) -> None:
    owner, client, admin = shop
    low = await _made(client, "管角色", ["role.manage", "member.manage", "contact.read"])
    high = await _made(client, "高", ["audit.read"])
    her = await make_person(house.db, owner.workspace_id)
    await client.patch(f"/api/members/{her.id}", json={"role": low["key"]})
    hers = await sign_in(house, her)
    path = f"/api/roles/{high['key']}"
    for method, where, body in (
        ("POST", "/api/roles", {"name": "偷", "permissions": ["audit.read"]}),
        ("PATCH", path, {"version": 1, "name": "偷"}),
        ("POST", f"{path}/removal", {"replacement": low["key"]}),
        ("POST", f"/api/roles/{low['key']}/removal", {"replacement": high["key"]}),
        ("PATCH", f"/api/members/{her.id}", {"role": high["key"]}),
        ("POST", "/api/workspace/invitations", {"email": "x@example.com", "role": high["key"]}),
    ):
        answer = await hers.request(method, where, json=body)
        assert answer.status_code == 403, (where, answer.text)
    for one in (client, admin):  # what is the owner's stays with owners
        answer = await one.post("/api/roles", json={"name": "主", "permissions": ["workspace.own"]})
        assert answer.json()["code"] == "workspaces.right_above_own"
    for key in ("owner", "boss", str(new_id()), "x.y"):
        body = {"email": "x@example.com", "role": key}
        answer = await admin.post("/api/workspace/invitations", json=body)
        assert answer.status_code in {400, 403}, answer.text
    agent = await sign_in(house, await make_person(house.db, owner.workspace_id))
    assert (await agent.post("/api/roles", json={"name": "x", "permissions": []})).status_code == 403
    assert (await client.patch(f"/api/members/{owner.id}", json={"role": low["key"]})).status_code == 409


async def test_a_change_reaches_sockets_and_programs_at_once(house: Running, shop: Any) -> None:
    owner, client, _ = shop
    role = await _made(client, "短命", [*SERVES, "token.manage"])
    her = await make_person(house.db, owner.workspace_id)
    await client.patch(f"/api/members/{her.id}", json={"role": role["key"]})
    hers = await sign_in(house, her)
    body = {"name": "接口", "scopes": ["contact.read", "member.read"]}
    program = await house.client()
    program.headers["authorization"] = (
        f"Bearer {(await hers.post('/api/tokens', json=body)).json()['secret']}"
    )
    assert (await program.get("/api/contacts")).status_code == 200
    assert (await hers.get("/api/contacts")).status_code == 200
    path = f"/api/roles/{role['key']}"
    changed = await client.patch(path, json={"version": 1, "permissions": ["token.manage"]})
    assert changed.status_code == 200, changed.text
    assert (await program.get("/api/contacts")).status_code == 403
    assert (await hers.get("/api/contacts")).status_code == 403
    invited = await client.post(
        "/api/workspace/invitations", json={"email": "later@example.com", "role": role["key"]}
    )
    for status in (204, 404):  # it is gone the second time
        gone = await client.post(f"{path}/removal", json={"replacement": "agent"})
        assert gone.status_code == status, gone.text
    me = (await hers.get("/api/me")).json()
    assert me["role"] == "agent" and "conversation.reply" in me["permissions"]
    offer = await client.get(f"/api/invitations/{invited.json()['link'].partition('token=')[2]}")
    assert (offer.json()["role"], offer.json()["role_name"]) == ("agent", "")


async def test_fields_name_own_roles_and_their_replacement(house: Running) -> None:
    workspace_id = await make_workspace(house.db)
    boss = await sit_down(house, workspace_id, "owner")
    role = await _made(boss.client, "财务", ["contact.read"])
    field = {"id": "f", "kind": "text", "label": "账期", "reads": [role["key"]]}
    put = {"version": 0, "fields": [field]}
    assert (await boss.client.put("/api/fields/contact", json=put)).status_code == 200
    unknown = {"version": 1, "fields": [{**field, "reads": [str(new_id())]}]}
    refused = await boss.client.put("/api/fields/contact", json=unknown)
    assert refused.json()["code"] == "fields.no_such_role"
    await boss.client.post(f"/api/roles/{role['key']}/removal", json={"replacement": "inspector"})
    kept = (await boss.client.get("/api/fields/contact")).json()
    assert (kept["version"], kept["fields"][0]["reads"]) == (2, ["inspector"])
