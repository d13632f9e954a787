"""Single sign-on against a provider that is a process of its own, through both doors as a browser goes."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces.single_sign_on.tests.factories import Provider, running_provider
from kezhan.workspaces.single_sign_on.tests.provider import CLIENT, SECRET
from kezhan.workspaces.tests.factories import (
    PASSWORD,
    Person,
    actions,
    make_person,
    make_workspace,
    member_client,
    sign_in,
)


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
async def inside(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A house that may call this machine."""
    folder = tmp_path_factory.mktemp("inside")
    async with running(cluster.fresh(), folder, inside_networks=("127.0.0.0/8",)) as house:
        yield house


async def connect(desk: httpx2.AsyncClient, provider: Provider, **more: Any) -> httpx2.Response:
    form = {"issuer": provider.url, "client_id": CLIENT, "secret": SECRET, **more}
    return await desk.put("/api/workspace/single-sign-on", json=form)


class Way(NamedTuple):
    """How it ended: where the browser was sent to at last, and the browser."""

    place: str
    fault: str
    browser: httpx2.AsyncClient
    back: str


async def go(house: Running, person: Person, to: str = "/contacts") -> Way:
    """A fresh browser through the provider and back."""
    browser = await house.client()
    began = await browser.get(f"/api/single-sign-on/{person.workspace_id}", params={"to": to})
    back = began.headers["location"]
    if not back.startswith("/"):
        back = httpx2.get(back, verify=False).headers["location"]
    return await come_back(browser, back)


async def come_back(browser: httpx2.AsyncClient, back: str) -> Way:
    ended = await browser.get(back)
    place = urlsplit(ended.headers["location"])
    return Way(place.path, parse_qs(place.query).get("fault", [""])[0], browser, back)


def claims(person: Person, **more: Any) -> dict[str, Any]:
    return {"sub": f"s-{person.user_id}", "email": person.email, "email_verified": True, **more}


async def test_a_member_comes_in_by_her_company_and_to_this_workspace_only(
    inside: Running, provider: Provider
) -> None:
    owner, desk = await member_client(inside)
    agent = await make_person(inside.db, owner.workspace_id)
    branch = await make_person(inside.db, await make_workspace(inside.db), user=agent)
    kept = (await connect(desk, provider, domains=["Example.com"])).json()["connection"]
    assert kept["has_secret"] and kept["domains"] == ["example.com"] and SECRET not in str(kept)
    provider.told(user=claims(agent))
    way = await go(inside, agent)
    assert (way.place, way.fault) == ("/contacts", "")
    me = (await way.browser.get("/api/me")).json()
    assert (me["id"], me["method"]) == (str(agent.id), "single_sign_on")
    # What her company says of her is nobody else's business.
    assert [one["id"] for one in me["workspaces"]] == [str(owner.workspace_id)]
    way.browser.headers["x-kezhan-csrf"] = me["csrf"]
    there = {"workspace_id": str(branch.workspace_id)}
    refused = await way.browser.post("/api/session/workspace", json=there)
    assert refused.json()["code"] == "workspaces.known_here_only"
    # Nor does it lead to factors of hers, which would open the other one.
    assert (await way.browser.post("/api/me/totp")).json()["code"] == "workspaces.prove_first"
    # The way back is gone once: neither the provider's code nor this browser's start serves again.
    again = await come_back(way.browser, way.back)
    assert again.fault == "workspaces.step_over"
    # Her e-mail may change; the provider's name for her stays.
    provider.told(user=claims(agent, email="other@elsewhere.example"))
    assert (await go(inside, agent)).fault == ""
    assert "session.open" in await actions(inside, owner.workspace_id)


async def test_another_browser_or_a_made_up_state_gets_nothing(inside: Running, provider: Provider) -> None:
    owner, desk = await member_client(inside)
    await connect(desk, provider)
    provider.told(user=claims(owner))
    browser = await inside.client()
    began = await browser.get(f"/api/single-sign-on/{owner.workspace_id}")
    back = httpx2.get(began.headers["location"], verify=False).headers["location"]
    stranger = await inside.client()
    assert (await come_back(stranger, back)).fault == "workspaces.step_over"
    forged = back.replace("state=", "state=x")
    assert (await come_back(browser, forged)).fault == "workspaces.step_over"
    assert (await go(inside, owner, to="//evil.example/x")).place == "/"
    for away in ("https://evil.example", "/\t/evil.example", "/\r\na: b", "/\\evil.example", "/会话"):
        assert (await go(inside, owner, to=away)).place == "/"


