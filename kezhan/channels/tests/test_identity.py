"""Customers their own site vouches for: the same person on every device, and nobody else's conversation."""

import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from kezhan.channels.tests.people import Shop
from kezhan.simulate.client import Visitor


def signed(secret: str, customer: str, **more: Any) -> str:
    claims = {"sub": customer, "exp": int(time.time()) + 600, "name": "Anna Li", **more}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret))


async def rotate(shop: Shop) -> str:
    owner = await shop.agent("owner")
    answer = await owner.request("POST", f"/api/channels/{shop.account_id}/secret")
    secret: str = answer.json()["secret"]
    return secret


async def test_a_visitor_who_signs_in_keeps_her_conversation_on_every_device(shop: Shop) -> None:
    visitor = await shop.visitor()
    ack = await visitor.say("before I signed in")
    await visitor.close()
    session = await visitor.arrive(identity=signed(shop.secret, "42"))
    assert (session["visitor"]["verified"], session["visitor"]["name"]) == (True, "Anna Li")
    assert session["conversation"]["id"] == ack["conversation_id"]
    phone = Visitor(shop.url, shop.site_key, shop.http)
    again = await phone.arrive(identity=signed(shop.secret, "42"))
    assert again["visitor"]["id"] == session["visitor"]["id"]
    assert again["conversation"]["id"] == ack["conversation_id"]
    assert (await phone.say("from my phone"))["conversation_id"] == ack["conversation_id"]
    for one in (visitor, phone):
        await one.close()


async def test_another_customer_on_the_same_device_sees_nothing_of_the_first(shop: Shop) -> None:
    device = Visitor(shop.url, shop.site_key, shop.http)
    await device.arrive(identity=signed(shop.secret, "42"))
    ack = await device.say("private")
    await device.close()
    device.threads.clear()
    session = await device.arrive(identity=signed(shop.secret, "43", name="Bo"))
    assert session["conversation"] is None
    address = f"{shop.url}/w/v1/conversations/{ack['conversation_id']}"
    assert (await shop.http.get(address, headers=device.headers)).status_code == 404
    await device.close()


async def test_during_a_rotation_both_secrets_are_good_and_afterwards_only_the_new(shop: Shop) -> None:
    first, second = shop.secret, await rotate(shop)
    for secret in (first, second):
        asked = {"site_key": shop.site_key, "identity": signed(secret, "42")}
        assert (await shop.http.post(shop.url + "/w/v1/sessions", json=asked)).status_code == 201
    third = await rotate(shop)
    for secret, status in ((first, 401), (second, 201), (third, 201)):
        asked = {"site_key": shop.site_key, "identity": signed(secret, "42")}
        assert (await shop.http.post(shop.url + "/w/v1/sessions", json=asked)).status_code == status


@pytest.mark.parametrize("claims", [{"exp": 4102444800}, {"exp": 1}, {"sub": ""}, {"iat": 4102444800}])
async def test_an_identity_that_never_ends_or_is_over_or_is_nobodys_is_refused(
    shop: Shop, claims: dict[str, Any]
) -> None:
    asked = {"site_key": shop.site_key, "identity": signed(shop.secret, "42", **claims)}
    answer = await shop.http.post(shop.url + "/w/v1/sessions", json=asked)
    assert answer.status_code == 401
    assert answer.json()["code"].startswith("contacts.identity_")
