"""A customer is asked when her conversation has ended, answers in the chat and on a page of its own; the desk
sees it, follows it up and counts it. At desktop and phone width."""

import re
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from kezhan.channels.links import survey_link
from kezhan.surveys.first_run import ensure_demo_survey
from tests.journeys.conftest import Inn, meet
from tests.journeys.walk import WIDTHS, Make, Walker


async def close(agent: Walker) -> None:
    await agent.page.get_by_role("button", name="更多操作").click()
    await agent.page.get_by_role("menuitem", name="结束会话").click()


async def served(inn: Inn, walker: Make, looks: dict[str, int]) -> tuple[Walker, Walker]:
    await ensure_demo_survey(inn.house.db)
    customer, agent = await meet(inn, walker, **looks)
    await agent.page.get_by_role("textbox", name=re.compile("输入回复")).fill("有的，今年的明前。")
    await agent.page.get_by_role("button", name="发送", exact=True).click()
    await expect(customer.log.get_by_text("有的，今年的明前。")).to_be_visible()
    await close(agent)
    await expect(customer.log.get_by_text("茶好不好喝您说了算")).to_be_visible()
    return customer, agent


@WIDTHS
async def test_she_answers_in_the_chat_and_the_desk_sees_it(
    inn: Inn, walker: Make, looks: dict[str, int]
) -> None:
    customer, agent = await served(inn, walker, looks)
    star = customer.log.get_by_role("button", name="不满意", exact=True)
    await star.focus()
    await customer.page.keyboard.press("Enter")
    await expect(star).to_have_attribute("aria-pressed", "true")
    await expect(customer.log.get_by_text("谢谢您，山间茶铺会更好。")).to_be_visible()
    panel = customer.page.frame(url=re.compile("panel.html"))
    await customer.axe(panel)
    await customer.log.get_by_role("button", name="未解决").click()
    await customer.log.get_by_label("还有什么想说的").fill("<b>太慢了</b>")
    await customer.log.get_by_role("button", name="提交").click()
    await expect(customer.log.get_by_role("button", name="修改评价")).to_be_visible()
    page = agent.page
    await expect(agent.thread.get_by_text("客户修改评价：2/5 · ✗")).to_be_visible()
    await page.reload()  # what has been told in passing is gone
    await expect(agent.thread.get_by_text("客户修改评价：2/5 · ✗")).to_be_visible()
    await agent.axe()
    await page.goto(inn.url + "/satisfaction?tab=follow")
    await expect(page.get_by_text("<b>太慢了</b>")).to_be_visible()
    await agent.axe()
    await page.get_by_role("button", name="标记已回访").click()
    await expect(page.get_by_text("没有需要回访的评价")).to_be_visible()
    await page.goto(inn.url + "/satisfaction")
    await expect(page.get_by_text("1 / 1 次邀请")).to_be_visible()
    await agent.axe()


@pytest.mark.long
@WIDTHS
async def test_who_has_the_link_answers_without_an_account(
    inn: Inn, walker: Make, looks: dict[str, int]
) -> None:
    _, agent = await served(inn, walker, looks)
    shop = await inn.workspace_id()
    async with inn.house.db.tx(shop) as tx:
        [invite] = await tx.fetch("select id from survey_invites")
    stranger = await walker(inn.url, **looks)
    page = stranger.page
    await page.goto(survey_link(inn.house.house.keyring, inn.url, shop, invite["id"]))
    await stranger.axe()
    await page.get_by_role("radio", name="非常满意", exact=True).focus()
    await page.keyboard.press("Space")
    await page.get_by_role("radio", name="已解决").check(force=True)
    await page.get_by_label(re.compile("还有什么想说的")).fill("谢谢")
    await page.get_by_role("button", name="提交评价").click()
    await expect(page.get_by_role("status")).to_have_text("谢谢您，山间茶铺会更好。")
    await stranger.axe()
    await expect(agent.thread.get_by_text("客户评价：5/5 · ✓")).to_be_visible()
    await page.goto(f"{inn.url}/s/{quote('没有')}")
    await expect(page.get_by_role("heading", name="这份评价不存在")).to_be_visible()


async def test_a_survey_is_made_and_shown_as_the_customer_sees_it(inn: Inn, walker: Make) -> None:
    desk = await walker(inn.url)
    person = inn.people[0]
    await desk.sign_in(person.email, person.password)
    page = desk.page
    await page.goto(inn.url + "/settings/surveys/new")
    await page.get_by_label("名称").fill("售后评价")
    await page.get_by_label("邀请语").fill("您觉得怎么样？")
    preview = page.get_by_role("figure", name="客户看到的样子")
    await expect(preview.get_by_text("您觉得怎么样？")).to_be_visible()
    await page.get_by_role("button", name="添加问题").click()
    await page.get_by_role("menuitem", name="单选").click()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("请写下这个问题。")).to_be_visible()
    await page.get_by_label("问题").last.fill("从哪里知道我们？")
    await page.get_by_label("选项 1", exact=True).fill("朋友")
    await page.get_by_label("选项 2", exact=True).fill("搜索")
    await expect(preview.get_by_text("从哪里知道我们？")).to_be_visible()
    await desk.axe()
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("link", name="售后评价")).to_be_visible()
    await desk.axe()
