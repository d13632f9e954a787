"""One workspace never reaches another: by every route, and by plain SQL as the application's role."""

import re
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.http import routes
from kezhan.workspaces.roles.http import routes as role_routes
from kezhan.workspaces.tests.factories import actions, member_client

BODIES: dict[str, Any] = {
    "edit_token": {"per_minute": 60},
    "edit_member": {"name": "夺来"},
    "rename_team": {"name": "夺来"},
    "set_team_members": {"member_ids": []},
    "edit_role": {"version": 1, "name": "夺来"},
    "remove_role": {"replacement": "agent"},
}


async def _things(house: Running) -> tuple[UUID, dict[str, str]]:
    """A workspace with one of everything: its id, ids by the names that routes give them."""
    owner, client = await member_client(house)
    invited = await client.post(
        "/api/workspace/invitations", json={"email": "a@example.com", "role": "agent"}
    )
    team = await client.post("/api/teams", json={"name": "售前"})
    token = await client.post("/api/tokens", json={"name": "接口", "scopes": ["member.read"]})
    role = await client.post("/api/roles", json={"name": "专员", "permissions": ["contact.read"]})
    directory = await client.post("/api/workspace/provisioning/tokens", json={"name": "Entra"})
    return owner.workspace_id, {
        "role_id": role.json()["key"],
        "member_id": str(owner.id),
        "session_id": (await client.get("/api/me")).json()["session_id"],
        "invitation_id": invited.json()["invitation"]["id"],
        "team_id": team.json()["id"],
        "token_id": token.json()["token"]["id"],
        "passkey_id": str(new_id()),
        "provisioning_token_id": directory.json()["state"]["tokens"][0]["id"],
    }


async def test_another_workspaces_ids_are_unknown_to_every_route(house: Running) -> None:
    victim, ids = await _things(house)
    before = await actions(house, victim)
    _, thief = await member_client(house)
    walked = 0
    for handler in [*routes, *role_routes]:
        for path in handler.paths:
            if ":uuid}" not in path or "{workspace_id" in path:  # a workspace's own door is for everybody
                continue
            filled = re.sub(r"\{(\w+):uuid\}", lambda found: ids[found[1]], path)
            for method in handler.http_methods:
                answer = await thief.request(method, filled, json=BODIES.get(handler.fn.__name__))
                assert answer.status_code == 404, (method, filled, answer.text)
                walked += 1
    assert walked >= 9
    team = (await thief.post("/api/teams", json={"name": "售前"})).json()["id"]
    foreign_member = {"member_ids": [ids["member_id"]]}
    assert (await thief.put(f"/api/teams/{team}/members", json=foreign_member)).status_code == 404
    invite = {"email": "b@example.com", "role": "agent", "team_ids": [ids["team_id"]]}
    assert (await thief.post("/api/workspace/invitations", json=invite)).status_code == 404
    for path in ("members", "teams", "tokens", "workspace/invitations", "audit", "sessions"):
        shown = (await thief.get(f"/api/{path}")).text
        assert not any(value in shown for value in ids.values()), path
    assert await actions(house, victim) == before


async def _tables(connection: asyncpg.Connection) -> list[asyncpg.Record]:
    return list(
        await connection.fetch(
            """
            select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
                   has_table_privilege('kz_app', c.oid, 'select') as readable
            from pg_class c
            join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
            where c.relkind in ('r', 'p')
              and (c.relname = 'workspaces' or exists (
                  select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'workspace_id'
                    and not a.attisdropped))
            """
        )
    )


@pytest.mark.parametrize("setting", [None, "", str(UUID(int=1))])
async def test_without_the_right_workspace_no_row_of_any_table_is_seen(
    house: Running, setting: str | None
) -> None:
    workspace_id, _ = await _things(house)
    connection = await house.db.connect("kz_app")
    try:
        tables = await _tables(connection)
        assert {"memberships", "sessions", "audit_log", "outbox"} <= {row["name"] for row in tables}
        assert [row["name"] for row in tables if row["readable"] and not row["forced"]] == []
        filled = set()
        for wanted in (setting, str(workspace_id)):
            async with connection.transaction():
                if wanted is not None:
                    await connection.execute("select set_config('kz.ws', $1, true)", wanted)
                for row in tables:
                    if row["readable"]:
                        count = await connection.fetchval(f'select count(*) from "{row["name"]}"')  # noqa: S608
                        assert wanted == str(workspace_id) or count == 0, row["name"]
                        filled |= {row["name"]} if count else set()
        # The walk proves something only where there are rows to be seen.
        assert {"memberships", "sessions", "teams", "api_tokens", "invitations", "audit_log"} <= filled
    finally:
        await connection.close()


async def test_a_row_of_another_workspace_cannot_be_written(house: Running) -> None:
    victim, ids = await _things(house)
    thief, _ = await _things(house)
    connection = await house.db.connect("kz_app")
    try:
        for statement in (
            f"insert into teams values ('{victim}', '{new_id()}', 'x', 'x')",  # noqa: S608
            f"update teams set workspace_id = '{victim}'",  # noqa: S608
            f"insert into team_members values ('{thief}', '{ids['team_id']}', '{ids['member_id']}')",  # noqa: S608
        ):
            with pytest.raises(asyncpg.PostgresError):
                async with connection.transaction():
                    await connection.execute("select set_config('kz.ws', $1, true)", str(thief))
                    await connection.execute(statement)
    finally:
        await connection.close()


@pytest.mark.parametrize("role", ["kz_app", "kz_lane"])
async def test_the_applications_roles_cannot_read_users_or_failures(house: Running, role: str) -> None:
    connection = await house.db.connect(role)
    try:
        for table in ("users", "sign_in_failures"):
            for statement in (f"table {table}", f"truncate {table}"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
    finally:
        await connection.close()