@pytest.mark.parametrize(
    "wrong",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"]}},
        {"claims": {"aud": [CLIENT], "azp": "another"}},
        {"claims": {"iss": "https://another.example"}},
        {"skew": -420},
        {"foreign_key": True},
        {"algorithm": "HS256"},
        {"algorithm": "none"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_right_opens_nothing(
    inside: Running, provider: Provider, wrong: dict[str, Any]
) -> None:
    owner, desk = await member_client(inside)
    await connect(desk, provider)
    provider.told(user=claims(owner), **wrong)
    way = await go(inside, owner)
    assert (way.place, way.fault) == ("/sign-in", "workspaces.not_vouched")
    assert (await way.browser.get("/api/me")).status_code == 401
    assert (await actions(inside, owner.workspace_id))[-1] == "session.refuse"
    provider.told()


async def test_keys_may_change_and_clocks_differ_a_little(inside: Running, provider: Provider) -> None:
    owner, desk = await member_client(inside)
    for auth in ("client_secret_basic", "client_secret_post"):
        provider.told(user=claims(owner), auth=auth)
        assert (await connect(desk, provider)).status_code == 200
        assert (await go(inside, owner)).fault == ""
    provider.told(skew=45)
    assert (await go(inside, owner)).fault == ""
    inside.house.app.state.providers._keys.clear()
    assert (await go(inside, owner)).fault == ""
    for address, (keys, until) in inside.house.app.state.providers._keys.items():
        inside.house.app.state.providers._keys[address] = (keys, until - 30)  # asked for half a minute ago
    provider.told(rotate=True)
    assert (await go(inside, owner)).fault == ""


async def test_who_is_no_member_becomes_one_only_where_that_is_switched_on(
    inside: Running, provider: Provider
) -> None:
    owner, desk = await member_client(inside)
    stranger = {"sub": "new", "email": f"new-{owner.id}@tea.example", "name": "新同事"}
    roles = [{"value": "leads", "role": "supervisor"}]
    provider.told(user={**stranger, "email_verified": True, "groups": ["staff", "leads"]})
    await connect(desk, provider)
    assert (await go(inside, owner)).fault == "workspaces.not_a_member"
    await connect(desk, provider, creates=True, role_claim="groups", role_map=roles)
    # An address that nobody has looked at makes no member, unless this workspace says the domain is its own.
    provider.told(user={**stranger, "email_verified": False, "groups": ["leads"]})
    assert (await go(inside, owner)).fault == "workspaces.not_a_member"
    provider.told(user={**stranger, "groups": ["leads"]})
    assert (await go(inside, owner)).fault == "workspaces.not_a_member"
    await connect(desk, provider, creates=True, role_claim="groups", role_map=roles, domains=["tea.example"])
    way = await go(inside, owner)
    me = (await way.browser.get("/api/me")).json()
    assert (me["role"], me["name"]) == ("supervisor", "新同事")
    # Another person of the provider with the same address is not she.
    provider.told(user={**stranger, "sub": "other", "email_verified": True})
    assert (await go(inside, owner)).fault == "workspaces.not_a_member"
    # A seat that was taken away is not given back by the provider.
    assert (await desk.delete(f"/api/members/{me['id']}")).status_code == 204
    for sub in ("new", "third"):
        provider.told(user={**stranger, "sub": sub, "email_verified": True})
        assert (await go(inside, owner)).fault == "workspaces.not_a_member"
    password = {"email": stranger["email"], "password": ""}
    fresh = await inside.client()
    assert (await fresh.post("/api/session", json=password)).status_code == 400
    password["password"] = "None"
    assert (await fresh.post("/api/session", json=password)).status_code == 401
    bad = await connect(desk, provider, role_map=[{"value": "x", "role": "owner"}])
    assert bad.status_code == 400


async def test_domains_that_must_come_this_way_have_no_password_but_for_owners(
    inside: Running, provider: Provider
) -> None:
    owner, desk = await member_client(inside)
    agent, browser = await member_client(inside, "agent", owner.workspace_id)
    await connect(desk, provider, domains=["example.com"], required=True)
    assert (await browser.post("/api/session/activity")).status_code == 401
    fresh = await inside.client()
    body = {"email": agent.email, "password": PASSWORD}
    refused = await fresh.post("/api/session", json=body)
    assert refused.json()["code"] == "workspaces.single_sign_on_needed" and not fresh.cookies
    assert (await fresh.post("/api/session", json=body | {"password": "wrong one"})).status_code == 401
    owns = {"email": owner.email, "password": PASSWORD}
    assert (await fresh.post("/api/session", json=owns)).status_code == 201
    # Another workspace of hers asks for nothing of the kind, but does not lead back into this one.
    branch = await make_person(inside.db, await make_workspace(inside.db), user=agent)
    came = await (await inside.client()).post("/api/session", json=body)
    assert came.json()["id"] == str(branch.id)
    there = await sign_in(inside, branch)
    switch = await there.post("/api/session/workspace", json={"workspace_id": str(owner.workspace_id)})
    assert switch.json()["code"] == "workspaces.single_sign_on_needed"
    found = [
        await fresh.post("/api/single-sign-on/offers", json={"email": one})
        for one in ("x@example.com", "x@y.z")
    ]
    names = [one["workspace_id"] for one in found[0].json()["items"]]
    assert str(owner.workspace_id) in names and found[1].json()["items"] == []


async def test_only_owners_see_and_change_it_and_only_to_what_answers(
    inside: Running, provider: Provider, house: Running
) -> None:
    owner, desk = await member_client(inside)
    _, admin = await member_client(inside, "admin", owner.workspace_id)
    assert (await connect(admin, provider)).status_code == 403
    assert (await admin.get("/api/workspace/single-sign-on")).status_code == 403
    assert (await desk.get("/api/workspace/single-sign-on")).json()["connection"] is None
    for issuer in ("http://127.0.0.1:1/", "not an address", "ftp://a.example", f"{provider.url}/x"):
        answer = await connect(desk, Provider(issuer))
        assert (answer.status_code, answer.json()["field"]) == (400, "issuer"), issuer
    provider.told(issuer="https://another.example")
    assert (await connect(desk, provider)).status_code == 400
    provider.told()
    for _ in range(2):
        assert (await connect(desk, provider)).status_code == 200
    for _ in range(2):
        assert (await desk.delete("/api/workspace/single-sign-on")).status_code == 204
    assert (await actions(inside, owner.workspace_id)).count("access.edit") == 3
    gone = await desk.get(f"/api/single-sign-on/{owner.workspace_id}")
    assert gone.headers["location"] == "/sign-in?fault=workspaces.no_single_sign_on"
    # An installation that may not call its own networks does not, whatever an owner enters.
    _, outside = await member_client(house)
    assert (await connect(outside, provider)).status_code == 400
