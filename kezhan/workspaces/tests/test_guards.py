"""Sessions, CSRF, origins, roles and tokens, from the door."""

from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.kit.outbox import Published
from kezhan.kit.postgres import Access
from kezhan.testing import Running, running
from kezhan.workspaces.events import SessionRevoked
from kezhan.workspaces.permissions import ROLES, Permission, Role
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    actions,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


async def test_nobody_gets_in_without_a_credential(house: Running) -> None:
    client = await house.client()
    for headers in (
        {},
        {"cookie": "kz_session=kzs_made-up"},
        {"authorization": "Bearer kza_made-up"},
        {"authorization": "Bearer"},
        {"cookie": 'kz_session="\x80"'},
    ):
        answer = await client.get(
            "/api/members", headers={k.encode(): v.encode("latin-1") for k, v in headers.items()}
        )
        assert answer.status_code == 401, headers
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_write_by_cookie_needs_the_csrf_value_of_its_session(house: Running) -> None:
    owner, client = await member_client(house)
    other = await sign_in(house, await make_person(house.db, owner.workspace_id))
    good = client.headers.pop("X-Kezhan-CSRF")
    for value in (None, "", "x" * 32, other.headers["X-Kezhan-CSRF"], "\u00e9"):
        headers = {} if value is None else {b"X-Kezhan-CSRF": value.encode("latin-1")}
        answer = await client.post("/api/teams", json={"name": "前台"}, headers=headers)
        assert answer.status_code == 403 and answer.json()["code"] == "workspaces.csrf"
    assert (await client.get("/api/teams")).json() == {"items": []}
    fine = await client.post("/api/teams", json={"name": "前台"}, headers={"X-Kezhan-CSRF": good})
    assert fine.status_code == 201


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_a_write_from_a_foreign_page_is_refused(house: Running, origin: str) -> None:
    person, client = await member_client(house)
    for path, body in (
        ("/api/teams", {"name": "前台"}),
        ("/api/session", {"email": person.email, "password": PASSWORD}),
    ):
        answer = await client.post(path, json=body, headers={"origin": origin})
        assert answer.status_code == 403 and answer.json()["code"] == "workspaces.foreign_origin"
    fine = await client.post("/api/teams", json={"name": "前台"}, headers={"origin": house.url})
    assert fine.status_code == 201


async def test_with_a_public_address_only_that_origin_is_ours(access: Access, tmp_path: Path) -> None:
    async with running(access, tmp_path, public_url="http://desk.example.com/") as house:
        _, client = await member_client(house)
        for origin, status in ((house.url, 403), ("http://desk.example.com", 201)):
            answer = await client.post("/api/teams", json={"name": "前台"}, headers={"origin": origin})
            assert answer.status_code == status


async def test_revoking_a_session_cuts_its_access_and_tells_its_sockets(house: Running) -> None:
    person, desk = await member_client(house)
    phone = await sign_in(house, person)
    heard: list[Published] = []
    before = house.db.on_commit

    def listen(workspace_id: Any, published: list[Published]) -> None:
        heard.extend(published)
        before(workspace_id, published)

    house.db.on_commit = listen
    listed = (await desk.get("/api/sessions")).json()["items"]
    assert [row["current"] for row in listed].count(True) == 1
    victim = next(row["id"] for row in listed if not row["current"])
    for _ in range(2):
        assert (await desk.delete(f"/api/sessions/{victim}")).status_code == 204
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.get("/api/me")).status_code == 200
    told = [(event, topics) for event, topics in heard if isinstance(event, SessionRevoked)]
    assert [(str(event.session_id), topics) for event, topics in told] == [(victim, (f"session:{victim}",))]
    assert len((await desk.get("/api/sessions")).json()["items"]) == 1


async def test_nobody_sees_or_ends_a_colleagues_session_as_her_own(house: Running) -> None:
    owner, client = await member_client(house)
    colleague = await sign_in(house, await make_person(house.db, owner.workspace_id))
    theirs = (await colleague.get("/api/me")).json()["session_id"]
    assert theirs not in (await client.get("/api/sessions")).text
    assert (await client.delete(f"/api/sessions/{theirs}")).status_code == 404
    assert (await colleague.get("/api/me")).status_code == 200


async def test_an_expired_session_is_over_and_a_used_one_lives_on(house: Running) -> None:
    person, client = await member_client(house)
    old = text(
        "update sessions set seen_at = now() - interval '2 minutes', expires_at = now() + interval '1 day'"
    )
    async with house.db.tx(person.workspace_id) as tx:
        await tx.run(old)
    assert (await client.get("/api/me")).status_code == 200
    async with house.db.tx(person.workspace_id) as tx:
        kept = await tx.value(
            text(
                "select seen_at > now() - interval '1 minute' and expires_at > now() + interval '13 days'"
                " from sessions"
            )
        )
        assert kept is True
        await tx.run(text("update sessions set expires_at = now()"))
    house.house.desk.known.forget_all()  # the end that it knew of was another
    assert (await client.get("/api/me")).status_code == 401


async def test_a_new_password_needs_the_old_one_and_ends_the_other_sessions(house: Running) -> None:
    person, desk = await member_client(house)
    phone = await sign_in(house, person)
    elsewhere = await make_person(house.db, await make_workspace(house.db), user=person)
    wrong = await desk.put("/api/me/password", json={"old": "not this one", "new": "another good one"})
    assert wrong.status_code == 403 and wrong.json()["field"] == "old"
    short = await desk.put("/api/me/password", json={"old": PASSWORD, "new": "short"})
    assert short.status_code == 400
    assert (await phone.get("/api/me")).status_code == 200
    changed = await desk.put("/api/me/password", json={"old": PASSWORD, "new": "another good one"})
    assert changed.status_code == 204
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.get("/api/me")).status_code == 200
    for password, status in ((PASSWORD, 401), ("another good one", 201)):
        answer = await phone.post("/api/session", json={"email": person.email, "password": password})
        assert answer.status_code == status
    assert "member.change_password" in await actions(house, person.workspace_id)
    assert "member.change_password" in await actions(house, elsewhere.workspace_id)


