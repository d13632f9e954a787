"""Signed identities at the visitors' door: who becomes whom, whose session lives on, what is refused."""

import asyncio
import base64
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from kezhan.channels.tests.people import Shop, make_shop
from kezhan.kit.testing import TestCluster
from kezhan.testing import Running, running
from kezhan.workspaces.tests.factories import member_client

_numbers = itertools.count(1)


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(secret: str, sub: Any = "42", *, alg: str = "HS256", digest: str = "sha256", **claims: Any) -> str:
    """A token as a host site makes one, ten minutes long."""
    said = {"sub": sub, "exp": int(time.time()) + 600, **claims}
    head = f"{part({'alg': alg, 'typ': 'JWT'})}.{part(said)}"
    mark = hmac.digest(secret.encode(), head.encode(), digest)
    return f"{head}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


@pytest.fixture(scope="module")
async def front(cluster: TestCluster, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    """A house behind a proxy, so that every visitor has an address, and a limit, of her own."""
    folder = tmp_path_factory.mktemp("front")
    async with running(cluster.fresh(), folder, trusted_proxies=("127.0.0.1",)) as served:
        yield served


class Site:
    """A website's door."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    async def ask(self, **asked: Any) -> httpx2.Response:
        address = {"x-forwarded-for": f"203.0.113.{next(_numbers) % 250}"}
        body = {"site_key": self.shop.site_key, **asked}
        return await self.shop.http.post(self.shop.url + "/w/v1/sessions", json=body, headers=address)

    async def arrive(self, **asked: Any) -> Any:
        answer = await self.ask(**asked)
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def status(self, token: str) -> int:
        """What a visitor's own door answers to a token."""
        bearer = {"authorization": f"Bearer {token}"}
        return (await self.shop.http.get(self.shop.url + "/w/v1/conversations", headers=bearer)).status_code

    async def count(self, table: str) -> int:
        async with self.shop.db.tx(self.shop.workspace_id) as tx:
            return int(await tx.value(text(f"select count(*) from {table}")))  # noqa: S608

    def sign(self, sub: Any = "42", **more: Any) -> str:
        return signed(self.shop.secret, sub, **more)


@pytest.fixture
async def site(front: Running) -> AsyncIterator[Site]:
    shop = await make_shop(front)
    yield Site(shop)
    await shop.close()


async def test_an_anonymous_visitor_who_signs_in_is_the_same_person_under_a_new_token(
    front: Running, site: Site
) -> None:
    before = await site.arrive()
    claims = {"name": "王小明", "email": "w@x.cn", "phone": "138 0013 8000", "attributes": {"等级": "金"}}
    after = await site.arrive(token=before["token"], identity=site.sign(**claims))
    assert after["visitor"] == {"id": before["visitor"]["id"], "verified": True, "name": "王小明"}
    assert after["token"] != before["token"]
    assert (await site.status(before["token"]), await site.status(after["token"])) == (401, 200)
    _, agent = await member_client(front, "agent", site.shop.workspace_id)
    [contact] = (await agent.get("/api/contacts", params={"q": "w@x.cn"})).json()["items"]
    shown = (await agent.get(f"/api/contacts/{contact['id']}")).json()
    assert (shown["phone"], shown["attributes"]) == ("13800138000", {"等级": "金"})
    assert [(one["external_id"], one["verified"]) for one in shown["identities"]] == [("user:42", True)]


async def test_whoever_copied_the_anonymous_token_is_a_stranger_afterwards(site: Site) -> None:
    victim = await site.arrive()
    customer = await site.arrive(token=victim["token"], identity=site.sign())
    thief = await site.arrive(token=victim["token"])
    assert thief["visitor"]["id"] != customer["visitor"]["id"]
    assert not thief["visitor"]["verified"]
    assert await site.status(customer["token"]) == 200


async def test_the_same_person_again_goes_on_with_the_token_she_has(site: Site) -> None:
    first = await site.arrive(identity=site.sign())
    again = await site.arrive(token=first["token"], identity=site.sign())
    without = await site.arrive(token=first["token"])
    assert {one["token"] for one in (first, again, without)} == {first["token"]}
    assert all(one["visitor"]["verified"] for one in (first, again, without))
    assert (await site.count("visitor_sessions"), await site.count("contacts")) == (1, 1)


async def test_on_another_device_she_is_the_same_and_each_device_has_its_own_token(site: Site) -> None:
    desk, phone = [await site.arrive(identity=site.sign()) for _ in range(2)]
    assert desk["visitor"] == phone["visitor"]
    assert desk["token"] != phone["token"]
    bearer = {"authorization": f"Bearer {desk['token']}"}
    await site.shop.http.request("DELETE", site.shop.url + "/w/v1/sessions", headers=bearer)
    assert (await site.status(desk["token"]), await site.status(phone["token"])) == (401, 200)


async def test_who_signs_out_and_stays_becomes_nobody_known(site: Site) -> None:
    known = await site.arrive(identity=site.sign(name="王小明"))
    after = await site.arrive()
    assert (after["visitor"]["verified"], after["visitor"]["name"]) == (False, "")
    assert after["visitor"]["id"] != known["visitor"]["id"]


async def test_a_known_customer_on_a_strangers_device_takes_nothing_over(site: Site) -> None:
    known = await site.arrive(identity=site.sign())
    stranger = await site.arrive()
    after = await site.arrive(token=stranger["token"], identity=site.sign())
    assert after["visitor"]["id"] == known["visitor"]["id"]
    assert await site.status(stranger["token"]) == 200
    assert (await site.arrive(token=stranger["token"]))["visitor"]["id"] == stranger["visitor"]["id"]


async def test_three_tabs_signing_in_at_once_are_one_customer(site: Site) -> None:
    tabs = await asyncio.gather(*(site.arrive() for _ in range(3)))
    found = await asyncio.gather(*(site.arrive(token=tab["token"], identity=site.sign()) for tab in tabs))
    assert len({one["visitor"]["id"] for one in found}) == 1
    assert sorted([await site.status(tab["token"]) for tab in tabs]) == [200, 200, 401]


async def test_no_customer_id_leads_to_another_persons_identity(site: Site) -> None:
    stranger, known = await site.arrive(), await site.arrive(identity=site.sign())
    seen = {stranger["visitor"]["id"], known["visitor"]["id"]}
    for sub in ("visitor:{id}", "user:42", "{id}", "42 ", "用户 ' \" \\ 42", "a" * 190):
        found = await site.arrive(identity=site.sign(sub.replace("{id}", stranger["visitor"]["id"])))
        assert found["visitor"]["id"] not in seen, sub
        seen.add(found["visitor"]["id"])


async def test_a_token_of_another_site_is_no_token_here(front: Running, site: Site) -> None:
    elsewhere = Site(await make_shop(front))
    for here, there in ((site, elsewhere), (elsewhere, site)):
        known = await there.arrive(identity=there.sign(name="王小明"))
        fresh = await here.arrive(token=known["token"])
        assert (fresh["visitor"]["verified"], fresh["visitor"]["name"]) == (False, "")
        assert fresh["token"] != known["token"]
        assert await there.status(known["token"]) == 200
        assert (await there.arrive(token=known["token"]))["visitor"] == known["visitor"]


async def test_an_identity_another_site_signed_opens_nothing_and_the_same_id_is_somebody_else(
    front: Running, site: Site
) -> None:
    elsewhere = Site(await make_shop(front))
    answer = await site.ask(identity=elsewhere.sign())
    assert (answer.status_code, answer.json()["code"]) == (401, "contacts.identity_signature")
    one, other = await site.arrive(identity=site.sign()), await elsewhere.arrive(identity=elsewhere.sign())
    assert one["visitor"]["id"] != other["visitor"]["id"]
    assert (await site.count("contacts"), await elsewhere.count("contacts")) == (1, 1)


SOON = time.time() + 10**6
REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"alg": "HS384", "digest": "sha384"}, 401, "signature"),
    ({"alg": "none"}, 401, "signature"),
    ({"alg": "hs256"}, 401, "signature"),
    ({"digest": "sha1"}, 401, "signature"),
    ({"exp": 1}, 401, "expired"),
    ({"exp": -1}, 401, "expired"),
    ({"exp": SOON}, 401, "too_long"),
    ({"iat": SOON}, 401, "too_early"),
    ({"nbf": SOON}, 401, "too_early"),
    ({"exp": True}, 401, "claims"),
    ({"sub": None}, 401, "claims"),
    ({"sub": "a" * 191}, 401, "claims"),
    ({"name": "长" * 301}, 401, "claims"),
    ({"attributes": {"a": ["list"]}}, 401, "claims"),
    ({"attributes": {"": 1}}, 401, "claims"),
    ({"attributes": {"k" * 65: 1}}, 401, "claims"),
]


