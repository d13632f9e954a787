"""Sessions: what is listed, what ends them, who is told, from the door."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from kezhan.kit.ids import new_id
from kezhan.testing import Running
from kezhan.workspaces.events import SessionRevoked
from kezhan.workspaces.tests.factories import (
    actions,
    heard,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


async def _sql(house: Running, workspace_id: UUID, statement: str) -> Any:
    async with house.db.tx(workspace_id) as tx:
        return (
            (await tx.conn.exec_driver_sql(statement)).all()
            if "select" in statement
            else await tx.run(text(statement))
        )


async def _facts(house: Running, workspace_id: UUID, action: str) -> list[Any]:
    async with house.db.tx(workspace_id) as tx:
        found = await tx.rows(
            text("select detail from audit_log where action = :action order by at"), {"action": action}
        )
        return [row.detail for row in found]


async def test_a_person_sees_her_live_sessions_of_this_workspace_the_last_used_first(house: Running) -> None:
    person, desk = await member_client(house, "agent")
    branch = await make_person(house.db, await make_workspace(house.db, "分店"), user=person)
    phone, lapsed, ended = [await sign_in(house, person) for _ in range(3)]
    await sign_in(house, branch)
    await ended.delete("/api/session")
    over = (await lapsed.get("/api/me")).json()["session_id"]
    await _sql(house, person.workspace_id, f"update sessions set expires_at = now() where id = '{over}'")  # noqa: S608
    first = (await desk.get("/api/me")).json()["session_id"]
    await _sql(
        house,
        person.workspace_id,
        f"update sessions set seen_at = seen_at - interval '30 seconds' where id = '{first}'",  # noqa: S608
    )
    items = (await phone.get("/api/sessions")).json()["items"]
    second = (await phone.get("/api/me")).json()["session_id"]
    assert [(row["id"], row["current"]) for row in items] == [(second, True), (first, False)]
    assert items[0].keys() == {
        "id",
        "current",
        "peer",
        "user_agent",
        "method",
        "factor",
        "created_at",
        "seen_at",
        "expires_at",
    }
    assert [row["current"] for row in (await desk.get("/api/sessions")).json()["items"]] == [False, True]


async def test_the_secret_of_a_session_is_kept_nowhere(house: Running) -> None:
    person, client = await member_client(house)
    secret = client.cookies["kz_session"]
    digest = await _sql(house, person.workspace_id, "select token_digest from sessions")
    assert digest == [(sha256(secret.encode()).digest(),)]
    for table in ("sessions", "audit_log", "outbox"):
        rows = await _sql(house, person.workspace_id, f"select cast(t as text) from {table} t")  # noqa: S608
        assert rows and not any(secret in row[0] or secret[4:] in row[0] for row in rows), table
    shown = (await client.get("/api/me")).text + (await client.get("/api/sessions")).text
    assert secret not in shown


async def test_each_session_has_a_csrf_value_of_its_own_that_does_not_change(house: Running) -> None:
    person, desk = await member_client(house)
    phone = await sign_in(house, person)
    values = [(await client.get("/api/me")).json()["csrf"] for client in (desk, desk, phone)]
    assert values[0] == values[1] != values[2]
    crossed = await desk.post("/api/teams", json={"name": "前台"}, headers={"X-Kezhan-CSRF": values[2]})
    assert (crossed.status_code, crossed.json()["code"]) == (403, "workspaces.csrf")
    for path in ("/api/session", f"/api/sessions/{new_id()}"):
        assert (await desk.delete(path, headers={"X-Kezhan-CSRF": ""})).json()["code"] == "workspaces.csrf"
    assert (await desk.get("/api/me")).status_code == 200


async def test_ending_a_session_that_has_lapsed_changes_and_tells_nothing(house: Running) -> None:
    person, desk = await member_client(house)
    phone = await sign_in(house, person)
    old = (await phone.get("/api/me")).json()["session_id"]
    await _sql(house, person.workspace_id, f"update sessions set expires_at = now() where id = '{old}'")  # noqa: S608
    with heard(house.db, person.workspace_id) as told:
        assert (await desk.delete(f"/api/sessions/{old}")).status_code == 204
        assert (await desk.delete(f"/api/sessions/{new_id()}")).status_code == 404
    assert told == []
    assert "session.close" not in await actions(house, person.workspace_id)


async def test_ending_ones_own_present_session_in_the_list_is_signing_out(house: Running) -> None:
    person, client = await member_client(house, "auditor")
    me = (await client.get("/api/me")).json()
    assert (await client.delete(f"/api/sessions/{me['session_id']}")).status_code == 204
    assert (await client.get("/api/me")).status_code == 401
    assert await actions(house, person.workspace_id) == ["session.open", "session.close"]


async def test_signing_a_member_out_ends_all_her_sessions_here_and_tells_each(house: Running) -> None:
    owner, client = await member_client(house)
    person, desk = await member_client(house, "agent", owner.workspace_id)
    phone = await sign_in(house, person)
    branch = await make_person(house.db, await make_workspace(house.db), user=person)
    elsewhere = await sign_in(house, branch)
    ids = {(await browser.get("/api/me")).json()["session_id"] for browser in (desk, phone)}
    with heard(house.db, owner.workspace_id) as told:
        for _ in range(2):
            assert (await client.delete(f"/api/members/{person.id}/sessions")).status_code == 204
    revoked = [(event, topics) for event, topics in told if isinstance(event, SessionRevoked)]
    assert {topics for _, topics in revoked} == {(f"session:{value}",) for value in ids}
    assert {event.membership_id for event, _ in revoked} == {person.id} and len(revoked) == 2
    assert [(await browser.get("/api/me")).status_code for browser in (desk, phone)] == [401, 401]
    assert (await elsewhere.get("/api/me")).status_code == 200
    assert await _facts(house, owner.workspace_id, "session.close_all") == [{"v": 1, "sessions": 2}]


@pytest.mark.parametrize(
    ("role", "target", "code"),
    [
        ("admin", "owner", "workspaces.above_own_role"),
        ("supervisor", "agent", "workspaces.not_permitted"),
        ("agent", "agent", "workspaces.not_permitted"),
        ("auditor", "agent", "workspaces.not_permitted"),
    ],
)
async def test_who_may_not_sign_others_out(house: Running, role: str, target: str, code: str) -> None:
    victim, theirs = await member_client(house, target)
    _, client = await member_client(house, role, victim.workspace_id)
    answer = await client.delete(f"/api/members/{victim.id}/sessions")
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert (await theirs.get("/api/me")).status_code == 200


async def test_an_owner_may_sign_herself_out_everywhere_and_an_archived_member_has_nothing_to_end(
    house: Running,
) -> None:
    owner, client = await member_client(house)
    gone = await make_person(house.db, owner.workspace_id)
    assert (await client.delete(f"/api/members/{gone.id}")).status_code == 204
    assert (await client.delete(f"/api/members/{gone.id}/sessions")).status_code == 204
    assert (await client.delete(f"/api/members/{new_id()}/sessions")).status_code == 404
    assert await _facts(house, owner.workspace_id, "session.close_all") == []
    assert (await client.delete(f"/api/members/{owner.id}/sessions")).status_code == 204
    assert (await client.get("/api/me")).status_code == 401


async def test_moving_to_another_workspace_takes_rights_and_csrf_along_and_leaves_nothing_open(
    house: Running,
) -> None:
    here, client = await member_client(house, "owner")
    there = await make_person(house.db, await make_workspace(house.db, "分店"), "agent", user=here)
    before = (await client.get("/api/me")).json()
    assert {choice["name"] for choice in before["workspaces"]} == {"茶铺", "分店"}
    with heard(house.db, here.workspace_id) as told:
        moved = await client.post("/api/session/workspace", json={"workspace_id": str(there.workspace_id)})
    assert moved.status_code == 201 and moved.json()["id"] == str(there.id)
    assert moved.json()["csrf"] != before["csrf"] and moved.json()["role"] == "agent"
    assert (f"session:{before['session_id']}",) in [topics for _, topics in told]
    stale = await client.patch("/api/me", json={"name": "新"})
    assert stale.json()["code"] == "workspaces.csrf"
    client.headers["X-Kezhan-CSRF"] = moved.json()["csrf"]
    assert (await client.post("/api/teams", json={"name": "新"})).json()["code"] == "workspaces.not_permitted"
    assert await actions(house, here.workspace_id) == ["session.open", "session.close"]
    assert await actions(house, there.workspace_id) == ["session.open"]


@pytest.mark.parametrize("closed", ["memberships", "workspaces"])
async def test_a_workspace_one_has_left_or_that_is_closed_is_no_choice(house: Running, closed: str) -> None:
    here, client = await member_client(house)
    there = await make_person(house.db, await make_workspace(house.db, "旧店"), user=here)
    async with house.db.system_tx() as tx:
        key = there.id if closed == "memberships" else there.workspace_id
        await tx.run(text(f"update {closed} set archived_at = now() where id = :id"), {"id": key})  # noqa: S608
    answer = await client.post("/api/session/workspace", json={"workspace_id": str(there.workspace_id)})
    assert (answer.status_code, answer.json()["code"]) == (404, "kit.not_found")
    me = (await client.get("/api/me")).json()
    assert [choice["name"] for choice in me["workspaces"]] == ["茶铺"]
