"""A customer waits in a browser: she sees where she stands, what else she can do, and who serves her."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Locator, expect

from kezhan.channels.tests.people import make_shop
from kezhan.hours.tests.factories import closed_now
from kezhan.kit.clock import now
from kezhan.kit.postgres import Access
from kezhan.routing.policy import Policy
from kezhan.routing.tests.factories import Lobby, rule
from kezhan.routing.tests.queueing import serve
from kezhan.testing import running
from tests.journeys.walk import Make, Walker


@pytest.fixture
async def lobby(access: Access, tmp_path: Path, assets: Path) -> AsyncIterator[Lobby]:
    async with running(access, tmp_path, assets) as house:
        shop = await make_shop(house)
        yield Lobby(shop)
        await shop.close()


async def arrive(lobby: Lobby, walker: Make) -> Walker:
    """On the chat's own page, on a phone."""
    customer = await walker(lobby.shop.url, width=390, height=844)
    await customer.page.goto(f"{lobby.shop.url}/chat/{lobby.shop.site_key}")
    await expect(customer.page.get_by_role("log")).to_be_visible()
    return customer


async def write(customer: Walker, words: str) -> None:
    await customer.page.get_by_label("输入消息").fill(words)
    await customer.page.keyboard.press("Enter")


def card(customer: Walker) -> Locator:
    return customer.page.get_by_role("region", name="排队情况")


async def test_she_moves_up_with_a_time_to_expect_until_somebody_serves_her(
    lobby: Lobby, walker: Make
) -> None:
    await lobby.open(live_units=1)
    agent = await lobby.agent("周小满")
    await serve(lobby, 30)
    before = [await lobby.customer() for _ in range(2)]
    customer = await arrive(lobby, walker)
    await expect(customer.page.get_by_text(re.compile("现在有 1 人排队 · 预计 .* 分钟"))).to_be_visible()
    await write(customer, "在吗")
    await expect(card(customer)).to_contain_text(re.compile("您排在第 2 位 · 预计 .* 分钟"))
    await customer.axe()
    await customer.page.reload()
    await expect(card(customer)).to_contain_text("您排在第 2 位")
    await agent.request("PUT", f"/api/conversations/{before[0][1]}/closure")
    await expect(card(customer)).to_contain_text("您排在第 1 位")
    await agent.request("PUT", f"/api/conversations/{before[1][1]}/closure")
    await expect(customer.page.get_by_text("周小满 为您服务")).to_be_visible()
    await expect(card(customer)).to_have_count(0)
    await expect(customer.page.get_by_role("heading", name="周小满")).to_be_visible()


async def test_an_offer_is_told_and_what_follows_when_it_is_declined(lobby: Lobby, walker: Make) -> None:
    await lobby.open(Policy(rules=[rule(accept_seconds=120)]))
    agent = await lobby.agent("周小满")
    customer = await arrive(lobby, walker)
    await write(customer, "在吗")
    await expect(card(customer)).to_contain_text("正在为您接通")
    (offer,) = (await agent.get("/api/offers"))["items"]
    await agent.request("DELETE", f"/api/conversations/{offer['head']['id']}/acceptance")
    await expect(card(customer)).to_contain_text("您排在第 1 位")
    await lobby.agent("林晚晴")
    await expect(card(customer)).to_contain_text("正在为您接通")
    await lobby.agents["林晚晴"].request("PUT", f"/api/conversations/{offer['head']['id']}/acceptance")
    await expect(customer.page.get_by_role("heading", name="林晚晴")).to_be_visible()
    await expect(card(customer)).to_have_count(0)


async def test_she_leaves_the_queue_and_thinks_better_of_it(lobby: Lobby, walker: Make) -> None:
    await lobby.open(live_units=1)
    await lobby.agent("周小满")
    await lobby.customer()
    customer = await arrive(lobby, walker)
    await write(customer, "在吗")
    await customer.page.get_by_role("button", name="不等了").click()
    await expect(card(customer)).to_contain_text("已转为留言，我们会尽快回复")
    await customer.page.get_by_role("button", name="重新排队").click()
    await expect(card(customer)).to_contain_text("您排在第 1 位")


async def test_outside_hours_she_learns_when_we_are_back_and_leaves_her_number(
    lobby: Lobby, walker: Make
) -> None:
    await lobby.open()
    owner = await lobby.shop.agent("owner", "老板")
    made = (await owner.request("POST", "/api/schedules", closed_now(now()))).json()
    use = f"/api/schedule-uses/channel/{lobby.shop.account_id}"
    assert (await owner.request("PUT", use, {"schedule_id": made["id"]})).status_code == 200
    customer = await arrive(lobby, walker)
    await expect(customer.page.get_by_text(re.compile("(今天|明天).*恢复服务"))).to_be_visible()
    await write(customer, "想订两盒龙井")
    await expect(card(customer)).to_contain_text(re.compile("现在是非工作时间，(今天|明天).*恢复"))
    await customer.page.get_by_role("button", name="留下联系方式").click()
    await customer.page.keyboard.type("打我电话")
    await customer.page.keyboard.press("Enter")
    await expect(customer.page.get_by_role("alert")).to_contain_text("电话号码")
    await customer.axe()
    await customer.page.get_by_label("手机号或邮箱").fill("138 0013 8000")
    await customer.page.keyboard.press("Enter")
    await expect(card(customer)).to_contain_text("已收到，我们会联系 138 0013 8000")
    await expect(customer.page.get_by_role("log")).to_contain_text("请回电：13800138000")
