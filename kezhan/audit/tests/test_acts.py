"""Each act of people's room is one line of the log: who, what, to whom, from where, and no secret in it."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.app import routes
from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    Person,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)

NEW_PASSWORD = "a password nobody should read"
ADDRESS = "invited.person@example.com"
NAMES = ("绝密小组", "绝密接口", "绝密成员", "绝密空间")


@dataclass
class Stage:
    """A workspace set so that every act below has something to work on; `ids` by the names acts use."""

    house: Running
    owner: Person
    client: httpx2.AsyncClient
    ids: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    async def act(self, method: str, path: str, body: Any) -> Any:
        return await self.client.request(method, path.format(**self.ids), json=body)

    async def lines(self) -> list[dict[str, Any]]:
        """The whole log as it is stored, oldest first."""
        async with self.house.db.tx(self.owner.workspace_id) as tx:
            found = await tx.rows(text("select * from audit_log order by at, id"))
            return [row._asdict() for row in found]


async def _stage(house: Running) -> Stage:
    owner, client = await member_client(house)
    stage = Stage(
        house, owner, client, secrets=[client.cookies["kz_session"], client.headers["x-kezhan-csrf"]]
    )
    ws = owner.workspace_id
    stage.ids |= {"self": str(owner.id), "workspace": str(ws)}
    for name in ("edited", "archived", "signed_out"):
        person, browser = await member_client(house, "agent", ws)
        stage.ids[name] = str(person.id)
        stage.secrets.append(browser.cookies["kz_session"])
    for name in ("renamed", "filled", "closed"):
        made = await client.post("/api/teams", json={"name": name})
        stage.ids[name] = made.json()["id"]
    phone = await sign_in(house, owner)
    stage.ids["phone"] = (await phone.get("/api/me")).json()["session_id"]
    invited = await client.post(
        "/api/workspace/invitations", json={"email": "w@example.com", "role": "agent"}
    )
    stage.ids["withdrawn"] = invited.json()["invitation"]["id"]
    token = await client.post("/api/tokens", json={"name": "x", "scopes": ["member.read"]})
    role = await client.post("/api/roles", json={"name": "专员", "permissions": []})
    stage.ids["role"] = role.json()["key"]
    stage.ids["token"] = token.json()["token"]["id"]
    stage.secrets += [invited.json()["link"].partition("token=")[2], token.json()["secret"]]
    return stage


# request → the line it leaves: action, kind and name of its subject ("": something new), detail
_ACTS: list[tuple[str, str, Any, str, str, str, Any]] = [
    ("PATCH", "/api/me", {"name": NAMES[2]}, "member.edit", "member", "self", {"fields": ["name"]}),
    (
        "PATCH",
        "/api/workspace",
        {"name": NAMES[3]},
        "workspace.edit",
        "workspace",
        "workspace",
        {"fields": ["name"]},
    ),
    (
        "PATCH",
        "/api/members/{edited}",
        {"name": NAMES[2], "role": "auditor"},
        "member.edit",
        "member",
        "edited",
        {"fields": ["name", "role"], "role": "auditor", "role_before": "agent"},
    ),
    ("DELETE", "/api/members/{archived}", None, "member.archive", "member", "archived", None),
    (
        "DELETE",
        "/api/members/{signed_out}/sessions",
        None,
        "session.close_all",
        "member",
        "signed_out",
        {"sessions": 1},
    ),
    ("DELETE", "/api/sessions/{phone}", None, "session.close", "session", "phone", None),
    (
        "POST",
        "/api/workspace/invitations",
        {"email": ADDRESS, "role": "agent"},
        "invitation.create",
        "invitation",
        "",
        {"role": "agent"},
    ),
    (
        "DELETE",
        "/api/workspace/invitations/{withdrawn}",
        None,
        "invitation.revoke",
        "invitation",
        "withdrawn",
        None,
    ),
    (
        "PATCH",
        "/api/workspace/access",
        {"idle_minutes": 60},
        "access.edit",
        "workspace",
        "workspace",
        {"fields": ["idle_minutes"]},
    ),
    ("POST", "/api/teams", {"name": NAMES[0]}, "team.create", "team", "", None),
    (
        "PATCH",
        "/api/teams/{renamed}",
        {"name": NAMES[0] + "二"},
        "team.edit",
        "team",
        "renamed",
        {"fields": ["name"]},
    ),
    ("PUT", "/api/teams/{filled}/members", ["self"], "team.set_members", "team", "filled", None),
    ("DELETE", "/api/teams/{closed}", None, "team.archive", "team", "closed", None),
    (
        "POST",
        "/api/tokens",
        {"name": NAMES[1], "scopes": ["team.manage", "audit.read"]},
        "token.create",
        "token",
        "",
        {"scopes": ["audit.read", "team.manage"]},
    ),
    (
        "PATCH",
        "/api/tokens/{token}",
        {"per_minute": 60},
        "token.edit",
        "token",
        "token",
        {"fields": ["per_minute"]},
    ),
    ("DELETE", "/api/tokens/{token}", None, "token.revoke", "token", "token", None),
    (
        "POST",
        "/api/roles",
        {"name": "售后", "permissions": ["contact.read"]},
        "role.create",
        "role",
        "",
        {"scopes": ["contact.read", "member.read"]},
    ),
    (
        "PATCH",
        "/api/roles/{role}",
        {"version": 1, "note": "只看"},
        "role.edit",
        "role",
        "role",
        {"fields": ["note"]},
    ),
    (
        "PUT",
        "/api/masking",
        {"masked": ["phone"], "plain_when_serving": True},
        "masking.edit",
        "workspace",
        "workspace",
        {"fields": ["masked"]},
    ),
]


def _subject(made: Any) -> str:
    """The id of what an answer says was made."""
    inner = made.get("invitation") or made.get("token") or made
    return str(inner.get("id") or inner["key"])


async def test_each_act_leaves_one_line_and_the_same_again_none(house: Running) -> None:
    stage = await _stage(house)
    for method, path, sent, action, kind, subject, detail in _ACTS:
        body = {"member_ids": [stage.ids[name] for name in sent]} if isinstance(sent, list) else sent
        before = await stage.lines()
        answer = await stage.act(method, path, body)
        assert answer.status_code in {200, 201, 204}, (path, answer.text)
        (line,) = (await stage.lines())[len(before) :]
        assert (line["action"], line["subject_kind"]) == (action, kind)
        assert str(line["subject_id"]) == (stage.ids[subject] if subject else _subject(answer.json()))
        assert (line["actor_kind"], line["actor_id"]) == ("member", stage.owner.id)
        assert line["peer"] == "127.0.0.1" and line["workspace_id"] == stage.owner.workspace_id
        assert line["detail"] == (None if detail is None else {"v": 1, **detail}), action
        if answer.content and method == "POST":
            made = answer.json()
            stage.secrets += [value for name, value in made.items() if name in {"link", "secret"}]
        if subject:
            assert (await stage.act(method, path, body)).status_code in {200, 204}
            assert len(await stage.lines()) == len(before) + 1, action
    await _nothing_private(stage)


async def _nothing_private(stage: Stage) -> None:
    """No secret, no address and no person's name stands in the log, and no name at all in the events that
    carried it there."""
    async with stage.house.db.tx(stage.owner.workspace_id) as tx:
        kept = await tx.rows(text("select cast(l as text) from audit_log l"))
        told = await tx.rows(text("select cast(o as text) from outbox o"))
    log, events = ("\n".join(row[0] for row in rows) for rows in (kept, told))
    private = [*stage.secrets, NAMES[2], ADDRESS, PASSWORD, NEW_PASSWORD, stage.owner.email, "argon2"]
    private += [secret.partition("token=")[2] for secret in stage.secrets if "token=" in secret]
    assert len(kept) > len(_ACTS) and len(private) > 12
    assert [value for value in private if value in log + events] == []
    assert NAMES[0] in log and [name for name in NAMES if name in events] == []


async def test_passwords_and_sessions_leave_lines_without_what_they_are(house: Running) -> None:
    owner, desk = await member_client(house)
    stage = Stage(house, owner, desk, secrets=[desk.cookies["kz_session"]])
    for _ in range(2):
        stage.secrets.append((await sign_in(house, owner)).cookies["kz_session"])
    changed = await desk.put("/api/me/password", json={"old": PASSWORD, "new": NEW_PASSWORD})
    assert changed.status_code == 204
    assert (await desk.delete("/api/session")).status_code == 204
    lines = await stage.lines()
    assert [line["action"] for line in lines[:3]] == ["session.open"] * 3
    assert {line["action"] for line in lines[3:5]} == {"session.close_all", "member.change_password"}
    assert [line["action"] for line in lines[5:]] == ["session.close"]
    assert {line["actor_id"] for line in lines} == {owner.id}
    assert next(line["detail"] for line in lines if line["action"] == "session.close_all") == {
        "v": 1,
        "sessions": 2,
    }
    async with house.db.tx(owner.workspace_id) as tx:
        kept = await tx.rows(text("select cast(l as text) from audit_log l"))
    written = "\n".join(row[0] for row in kept)
    for private in (*stage.secrets, PASSWORD, NEW_PASSWORD, owner.email, "argon2"):
        assert private not in written


async def test_a_wrong_password_is_a_line_of_nobody_about_somebody(own_house: Running) -> None:
    person = await make_person(own_house.db, await make_workspace(own_house.db), "agent")
    branch = await make_person(own_house.db, await make_workspace(own_house.db), user=person)
    client = await own_house.client()
    body = {"email": person.email, "password": NEW_PASSWORD}
    assert (await client.post("/api/session", json=body)).status_code == 401
    (line,) = await Stage(own_house, person, client).lines()
    assert (line["action"], line["actor_kind"], line["actor_id"]) == ("session.refuse", "anonymous", None)
    assert (line["subject_kind"], line["subject_id"], line["peer"]) == ("member", person.id, "127.0.0.1")
    assert line["detail"] == {"v": 1, "reason": "wrong_password"}
    assert await Stage(own_house, branch, client).lines() == []


async def test_looking_leaves_no_line(house: Running) -> None:
    owner, client = await member_client(house)
    for path in (
        "me",
        "sessions",
        "workspace",
        "members",
        "teams",
        "tokens",
        "workspace/invitations",
        "audit",
    ):
        assert (await client.get(f"/api/{path}")).status_code == 200
    assert (await client.get(f"/api/members/{owner.id}")).status_code == 200
    assert [line["action"] for line in await Stage(house, owner, client).lines()] == ["session.open"]


@pytest.mark.parametrize("role", ["agent", "auditor"])
async def test_what_was_refused_leaves_no_line(house: Running, role: str) -> None:
    person, client = await member_client(house, role)
    for method, path, body, *_ in _ACTS:
        if "/me" in path or "/sessions/{" in path:
            continue
        names = dict.fromkeys(
            ("edited", "archived", "signed_out", "withdrawn", "token", "role"), str(new_id())
        )
        names |= dict.fromkeys(("renamed", "filled", "closed"), str(new_id()))
        answer = await client.request(method, path.format(**names), json=body)
        assert answer.status_code == 403, (path, answer.text)
    client.headers["x-kezhan-csrf"] = "stale"
    assert (await client.patch("/api/me", json={"name": "新"})).status_code == 403
    assert [line["action"] for line in await Stage(house, person, client).lines()] == ["session.open"]


async def test_what_a_program_did_is_in_its_own_name(house: Running) -> None:
    _, client = await member_client(house)
    made = await client.post("/api/tokens", json={"name": "排班", "scopes": ["team.manage", "token.manage"]})
    token_id = made.json()["token"]["id"]
    machine = await house.client()
    machine.headers["authorization"] = f"Bearer {made.json()['secret']}"
    team = (await machine.post("/api/teams", json={"name": "夜班"})).json()["id"]
    assert (await machine.delete(f"/api/tokens/{token_id}")).status_code == 204
    for row, action in zip(
        (await client.get("/api/audit", params={"limit": 2})).json()["items"],
        ("token.revoke", "team.create"),
        strict=True,
    ):
        assert (row["action"], row["actor_kind"], row["actor_id"]) == (action, "token", token_id)
        assert row["actor_name"] == "排班" and row["subject_id"] in {token_id, team}


_IN_TESTS_OF_THEIR_OWN = {
    *("POST /api/setup", "POST /api/session", "DELETE /api/session", "POST /api/session/workspace"),
    *("PUT /api/me/password", "POST /api/invitations/{}/acceptance", "POST /api/roles/{}/removal"),
    *("POST /api/session/second", "POST /api/session/passkey-options", "POST /api/session/passkey"),
    *("POST /api/session/activity", "DELETE /api/sessions/others", "PUT /api/me/proof"),
    *("POST /api/me/totp", "PUT /api/me/totp", "DELETE /api/me/totp", "POST /api/me/recovery-codes"),
    *("POST /api/me/passkey-options", "POST /api/me/passkeys", "DELETE /api/me/passkeys/{}"),
    *("PUT /api/workspace/single-sign-on", "DELETE /api/workspace/single-sign-on"),
    *("POST /api/single-sign-on/offers", "POST /api/single-sign-on/{}/saml"),
    *("PUT /api/workspace/provisioning", "POST /api/workspace/provisioning/tokens"),
    "DELETE /api/workspace/provisioning/tokens/{}",
    *("DELETE /api/members/{}/factors", "DELETE /api/members/{}/sessions/{}"),
}


def test_no_route_of_peoples_room_that_writes_is_left_out() -> None:
    known = {f"{method} {re.sub(r'{[^}]+}', '{}', path)}" for method, path, *_ in _ACTS}
    writes = {
        f"{method} {re.sub(r'{[^}]+}', '{}', path)}"
        for route in routes()
        if str(route.operation_id).startswith("workspaces_")
        for path in route.paths
        for method in route.http_methods - {"GET", "HEAD", "OPTIONS"}
    }
    assert writes == known | _IN_TESTS_OF_THEIR_OWN
