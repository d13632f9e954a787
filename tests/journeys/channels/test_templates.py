"""A window that has closed and a template that reaches her all the same: WhatsApp as documented."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said, Shown
from fakes.serve import standing
from kezhan.files.tests.factories import picture as a_picture
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
    await expect(dialog.get_by_role("option")).to_have_count(4)
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


@pytest.mark.long
async def test_a_template_with_a_picture_above_and_a_button_she_taps(
    inn: Inn, whatsapp: Platform, walker: Make
) -> None:
    agent = await walker(inn.url)
    customer = await closed(inn, whatsapp, agent)
    page, dialog = agent.page, agent.page.get_by_role("dialog")
    await page.get_by_role("button", name="选择模板").click()
    await dialog.get_by_role("combobox").fill("新茶")
    await expect(dialog.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await dialog.get_by_role("button", name="发送").click()
    await expect(dialog.get_by_text("要放一个文件")).to_be_visible()
    picture = {"name": "茶.jpg", "mimeType": "image/jpeg", "buffer": a_picture("JPEG", (320, 200))}
    await dialog.locator("input[type=file]").set_input_files(picture)  # type: ignore[arg-type]
    await expect(dialog.get_by_role("img", name="茶.jpg")).to_be_visible()
    await dialog.get_by_label("第 1 处").fill("林小满")
    await dialog.get_by_label("复制优惠码").fill("TEA30")
    await agent.axe()
    await dialog.get_by_role("button", name="发送").click()
    await expect(dialog).to_be_hidden()
    bubble = agent.thread.locator("[data-seq]").filter(has_text="林小满，明前新茶")
    await expect(bubble.get_by_text("模板消息")).to_be_visible()
    await expect(bubble.locator("img").first).to_be_visible()

    async def shown() -> list[Shown]:
        return ours(whatsapp, customer)

    (one,) = await until(shown)
    assert (one.kind, whatsapp.files[one.file].media_type) == ("image", "image/jpeg")
    assert "复制优惠码 TEA30" in one.text
    await whatsapp.act(customer, "choose", {"message": one.id, "choice": "不再接收"})
    await expect(agent.thread.get_by_text("不再接收").last).to_be_visible()
