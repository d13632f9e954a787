"""API tokens: what each scope opens, how long, and that the secret is known to its holder alone."""

import re
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.app import routes
from kezhan.kit.http import Guard
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.permissions import ROLES, Permission, Role
from kezhan.workspaces.tests.factories import actions, make_person, make_workspace, member_client, sign_in

# What each route asks for: a permission, a person ("signed in"), or nothing ("public").
_ASKS = {
    "POST /api/setup": "public",
    "POST /api/session": "public",
    "DELETE /api/session": "signed in",
    "POST /api/session/workspace": "signed in",
    "GET /api/sessions": "signed in",
    "DELETE /api/sessions/{session_id}": "signed in",
    "DELETE /api/sessions/others": "signed in",
    "POST /api/session/second": "public",
    "POST /api/session/passkey-options": "public",
    "POST /api/session/passkey": "public",
    "POST /api/session/activity": "signed in",
    "GET /api/me/factors": "signed in",
    "PUT /api/me/proof": "signed in",
    "POST /api/me/totp": "signed in",
    "PUT /api/me/totp": "signed in",
    "DELETE /api/me/totp": "signed in",
    "POST /api/me/passkey-options": "signed in",
    "POST /api/me/passkeys": "signed in",
    "DELETE /api/me/passkeys/{passkey_id}": "signed in",
    "POST /api/me/recovery-codes": "signed in",
    "DELETE /api/members/{member_id}/factors": Permission.MEMBER_MANAGE,
    "GET /api/members/{member_id}/access": Permission.MEMBER_MANAGE,
    "DELETE /api/members/{member_id}/sessions/{session_id}": Permission.MEMBER_MANAGE,
    "GET /api/workspace/access": Permission.WORKSPACE_MANAGE,
    "GET /api/workspace/single-sign-on": Permission.WORKSPACE_OWN,
    "PUT /api/workspace/single-sign-on": Permission.WORKSPACE_OWN,
    "DELETE /api/workspace/single-sign-on": Permission.WORKSPACE_OWN,
    "GET /api/workspace/provisioning": Permission.WORKSPACE_OWN,
    "PUT /api/workspace/provisioning": Permission.WORKSPACE_OWN,
    "POST /api/workspace/provisioning/tokens": Permission.WORKSPACE_OWN,
    "DELETE /api/workspace/provisioning/tokens/{provisioning_token_id}": Permission.WORKSPACE_OWN,
    "POST /api/single-sign-on/offers": "public",
    "GET /api/single-sign-on/{workspace_id}": "public",
    "GET /api/single-sign-on/callback": "public",
    "GET /api/single-sign-on/{workspace_id}/saml/metadata": "public",
    "POST /api/single-sign-on/{workspace_id}/saml": "public",
    "GET /api/single-sign-on/saml": "public",
    "PATCH /api/workspace/access": Permission.WORKSPACE_MANAGE,
    "GET /api/me": "signed in",
    "PATCH /api/me": "signed in",
    "PUT /api/me/password": "signed in",
    "GET /api/workspace": "signed in",
    "PATCH /api/workspace": Permission.WORKSPACE_MANAGE,
    "GET /api/workspace/tints": "signed in",
    "GET /api/members": Permission.MEMBER_READ,
    "GET /api/members/{member_id}": Permission.MEMBER_READ,
    "PATCH /api/members/{member_id}": Permission.MEMBER_MANAGE,
    "DELETE /api/members/{member_id}": Permission.MEMBER_MANAGE,
    "DELETE /api/members/{member_id}/sessions": Permission.MEMBER_MANAGE,
    "POST /api/workspace/invitations": Permission.MEMBER_MANAGE,
    "GET /api/workspace/invitations": Permission.MEMBER_MANAGE,
    "DELETE /api/workspace/invitations/{invitation_id}": Permission.MEMBER_MANAGE,
    "GET /api/invitations/{token}": "public",
    "POST /api/invitations/{token}/acceptance": "public",
    "GET /api/roles": Permission.MEMBER_READ,
    "POST /api/roles": Permission.ROLE_MANAGE,
    "PATCH /api/roles/{role_id}": Permission.ROLE_MANAGE,
    "POST /api/roles/{role_id}/removal": Permission.ROLE_MANAGE,
    "GET /api/masking": Permission.PRIVACY_MANAGE,
    "PUT /api/masking": Permission.PRIVACY_MANAGE,
    "GET /api/teams": Permission.MEMBER_READ,
    "POST /api/teams": Permission.TEAM_MANAGE,
    "PATCH /api/teams/{team_id}": Permission.TEAM_MANAGE,
    "DELETE /api/teams/{team_id}": Permission.TEAM_MANAGE,
    "PUT /api/teams/{team_id}/members": Permission.TEAM_MANAGE,
    "GET /api/tokens": Permission.TOKEN_MANAGE,
    "POST /api/tokens": Permission.TOKEN_MANAGE,
    "PATCH /api/tokens/{token_id}": Permission.TOKEN_MANAGE,
    "DELETE /api/tokens/{token_id}": Permission.TOKEN_MANAGE,
    "GET /api/audit": Permission.AUDIT_READ,
    "GET /api/audit-head": Permission.AUDIT_READ,
    "POST /api/audit-checks": Permission.AUDIT_READ,
    "GET /api/audit-settings": Permission.AUDIT_READ,
    "PUT /api/audit-settings": Permission.WORKSPACE_MANAGE,
    "GET /api/audit-exports": Permission.AUDIT_EXPORT,
    "POST /api/audit-exports": Permission.AUDIT_EXPORT,
    "PUT /api/audit-exports/{export_id}/cancellation": Permission.AUDIT_EXPORT,
    "DELETE /api/audit-exports/{export_id}": Permission.AUDIT_EXPORT,
    "GET /api/audit-exports/{export_id}/file": Permission.AUDIT_EXPORT,
}


