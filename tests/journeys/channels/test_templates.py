"""A window that has closed and a template that reaches her all the same: WhatsApp as documented."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said
from fakes.serve import standing
from kezhan.kit.testing import until
from tests.journeys.channels.conftest import join, ours
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make, Walker

_DAY = 25 * 3600.0
_FILLED = "您好 林小满，订单 A1024 已发货。"


@pytest.fixture
async def whatsapp() -> AsyncIterator[Platform]:
    async with standing("whatsapp") as platform:
        yield platform


async def closed(inn: Inn, whatsapp: Platform, agent: Walker) -> str:
    """The customer's name there, a day after she has written: a reply has come too late."""
    await agent.sign_in(inn.people[0].email, inn.people[0].password)
    await join(inn, whatsapp, "WhatsApp")
    customer = next(iter(whatsapp.phones))
    await whatsapp.say(customer, Said(text="订单发货了吗？"))
    await agent.rows.filter(has_text="订单发货了吗？").first.click()
    await expect(agent.thread.get_by_text("订单发货了吗？")).to_be_visible()
    whatsapp.switch({"clock_ahead": _DAY})
    field = agent.page.get_by_role("textbox", name=re.compile("输入回复|Write a reply"))
    await field.fill("发了")
    await agent.page.get_by_role("button", name=re.compile("^(发送|Send)$")).click()
    reach = agent.page.locator("#composer-reach")
    await expect(reach).to_contain_text(re.compile("只能发送模板消息|only templates"))
    return customer


@pytest.mark.long
async def test_a_template_reaches_her_after_the_window_and_her_answer_opens_it_again(
    inn: Inn, whatsapp: Platform, walker: Make
) -> None:
    agent = await walker(inn.url)
    customer = await closed(inn, whatsapp, agent)
    page = agent.page
    await expect(agent.thread.get_by_text("超出可回复时间").first).to_be_visible()
    await page.get_by_role("button", name="选择模板").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("option")).to_have_count(2)
    await agent.axe()
    await dialog.get_by_role("combobox").fill("发货")
    await page.keyboard.press("Enter")
    await expect(dialog.get_by_label("第 1 处")).to_be_focused()
    await page.keyboard.type("林小满")
    await page.keyboard.press("Enter")
    await page.keyboard.type("A1024")
    await expect(dialog.get_by_text(_FILLED)).to_be_visible()
    await agent.axe()
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    bubble = agent.thread.locator("[data-seq]").filter(has_text=_FILLED)
    await expect(bubble.get_by_text("模板消息")).to_be_visible()

    async def shown() -> list[tuple[str, str]]:
        return [(one.kind, one.text) for one in ours(whatsapp, customer)]

    assert await until(shown) == [("template", _FILLED)]
    await expect(page.get_by_text("窗口已关闭").first).to_be_visible()
    await whatsapp.say(customer, Said(text="收到，谢谢"))
    await expect(agent.thread.get_by_text("收到，谢谢")).to_be_visible()
    await expect(page.get_by_text("小时后关闭").first).to_be_visible()
    await agent.reply("不客气")

    async def answered() -> bool:
        return (await shown())[-1] == ("text", "不客气")

    await until(answered)