async def test_a_refused_identity_makes_nobody_and_costs_the_bearer_nothing(site: Site) -> None:
    present = await site.arrive()
    for changes, status, code in REFUSED:
        answer = await site.ask(token=present["token"], identity=site.sign(**{"sub": "42", **changes}))
        assert (answer.status_code, answer.json()["code"]) == (status, f"contacts.identity_{code}"), changes
    unsigned = site.sign().rpartition(".")[0] + "."
    for identity, status in ((unsigned, 401), ("", 401), ("x" * 8192, 401), ("x" * 8193, 400), (42, 400)):
        assert (await site.ask(token=present["token"], identity=identity)).status_code == status
    nul = await site.ask(identity=site.sign("4\x002"))
    assert (nul.status_code, nul.json()["code"]) == (400, "kit.bad_text")
    assert (await site.count("contacts"), await site.count("visitor_sessions")) == (1, 1)
    assert await site.status(present["token"]) == 200


async def test_a_refusal_never_repeats_the_token_or_the_secret(site: Site) -> None:
    for identity in (signed("another secret"), site.sign(exp=1), site.sign(name="长" * 301)):
        answer = await site.ask(identity=identity)
        assert answer.headers["content-type"] == "application/problem+json"
        assert identity not in answer.text
        assert site.shop.secret not in answer.text