def _declared() -> dict[str, str]:
    found = {}
    for route in routes():
        if not str(route.operation_id).startswith(("workspaces_", "audit_")):
            continue
        (guard,) = list(route.guards or [])
        assert isinstance(guard, Guard)
        for path in route.paths:
            for method in route.http_methods - {"OPTIONS"}:
                found[f"{method} {re.sub(r':[a-z]+}', '}', path)}"] = guard.name
    return found


def test_every_route_asks_for_what_is_agreed() -> None:
    declared = _declared()
    assert declared.keys() == _ASKS.keys()
    for route, guard in declared.items():
        asked = _ASKS[route]
        named = f"needs: {asked}" if isinstance(asked, Permission) else asked
        assert guard == named or guard.startswith(f"{named}:"), route


async def _machine(
    house: Running, client: httpx2.AsyncClient, *scopes: str, **more: Any
) -> httpx2.AsyncClient:
    """A program with a new token of these scopes, made by `client`; the token's id is in `params`."""
    made = await client.post("/api/tokens", json={"name": "接口", "scopes": list(scopes), **more})
    assert made.status_code == 201, made.text
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {made.json()['secret']}"
    machine.headers["x-token-id"] = made.json()["token"]["id"]
    return machine


_ASKED = sorted({ask for ask in _ASKS.values() if isinstance(ask, Permission)})


@pytest.mark.parametrize("scope", [*_ASKED, Permission.WORKSPACE_OWN, Permission.CONVERSATION_READ_ALL])
async def test_a_scope_opens_its_own_routes_and_no_other(
    house: Running, maker: httpx2.AsyncClient, scope: Permission
) -> None:
    machine = await _machine(house, maker, scope)
    for route, asked in _ASKS.items():
        if asked == "public":
            continue
        method, path = route.split()
        body: Any = [] if method in {"POST", "PUT", "PATCH"} else None
        answer = await machine.request(method, re.sub(r"{\w+}", str(new_id()), path), json=body)
        if asked == scope:
            # Past the guard: an answer, nothing by this id, nothing to take away, or the body is at fault.
            assert answer.status_code in {200, 204, 400, 404}, (route, answer.text)
        else:
            code = "people_only" if asked == "signed in" else "not_permitted"
            assert (answer.status_code, answer.json()["code"]) == (403, f"workspaces.{code}"), route


