"""A customer is offered to an agent, who accepts with a key and reads why it was she."""

import re
from collections.abc import Awaitable, Callable

from playwright.async_api import expect

from kezhan.kit.ids import new_id
from kezhan.simulate.client import Agent
from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker


async def _ask_first(inn: Inn) -> None:
    """From now on whoever is chosen is asked whether she takes it."""
    owner = await Agent.sign_in(
        inn.url, inn.people[0].email, inn.people[0].password, await inn.house.client()
    )
    version = (await owner.get("/api/routing-policy"))["version"]
    rule = {"id": str(new_id()), "name": "官网咨询", "accept_seconds": 120}
    body = {"version": version, "despite": True, "policy": {"rules": [rule]}}
    assert (await owner.request("PUT", "/api/routing-policy", body)).json()["version"] == version + 1


async def test_an_offer_is_accepted_by_key_and_told_why(
    inn: Inn, walker: Callable[..., Awaitable[Walker]]
) -> None:
    await _ask_first(inn)
    customer, agent, phone = (
        await walker(inn.url),
        await walker(inn.url),
        await walker(inn.url, width=390, height=844),
    )
    for one in (agent, phone):
        await one.sign_in(inn.people[2].email, inn.people[2].password)
        await expect(one.page.get_by_role("button", name=re.compile("我的状态：在线")).last).to_be_visible()
    await customer.visit_shop()
    await customer.write("请问怎么退货？")
    for one in (agent, phone):
        card = one.page.get_by_role("article", name=re.compile("邀请你接入"))
        await expect(card.get_by_text("请问怎么退货？")).to_be_visible()
        await one.axe()
    await agent.page.wait_for_timeout(700)
    await agent.page.keyboard.press("Enter")
    await expect(agent.thread.get_by_text("请问怎么退货？")).to_be_visible()
    await expect(phone.page.get_by_role("article")).to_have_count(0)
    await agent.page.get_by_role("tab", name="分配").click()
    side = agent.page.get_by_role("complementary").last
    await expect(side.get_by_text("规则“官网咨询”v1").first).to_be_visible()
    await expect(side.get_by_text(re.compile("接受邀请"))).to_be_visible()
    await agent.axe()
    await agent.page.get_by_role("button", name=re.compile("我的状态")).click()
    await agent.page.get_by_role("menuitemcheckbox", name=re.compile("忙碌")).click()
    await expect(phone.page.get_by_role("button", name=re.compile("我的状态：忙碌")).last).to_be_visible()
