"""A customer's orders: asked for where the workspace says, with a signature, and kept by nobody."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx2
import pytest
from sqlalchemy import text

from fakes.orders import SECRET, OrderService
from kezhan.contacts import service as contacts
from kezhan.contacts.schemas import Profile
from kezhan.files.tests.factories import make_account
from kezhan.kit.fetch import guarded_client
from kezhan.orders import ask
from kezhan.testing import Running
from kezhan.workspaces.tests.factories import member_client

ADDRESS = "https://orders.example/orders"


class Till:
    """An owner who sets the service up, an agent who looks, and a customer of whom the service knows."""

    def __init__(self, house: Running, her: UUID, boss: Any, agent: Any, workspace_id: UUID) -> None:
        self.house, self.service, self.contact = house, OrderService(), her
        self.workspace_id = workspace_id
        self.boss: httpx2.AsyncClient = boss
        self.agent: httpx2.AsyncClient = agent
        self.calls: list[httpx2.Request] = []

    def transport(self) -> httpx2.MockTransport:
        def handle(request: httpx2.Request) -> httpx2.Response:
            self.calls.append(request)
            if request.url.host != "orders.example":
                raise httpx2.ConnectError("nobody there")
            status, told = self.service.answer(request.headers["x-kezhan-signature"], request.content)
            return httpx2.Response(status, json=told)

        return httpx2.MockTransport(handle)

    async def set_up(self, **form: Any) -> httpx2.Response:
        return await self.boss.put("/api/order-source", json=form)

    async def orders(self, more: str = "") -> Any:
        answer = await self.agent.get(f"/api/contacts/{self.contact}/orders{more}")
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
async def till(house: Running) -> AsyncIterator[Till]:
    person, boss = await member_client(house, "owner")
    _, agent = await member_client(house, "agent", person.workspace_id)
    account_id = await make_account(house.db, person.workspace_id)
    profile = Profile(name="林小满", email="lin@example.com")
    async with house.db.tx(person.workspace_id) as tx:
        her = await contacts.resolve(
            tx, account_id=account_id, external_id="user:8812", verified=True, profile=profile
        )
    till = Till(house, her.contact_id, boss, agent, person.workspace_id)
    usual = house.house.orders.http
    house.house.orders.http = httpx2.AsyncClient(transport=till.transport())
    yield till
    await house.house.orders.http.aclose()
    house.house.orders.http = usual


async def test_her_orders_are_asked_for_by_what_the_company_knows_her_by_and_remembered_shortly(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await till.orders() == {"configured": False, "orders": [], "fault": None, "status": 0}
    for _ in range(2):
        made = await till.set_up(address=ADDRESS, secret=SECRET)
        assert made.json()["source"]["address"] == ADDRESS
        assert SECRET not in made.text
    first, second = await till.orders(), await till.orders()
    assert first == second
    assert (first["configured"], first["fault"], len(first["orders"]) >= 2) == (True, None, True)
    (asked,) = till.service.asked
    assert (asked["trial"], asked["customer"]["email"]) == (False, "lin@example.com")
    assert [(one["id"], one["verified"]) for one in asked["customer"]["identities"]] == [("8812", True)]
    await till.orders("?again=true")
    assert len(till.service.asked) == 2
    monkeypatch.setattr(ask, "REMEMBERED_SECONDS", -1.0)
    await till.orders("?again=true")
    await till.orders()
    assert len(till.service.asked) == 4
    assert (await till.boss.delete("/api/order-source")).status_code == 204
    assert (await till.orders())["configured"] is False
    async with till.house.db.tx(till.workspace_id) as tx:
        logged = await tx.rows(
            text("select action, detail from audit_log where action like 'order%' order by at")
        )
    assert [row.action for row in logged] == ["order_source.change", "order_source.remove"]
    assert SECRET not in str(logged)


async def test_a_service_that_fails_is_told_in_words_and_the_trial_says_the_same(till: Till) -> None:
    assert (await till.boss.post("/api/order-source/trial")).json()["configured"] is False
    await till.set_up(address=ADDRESS, secret="another secret, not theirs")
    trial = (await till.boss.post("/api/order-source/trial")).json()
    assert (trial["fault"], trial["status"]) == ("refused", 401)
    await till.set_up(address=ADDRESS, secret=SECRET)
    assert (await till.boss.post("/api/order-source/trial")).json()["fault"] is None
    assert till.service.asked[-1]["trial"] is True
    till.service.trouble = 503
    assert [(await till.orders("?again=true"))[name] for name in ("fault", "status")] == ["refused", 503]
    till.service.trouble, till.service.strange = 0, True
    assert (await till.orders("?again=true"))["fault"] == "not_understood"
    await till.set_up(address="https://nobody.example/orders")
    assert (await till.orders())["fault"] == "unreachable"


async def test_the_guard_keeps_the_service_out_of_our_own_network(till: Till) -> None:
    await till.set_up(address="https://127.0.0.1:9/orders", secret=SECRET)
    usual, orders = till.house.house.orders.http, till.house.house.orders
    orders.http = guarded_client()
    try:
        assert (await till.orders())["fault"] == "unreachable"
    finally:
        await orders.http.aclose()
        orders.http = usual


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"address": "http://orders.example/x", "secret": SECRET}, "orders.bad_address"),
        ({"address": "ftp://orders.example/x", "secret": SECRET}, "orders.bad_address"),
        ({"address": "https://me:pw@orders.example/x", "secret": SECRET}, "orders.bad_address"),
        ({"address": ADDRESS}, "orders.no_secret"),
        ({"address": ADDRESS, "secret": "short"}, "kit.bad_input"),
    ],
)
async def test_what_is_no_service_is_refused_and_nothing_is_kept(till: Till, form: Any, code: str) -> None:
    answer = await till.set_up(**form)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert (await till.boss.get("/api/order-source")).json() == {"source": None}


async def test_who_may_not_sets_nothing_up_and_a_stranger_sees_no_customer_of_ours(till: Till) -> None:
    await till.set_up(address=ADDRESS, secret=SECRET)
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/trial")):
        form = {"address": ADDRESS, "secret": SECRET} if method == "PUT" else None
        answer = await till.agent.request(method, "/api/order-source" + path, json=form)
        assert answer.status_code == 403
    _, auditor = await member_client(till.house, "auditor")
    _, stranger = await member_client(till.house, "agent")
    assert (await auditor.get(f"/api/contacts/{till.contact}/orders")).status_code == 403
    assert (await stranger.get(f"/api/contacts/{till.contact}/orders")).status_code == 404
    assert till.service.asked == []