@pytest.fixture(scope="module")
async def maker(house: Running) -> httpx2.AsyncClient:
    """An owner who hands out tokens."""
    return (await member_client(house))[1]


async def test_the_secret_is_shown_once(house: Running) -> None:
    owner, client = await member_client(house)
    made = (await client.post("/api/tokens", json={"name": " 报表 ", "scopes": ["audit.read"]})).json()
    assert made["secret"].startswith("kza_") and len(made["secret"]) == 47
    view = made["token"]
    assert (view["name"], view["scopes"], view["created_by"]) == ("报表", ["audit.read"], str(owner.id))
    assert (view["last_used_at"], view["expires_at"], view["revoked_at"]) == (None, None, None)
    assert (await client.get("/api/tokens")).json() == {"items": [view], "next": None}
    async with house.db.tx(owner.workspace_id) as tx:
        for table in ("api_tokens", "audit_log", "outbox"):
            rows = await tx.conn.exec_driver_sql(f"select cast(t as text) from {table} t")  # noqa: S608
            found = [row[0] for row in rows]
            assert found and not any(made["secret"][4:] in row for row in found), table


@pytest.mark.parametrize("role", [Role.OWNER, Role.ADMIN])
async def test_nobody_gives_a_scope_she_lacks(house: Running, role: Role) -> None:
    _, client = await member_client(house, role)
    for permission in (Permission.WORKSPACE_OWN, Permission.WORKSPACE_MANAGE, Permission.FILE_UPLOAD):
        body = {"name": "接口", "scopes": ["member.read", permission]}
        answer = await client.post("/api/tokens", json=body)
        if permission in ROLES[role]:
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.scope_above_own")


async def test_a_token_hands_on_no_more_than_its_own_scopes(
    house: Running, maker: httpx2.AsyncClient
) -> None:
    machine = await _machine(house, maker, "token.manage", "member.read")
    child = await _machine(house, machine, "member.read")
    assert (await child.get("/api/members")).status_code == 200
    for scope in ("team.manage", "workspace.own", "audit.read"):
        answer = await machine.post("/api/tokens", json={"name": "更多", "scopes": [scope]})
        assert answer.json()["code"] == "workspaces.scope_above_own"


