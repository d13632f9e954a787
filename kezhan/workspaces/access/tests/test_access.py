"""Sessions and networks: how long, from where, on which device, whose, from the door and on open sockets."""

from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import websockets

from kezhan.kit.postgres import Access
from kezhan.testing import Running, running
from kezhan.workspaces.access.devices import device_of
from kezhan.workspaces.access.over import over
from kezhan.workspaces.access.rules import open_networks, reset_factors
from kezhan.workspaces.events import PeopleChanged, SessionRevoked
from kezhan.workspaces.factors.tests.factories import set_up_app
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    Person,
    actions,
    heard,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/{} Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1"


async def age(house: Running, person: Person, what: str) -> None:
    async with house.db.tx(person.workspace_id) as tx:
        await tx.conn.exec_driver_sql(f"update sessions set {what}")  # noqa: S608 - of this test
        await tx.conn.exec_driver_sql("select 1")


async def line_of(house: Running, client: httpx2.AsyncClient) -> websockets.ClientConnection:
    """An open workbench's socket, where she is now."""
    headers = {"cookie": f"kz_session={client.cookies['kz_session']}"}
    headers |= {name: client.headers[name] for name in ("x-forwarded-for",) if name in client.headers}
    return await websockets.connect(f"{house.url.replace('http', 'ws')}/ws", additional_headers=headers)


async def rule(desk: httpx2.AsyncClient, **fields: Any) -> httpx2.Response:
    return await desk.patch("/api/workspace/access", json=fields)


def test_a_device_is_the_same_after_an_update_and_another_elsewhere() -> None:
    windows = device_of(CHROME.format("140.0"))
    assert windows == device_of(CHROME.format("141.2")) != ""
    mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15"
    assert device_of(IPHONE) == device_of(mac)  # a phone that asks for the desktop's page
    linux = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36"
    android = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36"
    assert device_of(linux) == device_of(android)
    others = {device_of(CHROME.format("1") + " Edg/1"), device_of(mac), device_of(linux), device_of("curl/8")}
    assert windows not in others and len(others) == 4


@pytest.mark.parametrize("thief", [IPHONE, "curl/8.0", ""])
async def test_a_cookie_in_another_browser_ends_the_session_for_both(house: Running, thief: str) -> None:
    person = await make_person(house.db, await make_workspace(house.db))
    hers = await house.client()
    hers.headers["user-agent"] = CHROME.format("140.0")
    body = {"email": person.email, "password": PASSWORD}
    assert (await hers.post("/api/session", json=body)).status_code == 201
    hers.headers["user-agent"] = CHROME.format("141.0")
    assert (await hers.get("/api/me")).status_code == 200
    stolen = await house.client()
    stolen.headers["user-agent"] = thief
    stolen.cookies.set("kz_session", hers.cookies["kz_session"])
    with heard(house.db, person.workspace_id) as seen:
        for _ in range(2):
            assert (await stolen.get("/api/me")).status_code == 401
    assert [type(one.event) for one in seen] == [SessionRevoked, PeopleChanged]
    assert (await hers.get("/api/me")).status_code == 401
    assert await actions(house, person.workspace_id) == ["session.open", "session.stolen"]


async def test_doing_nothing_ends_a_session_and_looking_is_not_doing(house: Running) -> None:
    owner, desk = await member_client(house)
    person, browser = await member_client(house, "agent", owner.workspace_id)
    assert (await rule(desk, idle_minutes=30)).json()["idle_minutes"] == 30
    assert (await browser.get("/api/me")).json()["idle_minutes"] == 30
    await age(house, person, "active_at = now() - interval '29 minutes', seen_at = now() - interval '1 hour'")
    assert (await browser.get("/api/me")).status_code == 200  # seen now, and still doing nothing
    assert (await desk.post("/api/session/activity")).status_code == 204
    await age(house, owner, "active_at = active_at - interval '2 minutes'")
    assert (await browser.post("/api/session/activity")).status_code == 401
    assert (await desk.get("/api/me")).status_code == 200
    ids = [row["id"] for row in (await desk.get("/api/sessions")).json()["items"]]
    shown = (await desk.get(f"/api/members/{person.id}/access")).json()
    assert len(ids) == 1 and shown["sessions"] == []


async def test_a_session_has_an_end_however_much_is_done(house: Running) -> None:
    owner, desk = await member_client(house)
    await rule(desk, session_hours=8)
    await age(house, owner, "created_at = now() - interval '7 hours 59 minutes'")
    (row,) = (await desk.get("/api/sessions")).json()["items"]
    assert (await desk.get("/api/me")).status_code == 200 and row["expires_at"] > row["seen_at"]
    await age(house, owner, "created_at = created_at - interval '2 minutes'")
    assert (await desk.post("/api/session/activity")).status_code == 401


async def test_what_is_over_is_found_out_while_its_socket_is_open(house: Running) -> None:
    owner, desk = await member_client(house)
    _, browser = await member_client(house, "agent", owner.workspace_id)
    ids = [(await one.get("/api/me")).json()["session_id"] for one in (desk, browser)]
    both = [UUID(one) for one in ids]
    assert await over(house.db, both) == set()
    await rule(desk, rules=[{"role": "agent", "grace_days": 0}])
    assert await over(house.db, both) == {both[1]}
    await age(house, owner, "expires_at = now()")
    assert await over(house.db, both) == set(both)


