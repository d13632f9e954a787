"""Second factors, from the door: set up, asked for, used once, lost, required, reset."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.kit.postgres import Access
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces import sign_in as coming_in
from kezhan.workspaces.factors import store, totp
from kezhan.workspaces.factors.steps import PER_USER
from kezhan.workspaces.factors.tests.factories import (
    ORIGIN,
    Key,
    code_of,
    rewind,
    set_up_app,
    set_up_key,
)
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    Person,
    actions,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


@pytest.fixture(autouse=True)
def quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long a refusal takes is shown once, below."""
    monkeypatch.setattr(coming_in, "_FAILURE_SECONDS", 0.0)


@pytest.fixture(scope="module")
async def site(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A house with a name of its own, as passkeys need one."""
    folder = tmp_path_factory.mktemp("site")
    async with running(cluster.fresh(), folder, public_url=ORIGIN) as house:
        yield house


@pytest.fixture(autouse=True)
async def fresh_counts(site: Running) -> None:
    """All tests come from one address, which may be wrong so often only."""
    async with site.db.system_tx() as tx:
        await tx.run(text("delete from sign_in_failures"))


async def door(house: Running, person: Person) -> tuple[httpx2.AsyncClient, dict[str, Any]]:
    """A fresh browser that has given her password, and what it was answered."""
    client = await house.client()
    answer = await client.post("/api/session", json={"email": person.email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return client, answer.json()


async def second(client: httpx2.AsyncClient, step: str, **shown: str) -> httpx2.Response:
    return await client.post("/api/session/second", json={"step": step, **shown})


async def test_an_app_is_asked_for_after_the_password_and_each_code_is_taken_once(site: Running) -> None:
    person, desk = await member_client(site)
    before = desk.cookies["kz_session"]
    offer = (await desk.post("/api/me/totp")).json()
    assert offer["picture"].startswith("<svg") and offer["address"].startswith("otpauth://totp/")
    wrong = await desk.put("/api/me/totp", json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["field"]) == (400, "code")
    secret, codes = await set_up_app(desk)
    assert len(set(codes)) == 10 and desk.cookies["kz_session"] != before
    assert (await desk.post("/api/me/totp")).json()["code"] == "workspaces.app_there"

    client, asked = await door(site, person)
    assert asked["totp"] and asked["options"] is None and "kz_session" not in client.cookies
    assert (await client.get("/api/me")).status_code == 401  # half signed in is not signed in
    # The code that set it up, seen over a shoulder, is worth nothing, though its time is not over.
    assert (await second(client, asked["step"], code=code_of(secret, -1))).status_code == 401
    assert (await second(client, asked["step"], code=code_of(secret, -5))).status_code == 401
    code = code_of(secret)
    both = await asyncio.gather(*(second(client, asked["step"], code=code) for _ in range(2)))
    assert sorted(answer.status_code for answer in both) == [201, 401]
    assert (await client.get("/api/me")).json()["id"] == str(person.id)
    # Neither the code nor the step opens anything again.
    other, again = await door(site, person)
    assert (await second(other, again["step"], code=code)).json()["code"] == "workspaces.wrong_code"
    assert (await second(other, asked["step"], code=code_of(secret, 1))).status_code == 401
    assert (await second(other, again["step"], code=code_of(secret, 1))).status_code == 201  # a clock ahead
    done = await actions(site, person.workspace_id)
    assert {"member.add_factor", "session.refuse"} <= set(done)


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    secret = totp.new_secret()
    at = 1_700_000_000.0
    import pyotp

    codes = {off: pyotp.TOTP(secret).at(at + 30 * off) for off in range(-3, 4)}
    taken = [off for off, code in codes.items() if totp.step_of(secret, code, at) is not None]
    assert taken == [-1, 0, 1]
    step = totp.step_of(secret, codes[0], at)
    assert step is not None and totp.step_of(secret, codes[0], at, after=step) is None
    assert totp.step_of(secret, "١٢٣٤٥٦", at) is None


async def test_a_recovery_code_opens_once_and_new_ones_end_the_old(site: Running) -> None:
    person, desk = await member_client(site)
    _, codes = await set_up_app(desk)
    client, asked = await door(site, person)
    assert (await second(client, asked["step"], code=codes[0].lower())).status_code == 201
    assert (await client.get("/api/me/factors")).json()["codes_left"] == 9
    client, asked = await door(site, person)
    assert (await second(client, asked["step"], code=codes[0])).status_code == 401
    fresh = (await desk.post("/api/me/recovery-codes")).json()["codes"]
    assert (await second(client, asked["step"], code=codes[1])).status_code == 401
    assert (await second(client, asked["step"], code=fresh[1].replace("-", ""))).status_code == 201
    async with site.db.system_tx() as tx:
        kept = [*await tx.rows(text("select cast(t as text) from (select * from recovery_codes) t"))]
        kept += await tx.rows(text("select cast(t as text) from (select * from totp_secrets) t"))
    assert not any(code.replace("-", "") in row[0] for code in fresh for row in kept)


async def test_ten_wrong_codes_lock_the_step_even_for_the_right_one(site: Running) -> None:
    person, desk = await member_client(site)
    secret, codes = await set_up_app(desk)
    client, asked = await door(site, person)
    wrong = (second(client, asked["step"], code=f"00000{at % 10}") for at in range(PER_USER + 1))
    assert sorted(answer.status_code for answer in await asyncio.gather(*wrong)) == [401] * PER_USER + [429]
    for code in (code_of(secret), codes[0]):
        refused = await second(client, asked["step"], code=code)
        assert refused.status_code == 429 and int(refused.headers["retry-after"]) > 0
    # Her own session is no way round the count.
    rewound = await desk.put("/api/me/totp", json={"code": code_of(secret)})
    assert rewound.status_code == 429


async def test_a_step_ends_after_ten_minutes_and_serves_its_own_kind_only(
    site: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, desk = await member_client(site)
    secret, _ = await set_up_app(desk)
    with monkeypatch.context() as patch:
        patch.setattr(store, "STEP_LIFE", timedelta(seconds=-1))
        client, asked = await door(site, person)
    over = await second(client, asked["step"], code=code_of(secret))
    assert (over.status_code, over.json()["code"]) == (401, "workspaces.step_over")
    _, asked = await door(site, person)
    as_passkey = {"step": asked["step"], "credential": "{}"}
    assert (await client.post("/api/session/passkey", json=as_passkey)).status_code == 401
    for bad in (
        {"step": asked["step"]},
        {"step": asked["step"], "code": "1"},
        {"step": "", "code": "123456"},
    ):
        assert (await client.post("/api/session/second", json=bad)).status_code in {400, 401}


async def test_a_passkey_serves_in_place_of_the_password_and_beside_it(site: Running) -> None:
    person, desk = await member_client(site)
    key = Key()
    made = await set_up_key(desk, key)
    assert made.status_code == 200 and len(made.json()["codes"]) == 10
    (shown,) = (await desk.get("/api/me/factors")).json()["passkeys"]
    assert shown["name"] == "手机" and shown["used_at"] is None

    client = await site.client()
    begun = (await client.post("/api/session/passkey-options")).json()
    credential = key.show(begun["options"])
    body = {"step": begun["step"], "credential": credential}
    came = await client.post("/api/session/passkey", json=body)
    assert came.status_code == 201 and came.json()["id"] == str(person.id)
    assert came.json()["method"] == "passkey"
    # What was signed once opens nothing again, in this step or in another.
    assert (await client.post("/api/session/passkey", json=body)).json()["code"] == "workspaces.step_over"
    fresh = (await client.post("/api/session/passkey-options")).json()
    replay = {"step": fresh["step"], "credential": credential}
    assert (await client.post("/api/session/passkey", json=replay)).json()[
        "code"
    ] == "workspaces.wrong_passkey"

    other, asked = await door(site, person)
    assert not asked["totp"] and json.loads(asked["options"])["allowCredentials"]
    assert (await second(other, asked["step"], credential=key.show(asked["options"]))).status_code == 201


@pytest.mark.parametrize("fault", ["origin", "site", "copied", "unverified", "unknown", "garbage", "foreign"])
async def test_a_passkey_that_is_not_right_is_refused_like_an_unknown_one(site: Running, fault: str) -> None:
    _, desk = await member_client(site)
    key = Key()
    assert (await set_up_key(desk, key)).status_code == 200
    client = await site.client()
    begun = (await client.post("/api/session/passkey-options")).json()
    options, origin = begun["options"], ORIGIN
    if fault == "origin":
        origin = "http://localhost.evil.test"
    elif fault == "site":
        options = options.replace('"localhost"', '"evil.test"')
    elif fault == "unverified":
        key.flags = 0x01
    elif fault == "unknown":
        key.id = b"nobody has this one"
    elif fault == "foreign":
        key.key = Key().key
    if fault == "copied":
        key.count = 41
        first = (await client.post("/api/session/passkey-options")).json()
        body = {"step": first["step"], "credential": key.show(first["options"])}
        assert (await client.post("/api/session/passkey", json=body)).status_code == 201
        key.count = 3
    credential = "[" * 5000 if fault == "garbage" else key.show(options, origin)
    answer = await client.post("/api/session/passkey", json={"step": begun["step"], "credential": credential})
    assert (answer.status_code, answer.json()["code"]) == (401, "workspaces.wrong_passkey")


async def test_anothers_passkey_is_no_second_factor_and_no_second_time_anybodys(site: Running) -> None:
    person, desk = await member_client(site)
    thief, thieves_desk = await member_client(site)
    mine, hers = Key(), Key()
    assert (await set_up_key(thieves_desk, mine)).status_code == 200
    assert (await set_up_key(desk, hers)).status_code == 200
    client, asked = await door(site, person)
    shown = mine.show(asked["options"])
    assert (await second(client, asked["step"], credential=shown)).status_code == 401
    assert (await set_up_key(thieves_desk, hers)).json()["code"] == "workspaces.passkey_there"
    begun = (await desk.post("/api/me/passkey-options")).json()
    stolen = {"step": begun["step"], "name": "x", "credential": Key().make(begun["options"])}
    assert (await thieves_desk.post("/api/me/passkeys", json=stolen)).status_code == 409
    ids = (await desk.get("/api/me/factors")).json()["passkeys"]
    assert (await thieves_desk.delete(f"/api/me/passkeys/{ids[0]['id']}")).status_code == 404
    assert thief.id != person.id


async def test_passkeys_are_not_offered_where_the_address_is_a_number(house: Running) -> None:
    _, desk = await member_client(house)
    assert not (await desk.get("/api/me/factors")).json()["passkeys_work"]
    for path in ("me/passkey-options", "session/passkey-options"):
        assert (await desk.post(f"/api/{path}")).json()["code"] == "workspaces.no_passkeys_here"


async def test_changing_factors_wants_the_password_of_a_moment_ago(site: Running) -> None:
    person, desk = await member_client(site)
    secret, _ = await set_up_app(desk)
    await rewind(site, person.user_id)
    for method, path in (
        ("POST", "me/totp"),
        ("DELETE", "me/totp"),
        ("POST", "me/passkey-options"),
        ("POST", "me/recovery-codes"),
    ):
        refused = await desk.request(method, f"/api/{path}")
        assert (refused.status_code, refused.json()["code"]) == (403, "workspaces.prove_first"), path
    wrong = await desk.put("/api/me/proof", json={"password": "not this one"})
    assert (wrong.status_code, wrong.json()["field"]) == (403, "password")
    old = desk.cookies["kz_session"]
    assert (await desk.put("/api/me/proof", json={"password": PASSWORD})).status_code == 204
    # A cookie known before the rise of rights is worth nothing after it.
    thief = await site.client()
    thief.cookies.set("kz_session", old)
    assert (await thief.get("/api/me")).status_code == 401
    assert (await desk.delete("/api/me/totp")).status_code == 204
    assert (await desk.delete("/api/me/totp")).status_code == 204
    view = (await desk.get("/api/me/factors")).json()
    assert (view["totp"], view["codes_left"]) == (False, 0)
    assert (await desk.post("/api/me/recovery-codes")).status_code == 409
    _, me = await door(site, person)
    assert me["id"] == str(person.id) and secret


async def test_another_workspace_is_entered_without_what_the_password_has_just_opened(site: Running) -> None:
    person, desk = await member_client(site)
    branch = await make_person(site.db, await make_workspace(site.db), user=person)
    there = {"workspace_id": str(branch.workspace_id)}
    me = (await desk.post("/api/session/workspace", json=there)).json()
    desk.headers["x-kezhan-csrf"] = me["csrf"]
    assert (await desk.post("/api/me/totp")).json()["code"] == "workspaces.prove_first"


async def test_the_first_factor_ends_the_sessions_opened_without_one(site: Running) -> None:
    person, desk = await member_client(site)
    phone = await sign_in(site, person)
    await set_up_app(desk)
    assert (await phone.get("/api/me")).status_code == 401
    assert (await desk.get("/api/me")).status_code == 200


async def _require(desk: httpx2.AsyncClient, role: str, days: int) -> None:
    answer = await desk.patch("/api/workspace/access", json={"rules": [{"role": role, "grace_days": days}]})
    assert answer.status_code == 200, answer.text


async def test_a_role_that_needs_a_factor_gets_nothing_else_until_it_has_one(site: Running) -> None:
    owner, desk = await member_client(site)
    agent, browser = await member_client(site, "agent", owner.workspace_id)
    await _require(desk, "agent", 3)
    me = (await browser.get("/api/me")).json()
    assert me["factor_due"] and not me["factor_needed"]
    await _require(desk, "agent", 0)
    held = await browser.get("/api/members")
    assert (held.status_code, held.json()["code"]) == (403, "workspaces.factor_needed")
    for path in ("workspace", "sessions", "conversations", "personal-settings"):
        assert (await browser.get(f"/api/{path}")).status_code in {403, 404}, path
    upgrade = {"connection": "upgrade", "upgrade": "websocket"}
    key = {"sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", "sec-websocket-version": "13"}
    assert (await browser.get("/ws", headers={**upgrade, **key})).status_code == 403
    me = (await browser.get("/api/me")).json()
    assert me["factor_needed"] and me["permissions"] == []
    secret, _ = await set_up_app(browser)
    assert (await browser.get("/api/members")).status_code == 200
    assert (await browser.delete("/api/me/totp")).json()["code"] == "workspaces.factor_kept"
    assert (await desk.get("/api/members")).status_code == 200  # her own role needs none
    client, asked = await door(site, agent)
    assert (await second(client, asked["step"], code=code_of(secret))).status_code == 201
    assert (await client.get("/api/members")).status_code == 200


async def test_an_administrator_resets_whom_she_may_and_it_is_kept(site: Running) -> None:
    owner, desk = await member_client(site)
    agent, browser = await member_client(site, "agent", owner.workspace_id)
    _, admin = await member_client(site, "admin", owner.workspace_id)
    await set_up_app(browser)
    await set_up_app(desk)
    assert (await browser.delete(f"/api/members/{owner.id}/factors")).status_code == 403
    assert (await admin.delete(f"/api/members/{owner.id}/factors")).status_code == 403
    assert (await desk.delete(f"/api/members/{owner.id}/factors")).status_code == 409
    _, stranger = await member_client(site)
    assert (await stranger.delete(f"/api/members/{agent.id}/factors")).status_code == 404
    for _ in range(2):
        assert (await admin.delete(f"/api/members/{agent.id}/factors")).status_code == 204
    assert (await browser.get("/api/me")).status_code == 401
    _, me = await door(site, agent)
    assert me["id"] == str(agent.id)
    assert (await actions(site, owner.workspace_id)).count("member.reset_factors") == 1
    # Who is trusted elsewhere too is not one workspace's to weaken.
    await make_person(site.db, await make_workspace(site.db), user=agent)
    assert (await admin.delete(f"/api/members/{agent.id}/factors")).json()[
        "code"
    ] == "workspaces.elsewhere_too"


async def test_an_invitation_does_not_lead_past_the_second_factor(site: Running) -> None:
    person, desk = await member_client(site)
    secret, _ = await set_up_app(desk)
    _, other = await member_client(site)
    invited = await other.post("/api/workspace/invitations", json={"email": person.email, "role": "admin"})
    token = invited.json()["link"].partition("token=")[2]
    client = await site.client()
    body = {"name": "又来", "password": PASSWORD}
    asked = (await client.post(f"/api/invitations/{token}/acceptance", json=body)).json()
    assert asked["totp"] and "kz_session" not in client.cookies
    me = (await second(client, asked["step"], code=code_of(secret))).json()
    assert me["role"] == "admin" and me["id"] != str(person.id)


async def test_knowing_nothing_it_cannot_be_told_who_has_a_factor(site: Running) -> None:
    person, desk = await member_client(site)
    plain = await make_person(site.db, person.workspace_id)
    await set_up_app(desk)
    client = await site.client()
    seen = []
    for email in (person.email, plain.email, "nobody@example.com"):
        answer = await client.post("/api/session", json={"email": email, "password": "not this one"})
        seen.append((answer.status_code, answer.json(), sorted(answer.headers.keys())))
    assert seen[0] == seen[1] == seen[2]


async def test_a_cookie_planted_before_signing_in_is_not_the_one_after(site: Running) -> None:
    person, desk = await member_client(site)
    client = await site.client()
    client.cookies.set("kz_session", "kzs_planted", domain="127.0.0.1")
    answer = await client.post("/api/session", json={"email": person.email, "password": PASSWORD})
    fresh = answer.headers["set-cookie"]
    assert "planted" not in fresh and fresh.startswith("kz_session=kzs_")
    planted = await site.client()
    planted.cookies.set("kz_session", "kzs_planted")
    assert (await planted.get("/api/me")).status_code == 401
    before = desk.cookies["kz_session"]
    new = {"old": PASSWORD, "new": "another water and leaf"}
    assert (await desk.put("/api/me/password", json=new)).status_code == 204
    assert desk.cookies["kz_session"] != before and (await desk.get("/api/me")).status_code == 200


@pytest.mark.long
async def test_the_time_of_a_wrong_code_tells_nothing(
    access: Access, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    async with running(access, tmp_path) as house:
        person, desk = await member_client(house)
        _, codes = await set_up_app(desk)
        client, asked = await door(house, person)
        for code in ("000000", codes[0][:-4] + "AAAA"):
            answer = await second(client, asked["step"], code=code)
            assert answer.status_code == 401 and answer.elapsed.total_seconds() > 0.38