_ROUTES = [
    ("GET", "/api/members", Permission.MEMBER_READ),
    ("GET", "/api/teams", Permission.MEMBER_READ),
    ("POST", "/api/teams", Permission.TEAM_MANAGE),
    ("PUT", f"/api/teams/{new_id()}/members", Permission.TEAM_MANAGE),
    ("PATCH", f"/api/members/{new_id()}", Permission.MEMBER_MANAGE),
    ("DELETE", f"/api/members/{new_id()}", Permission.MEMBER_MANAGE),
    ("DELETE", f"/api/members/{new_id()}/sessions", Permission.MEMBER_MANAGE),
    ("POST", "/api/workspace/invitations", Permission.MEMBER_MANAGE),
    ("GET", "/api/workspace/invitations", Permission.MEMBER_MANAGE),
    ("PATCH", "/api/workspace", Permission.WORKSPACE_MANAGE),
    ("GET", "/api/tokens", Permission.TOKEN_MANAGE),
    ("POST", "/api/tokens", Permission.TOKEN_MANAGE),
    ("GET", "/api/audit", Permission.AUDIT_READ),
]


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_reaches_what_its_rights_say_and_nothing_else(house: Running, role: Role) -> None:
    _, client = await member_client(house, role)
    for method, path, permission in _ROUTES:
        answer = await client.request(method, path, json={} if method not in {"GET", "DELETE"} else None)
        if permission in ROLES[role]:
            # Let through by the guard: what comes is an answer, a 404 or a complaint about the empty body.
            assert answer.status_code in {200, 201, 400, 404}, (role, method, path, answer.text)
        else:
            assert answer.status_code == 403, (role, method, path)
            assert answer.json()["code"] == "workspaces.not_permitted"


def test_the_roles_are_as_agreed() -> None:
    assert ROLES[Role.OWNER] == frozenset(Permission)
    assert ROLES[Role.AUDITOR] == {
        Permission.AUDIT_READ,
        Permission.AUDIT_EXPORT,
        Permission.MEMBER_READ,
    }
    assert Permission.CONVERSATION_READ_ALL in ROLES[Role.INSPECTOR]
    assert Permission.CONVERSATION_REPLY not in ROLES[Role.INSPECTOR]
    assert ROLES[Role.AGENT] < ROLES[Role.SUPERVISOR] < ROLES[Role.ADMIN] < ROLES[Role.OWNER]


async def _token(client: httpx2.AsyncClient, *scopes: str, **more: Any) -> tuple[str, str]:
    made = await client.post("/api/tokens", json={"name": "接口", "scopes": list(scopes), **more})
    assert made.status_code == 201, made.text
    return made.json()["token"]["id"], made.json()["secret"]


async def test_a_token_does_what_its_scopes_say_without_csrf(house: Running) -> None:
    owner, client = await member_client(house)
    token_id, secret = await _token(client, "member.read", "team.manage")
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {secret}"
    assert (await machine.get("/api/members")).status_code == 200
    assert (await machine.post("/api/teams", json={"name": "机器"})).status_code == 201
    assert (await machine.get("/api/audit")).status_code == 403
    assert (await machine.get("/api/me")).status_code == 403
    listed = (await client.get("/api/tokens")).text
    assert secret not in listed and token_id in listed
    log = (await client.get("/api/audit")).json()["items"][0]
    assert (log["actor_kind"], log["actor_id"], log["actor_name"]) == ("token", token_id, "接口")
    for _ in range(2):
        assert (await client.delete(f"/api/tokens/{token_id}")).status_code == 204
    assert (await machine.get("/api/members")).status_code == 401
    assert (await actions(house, owner.workspace_id)).count("token.revoke") == 1


async def test_a_token_is_never_wider_than_its_maker(house: Running) -> None:
    owner, client = await member_client(house)
    admin, admin_client = await member_client(house, "admin", owner.workspace_id)
    too_wide = {"name": "宽", "scopes": ["workspace.own"]}
    assert (await admin_client.post("/api/tokens", json=too_wide)).status_code == 403
    unknown = {"name": "宽", "scopes": ["everything"]}
    assert (await admin_client.post("/api/tokens", json=unknown)).status_code == 400
    _, secret = await _token(admin_client, "member.manage", "member.read")
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {secret}"
    # Managing members does not reach further than the token's own rights.
    invite = {"email": "x@example.com", "role": "agent"}
    refused = await machine.post("/api/workspace/invitations", json=invite)
    assert refused.status_code == 403 and refused.json()["code"] == "workspaces.above_own_role"
    demoted = await client.patch(f"/api/members/{admin.id}", json={"role": "agent"})
    assert demoted.status_code == 200
    assert (await machine.get("/api/workspace/invitations")).status_code == 403
    assert (await machine.get("/api/members")).status_code == 200
    assert (await client.delete(f"/api/members/{admin.id}")).status_code == 204
    assert (await machine.get("/api/members")).status_code == 401


async def test_an_expired_token_is_refused(house: Running) -> None:
    owner, client = await member_client(house)
    _, secret = await _token(client, "member.read", days=1)
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {secret}"
    assert (await machine.get("/api/members")).status_code == 200
    async with house.db.tx(owner.workspace_id) as tx:
        await tx.run(text("update api_tokens set expires_at = now()"))
    house.house.desk.known.forget_all()  # the end that it knew of was another
    assert (await machine.get("/api/members")).status_code == 401
