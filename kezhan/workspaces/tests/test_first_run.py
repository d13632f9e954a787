"""The owner's link and the demo's people."""

import asyncio
import stat
from pathlib import Path

from sqlalchemy import text

from kezhan.kit.db import Database
from kezhan.settings import Settings
from kezhan.testing import Running
from kezhan.workspaces.first_run import ACCOUNTS_FILE, ensure_demo_people, ensure_first_run
from kezhan.workspaces.tests.factories import actions

FORM = {
    "workspace_name": "云上茶铺",
    "name": "沈青山",
    "email": "owner@example.com",
    "password": "a good long password",
}


async def _link(house: Running) -> str:
    first = await ensure_first_run(house.db, house.house.settings, demo=False)
    assert first.owner_link is not None and "/setup?token=kzo_" in first.owner_link
    return first.owner_link.partition("token=")[2]


async def test_the_owners_link_sets_the_workspace_up_once(own_house: Running) -> None:
    token = await _link(own_house)
    client = await own_house.client()
    offer = await client.get(f"/api/invitations/{token}")
    assert offer.status_code == 200 and offer.json()["role"] == "owner"
    answers = await asyncio.gather(
        *(client.post("/api/setup", json={**FORM, "token": token}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 410, 410]
    me = (await client.get("/api/me")).json()
    assert (me["role"], me["workspace"]["name"], me["email"]) == ("owner", "云上茶铺", "owner@example.com")
    late = await client.post("/api/setup", json={**FORM, "token": token})
    assert late.status_code == 410 and late.json()["code"] == "workspaces.link_accepted"
    assert (await ensure_first_run(own_house.db, own_house.house.settings, demo=False)).owner_link is None
    log = await actions(own_house, me["workspace"]["id"])
    assert log == ["workspace.create", "member.join", "session.open"]


async def test_a_newer_link_ends_the_older_and_both_end_with_time(own_house: Running) -> None:
    old, new = await _link(own_house), await _link(own_house)
    client = await own_house.client()
    answer = await client.post("/api/setup", json={**FORM, "token": old})
    assert answer.status_code == 410 and answer.json()["code"] == "workspaces.link_revoked"
    async with own_house.db.system_tx() as tx:
        assert await tx.value(text("select count(*) from workspaces")) == 1
        await tx.run(text("update invitations set expires_at = now()"))
    answer = await client.post("/api/setup", json={**FORM, "token": new})
    assert answer.status_code == 410 and answer.json()["code"] == "workspaces.link_expired"
    made_up = await client.post("/api/setup", json={**FORM, "token": "kzo_made-up"})
    assert made_up.status_code == 404


async def test_an_owners_link_is_no_invitation_and_the_other_way_round(own_house: Running) -> None:
    token = await _link(own_house)
    client = await own_house.client()
    body = {"name": "x", "password": "a good long password"}
    assert (await client.post(f"/api/invitations/{token}/acceptance", json=body)).status_code == 404
    assert (await client.post("/api/setup", json={**FORM, "token": token})).status_code == 201
    client.headers["X-Kezhan-CSRF"] = (await client.get("/api/me")).json()["csrf"]
    invite = {"email": "x@example.com", "role": "owner"}
    invited = await client.post("/api/workspace/invitations", json=invite)
    token = invited.json()["link"].partition("token=")[2]
    assert (await client.post("/api/setup", json={**FORM, "token": token})).status_code == 404


async def test_several_processes_starting_at_once_make_one_workspace(
    own_db: Database, tmp_path: Path
) -> None:
    settings = Settings(data=tmp_path)
    runs = await asyncio.gather(*(ensure_first_run(own_db, settings, demo=True) for _ in range(4)))
    async with own_db.system_tx() as tx:
        found = await tx.rows(text("select demo, count(*) from workspaces group by demo order by demo"))
        live = await tx.value(text("select count(*) from invitations where revoked_at is null"))
    assert [tuple(row) for row in found] == [(False, 1), (True, 1)]
    assert live == 1 and all(run.owner_link and run.demo == runs[0].demo for run in runs)


async def test_the_demos_people_sign_in_with_the_passwords_of_the_private_file(own_house: Running) -> None:
    settings = own_house.house.settings
    accounts = await ensure_demo_people(own_house.db, settings)
    assert [account.role for account in accounts] == ["owner", "supervisor", "agent"]
    assert len({account.password for account in accounts}) == 3
    path = settings.data / ACCOUNTS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert await ensure_demo_people(own_house.db, settings) == accounts
    for account in accounts:
        client = await own_house.client()
        body = {"email": account.email, "password": account.password}
        answer = await client.post("/api/session", json=body)
        assert answer.status_code == 201
        assert answer.json()["workspace"] | {"id": "", "time_zone": ""} == {
            "id": "",
            "name": "山间茶铺",
            "language": "zh-CN",
            "time_zone": "",
            "demo": True,
            "show_supervisors": True,
            "watermark": [],
            "accent": None,
            "tints": None,
            "logo": None,
        }
    path.unlink()
    assert await ensure_demo_people(own_house.db, settings) == []
    # A demo is nobody's own: the real owner's link is still there.
    assert (await ensure_first_run(own_house.db, settings, demo=True)).owner_link is not None