async def test_a_customer_is_let_in_whatever_her_site_says_of_her(site: Site) -> None:
    said = {
        "name": "王\x00" + "长" * 200,
        "email": "no\x00ne@x.cn",
        "phone": "none",
        "attributes": {"a": "\x00"},
    }
    session = await site.arrive(identity=site.sign(**said))
    assert session["visitor"]["name"] == "王 " + "长" * 126
    again = await site.arrive(identity=site.sign(name="别的名字"))
    assert again["visitor"]["name"] == session["visitor"]["name"]


async def test_a_page_cannot_talk_over_what_its_site_has_signed(site: Site) -> None:
    session = await site.arrive(identity=site.sign(attributes={"等级": "金"}))
    bearer = {"authorization": f"Bearer {session['token']}"}
    address = site.shop.url + "/w/v1/attributes"
    for values, status in (
        ({"等级": "钻石", "城市": "杭州"}, 204),
        ({"a": {"deep": 1}}, 400),
        ({"a": "x" * 501}, 400),
        ({str(n): n for n in range(51)}, 400),
        ({"a": "\x00"}, 400),
    ):
        answer = await site.shop.http.put(address, json={"values": values}, headers=bearer)
        assert answer.status_code == status, values
    async with site.shop.db.tx(site.shop.workspace_id) as tx:
        kept = await tx.value(text("select attributes -> 'values' from contacts"))
    assert kept == {"等级": "金", "城市": "杭州"}
    nobody = await site.shop.http.put(address, json={"values": {"a": 1}})
    assert nobody.status_code == 401