async def test_a_person_ends_all_her_other_sessions_and_no_one_elses(house: Running) -> None:
    owner, desk = await member_client(house)
    phone, tablet = [await sign_in(house, owner) for _ in range(2)]
    _, other = await member_client(house, "agent", owner.workspace_id)
    for _ in range(2):
        assert (await desk.delete("/api/sessions/others")).status_code == 204
    for gone in (phone, tablet):
        assert (await gone.get("/api/me")).status_code == 401
    assert (await desk.get("/api/me")).status_code == (await other.get("/api/me")).status_code == 200
    assert (await actions(house, owner.workspace_id)).count("session.close_all") == 1


async def test_whose_sessions_are_whose_to_see(house: Running) -> None:
    owner, desk = await member_client(house)
    agent, browser = await member_client(house, "agent", owner.workspace_id)
    _, admin = await member_client(house, "admin", owner.workspace_id)
    _, stranger = await member_client(house)
    mine = (await browser.get("/api/me")).json()["session_id"]
    owners = (await desk.get("/api/me")).json()["session_id"]
    shown = (await admin.get(f"/api/members/{agent.id}/access")).json()
    assert [row["id"] for row in shown["sessions"]] == [mine] and not shown["totp"]
    assert (await browser.get(f"/api/members/{agent.id}/access")).status_code == 403
    assert (await admin.get(f"/api/members/{owner.id}/access")).status_code == 403
    assert (await stranger.get(f"/api/members/{agent.id}/access")).status_code == 404
    for who, whose, one, status in (
        (browser, owner.id, owners, 403),
        (admin, owner.id, owners, 403),
        (admin, agent.id, owners, 404),
        (stranger, agent.id, mine, 404),
        (admin, agent.id, mine, 204),
        (admin, agent.id, mine, 204),
    ):
        assert (await who.delete(f"/api/members/{whose}/sessions/{one}")).status_code == status
    assert (await browser.get("/api/me")).status_code == 401
    assert (await actions(house, owner.workspace_id)).count("session.close") == 1


async def test_networks_keep_everybody_else_out_and_the_saver_in(access: Access, tmp_path: Path) -> None:
    async with running(access, tmp_path, trusted_proxies=("127.0.0.0/8",)) as house:
        owner, desk = await member_client(house)
        agent, browser = await member_client(house, "agent", owner.workspace_id)
        for client, at in ((desk, "203.0.113.7"), (browser, "2001:db8:5::9")):
            client.headers["x-forwarded-for"] = at
        line = await line_of(house, browser)
        for bad, status in (
            (["203.0.113.0/33"], 400),
            (["tea"], 400),
            (["198.51.100.0/24"], 409),
            (["203.0.113.0/24"] * 60, 400),
        ):
            assert (await rule(desk, networks=bad)).status_code == status, bad
        both = ["203.0.113.7/24", "2001:db8:5::/48"]
        answer = await rule(desk, networks=both)
        assert answer.json()["networks"] == ["203.0.113.0/24", "2001:db8:5::/48"]
        assert answer.json()["here"] == "203.0.113.7"
        assert (await browser.get("/api/me")).status_code == 200
        await rule(desk, networks=both[:1])
        await line.wait_closed()
        refused = await browser.get("/api/me")
        assert (refused.status_code, refused.json()["code"]) == (403, "workspaces.foreign_address")
        fresh = await house.client()
        fresh.headers["x-forwarded-for"] = "198.51.100.1"
        body = {"email": agent.email, "password": PASSWORD}
        kept_out = await fresh.post("/api/session", json=body)
        assert kept_out.json()["code"] == "workspaces.foreign_address" and not fresh.cookies
        # What the caller says of herself counts only as far as a listed proxy repeats it.
        fresh.headers["x-forwarded-for"] = "203.0.113.9, 198.51.100.1"
        assert (await fresh.post("/api/session", json=body)).status_code == 403
        assert (await rule(browser, networks=[])).status_code == 403
        assert await open_networks(house.db) == [owner.workspace_id]
        assert (await browser.get("/api/me")).status_code == 200
        assert await open_networks(house.db) == []
        done = await actions(house, owner.workspace_id)
        assert done.count("access.edit") == 3


async def test_who_runs_the_house_resets_a_person_everywhere(house: Running) -> None:
    person, desk = await member_client(house)
    await set_up_app(desk)
    assert await reset_factors(house.db, person.email.upper())
    assert not await reset_factors(house.db, "nobody@example.com")
    assert (await desk.get("/api/me")).status_code == 401
    client = await house.client()
    came = await client.post("/api/session", json={"email": person.email, "password": PASSWORD})
    assert came.json()["id"] == str(person.id)


async def test_rules_are_for_who_manages_the_workspace(house: Running) -> None:
    owner, desk = await member_client(house)
    _, browser = await member_client(house, "supervisor", owner.workspace_id)
    assert (await browser.get("/api/workspace/access")).status_code == 403
    assert (await rule(browser, idle_minutes=5)).status_code == 403
    for bad in ({"idle_minutes": 4}, {"session_hours": 0}, {"rules": [{"role": "pope", "grace_days": 1}]}):
        assert (await rule(desk, **bad)).status_code == 400, bad
    twice = [{"role": "agent", "grace_days": 1}, {"role": "agent", "grace_days": 2}]
    assert (await rule(desk, rules=twice)).json()["field"] == "rules"
    for _ in range(2):
        assert (await rule(desk, rules=twice[:1], session_hours=12)).status_code == 200
    assert (await rule(desk, session_hours=None)).json()["session_hours"] is None
    assert (await actions(house, owner.workspace_id)).count("access.edit") == 3