async def test_managing_members_by_token_reaches_roles_within_its_scopes(house: Running) -> None:
    owner, client = await member_client(house)
    agent = await make_person(house.db, owner.workspace_id, "agent")
    auditor = await make_person(house.db, owner.workspace_id, "auditor")
    machine = await _machine(house, client, "member.manage", "member.read", "audit.read", "audit.export")
    for answer in (
        await machine.patch(f"/api/members/{agent.id}", json={"name": "改"}),
        await machine.patch(f"/api/members/{auditor.id}", json={"role": "agent"}),
        await machine.delete(f"/api/members/{owner.id}"),
        await machine.delete(f"/api/members/{agent.id}/sessions"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "workspaces.above_own_role")
    assert (await machine.patch(f"/api/members/{auditor.id}", json={"name": "审计"})).status_code == 200
    assert (await machine.delete(f"/api/members/{auditor.id}")).status_code == 204
    log = (await client.get("/api/audit", params={"limit": 1})).json()["items"][0]
    assert (log["action"], log["actor_kind"], log["actor_name"]) == ("member.archive", "token", "接口")
    assert log["actor_id"] == machine.headers["x-token-id"]


async def test_a_token_loses_what_its_maker_loses_and_gets_it_back_with_her(house: Running) -> None:
    owner, client = await member_client(house)
    admin, hers = await member_client(house, "admin", owner.workspace_id)
    machine = await _machine(house, hers, "audit.read", "member.read")
    for role, status in (("agent", 403), ("auditor", 200), ("supervisor", 403), ("admin", 200)):
        await client.patch(f"/api/members/{admin.id}", json={"role": role})
        assert (await machine.get("/api/audit")).status_code == status, role
        assert (await machine.get("/api/members")).status_code == 200


async def test_a_token_ends_by_its_day_or_by_hand_and_is_then_like_none(house: Running) -> None:
    owner, client = await member_client(house)
    kept, lapsing, revoked = [
        await _machine(house, client, "member.read", days=days) for days in (None, 1, 3660)
    ]
    async with house.db.tx(owner.workspace_id) as tx:
        days = await tx.conn.exec_driver_sql(
            "select round(extract(epoch from expires_at - created_at) / 86400) from api_tokens"
            " order by created_at"
        )
        assert [row[0] and int(row[0]) for row in days] == [None, 1, 3660]
        await tx.run(
            text("update api_tokens set expires_at = now() where expires_at < now() + interval '2 days'")
        )
    for _ in range(2):
        gone = await client.delete(f"/api/tokens/{revoked.headers['x-token-id']}")
        assert gone.status_code == 204
    made_up = await house.client()
    made_up.headers["authorization"] = "Bearer kza_made-up"
    answers = [await machine.get("/api/members") for machine in (lapsing, revoked, made_up)]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert answers[0].json()["code"] == "workspaces.bad_token"
    assert (await kept.get("/api/members")).status_code == 200
    listed = (await client.get("/api/tokens")).json()["items"]
    assert [row["revoked_at"] is None for row in listed] == [False, True, True]
    assert listed[2]["last_used_at"] is not None and listed[1]["last_used_at"] is None
    assert (await actions(house, owner.workspace_id)).count("token.revoke") == 1


async def test_a_token_needs_no_csrf_and_no_cookie_can_stand_behind_it(house: Running) -> None:
    owner, client = await member_client(house)
    machine = await _machine(house, client, "team.manage")
    foreign = {"origin": "https://partner.example"}
    assert (await machine.post("/api/teams", json={"name": "一"}, headers=foreign)).status_code == 201
    # A browser that sends both is judged by the token alone.
    machine.cookies.set("kz_session", client.cookies["kz_session"])
    assert (await machine.get("/api/me")).json()["code"] == "workspaces.people_only"
    assert (await machine.get("/api/audit")).json()["code"] == "workspaces.not_permitted"
    assert (await actions(house, owner.workspace_id))[-1] == "team.create"


async def test_a_token_reaches_its_own_workspace_only(house: Running, maker: httpx2.AsyncClient) -> None:
    person = await make_person(house.db, await make_workspace(house.db), "owner")
    second = await make_person(house.db, await make_workspace(house.db), "owner", user=person)
    machine = await _machine(house, await sign_in(house, person), "member.read", "token.manage")
    shown = (await machine.get("/api/members")).json()["items"]
    assert [row["id"] for row in shown] == [str(person.id)]
    assert (await machine.get(f"/api/members/{second.id}")).status_code == 404
    foreign = (await maker.get("/api/tokens")).json()["items"]
    for row in foreign[:1]:
        assert (await machine.delete(f"/api/tokens/{row['id']}")).status_code == 404
    assert (await maker.get("/api/tokens")).json()["items"] == foreign


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["member.read"] * 51}, "scopes"),
        ({"scopes": ["member.everything"]}, "scopes"),
        ({"scopes": "member.read"}, "scopes"),
        ({"scopes": [None]}, "scopes"),
        ({"days": 0}, "days"),
        ({"days": -1}, "days"),
        ({"days": 3661}, "days"),
        ({"days": 1.5}, "days"),
        ({"days": True}, "days"),
        ({"days": "soon"}, "days"),
        ({"name": " "}, "name"),
    ],
)
async def test_a_token_that_cannot_be_is_refused(
    maker: httpx2.AsyncClient, form: dict[str, Any], field: str
) -> None:
    answer = await maker.post("/api/tokens", json={"name": "接口", "scopes": ["member.read"], **form})
    assert (answer.status_code, answer.json()["code"]) == (400, "kit.bad_input")
    assert answer.json()["field"].startswith(field)


async def test_a_scope_named_twice_is_kept_once_and_sorted(maker: httpx2.AsyncClient) -> None:
    body = {"name": "接口", "scopes": ["team.manage", "audit.read", "team.manage"], "days": None}
    made = await maker.post("/api/tokens", json=body)
    assert made.json()["token"]["scopes"] == ["audit.read", "team.manage"]
