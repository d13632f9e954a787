"""A customer on the demo shop and an agent at the workbench talk, each in a browser of her own."""

import asyncio
import io
import re

import pytest
from PIL import Image
from playwright.async_api import expect

from tests.journeys.conftest import Inn, meet
from tests.journeys.walk import Make


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (800, 600), "#8aa878").save(drawn, "PNG")
    return drawn.getvalue()


@pytest.mark.parametrize("phone", [{}, {"width": 390, "height": 844}], ids=["desktop", "phone"])
async def test_they_talk(inn: Inn, walker: Make, phone: dict[str, int]) -> None:
    customer, agent = await meet(inn, walker, **phone)
    field = customer.chat.get_by_label("输入消息")
    await field.press_sequentially("想买两")
    await expect(agent.page.get_by_text("想买两")).to_be_visible()
    await field.fill("")
    await agent.page.get_by_role("textbox", name=re.compile("输入回复")).press_sequentially("有的")
    await expect(customer.chat.get_by_text(re.compile("正在输入"))).to_be_visible()
    await agent.page.get_by_role("button", name="发送", exact=True).click()
    await expect(customer.log.get_by_text("有的")).to_be_visible()
    await customer.write("太好了")
    await expect(agent.thread.get_by_text("太好了")).to_be_visible()
    await customer.axe(customer.page.frame(url=re.compile("panel.html")))
    await agent.axe()


async def test_a_picture_arrives_and_opens(inn: Inn, walker: Make) -> None:
    customer, agent = await meet(inn, walker)
    frame = customer.chat
    await frame.locator("input[type=file]").first.set_input_files(
        {"name": "tea.png", "mimeType": "image/png", "buffer": picture()}
    )
    await expect(agent.thread.locator("img").first).to_be_visible()
    natural = "image => image.decode().then(() => image.naturalWidth)"
    assert await agent.thread.locator("img").first.evaluate(natural) > 100
    await expect(frame.get_by_role("log").locator("img").first).to_be_visible()


async def test_recall_and_edit_show_on_both_screens(inn: Inn, walker: Make) -> None:
    customer, agent = await meet(inn, walker)
    await agent.reply("这句说错了")
    await expect(customer.log.get_by_text("这句说错了")).to_be_visible()
    await agent.thread.get_by_text("这句说错了").hover()
    await agent.thread.get_by_role("button", name="消息操作").last.click()
    await agent.page.get_by_role("menuitem", name=re.compile("撤回")).click()
    confirm = agent.page.get_by_role("dialog").get_by_role("button", name=re.compile("撤回"))
    if await confirm.count():
        await confirm.click()
    await expect(customer.log.get_by_text("这句说错了")).to_have_count(0)
    await expect(customer.log.get_by_text(re.compile("撤回"))).to_be_visible()


async def test_a_note_never_reaches_the_customer(inn: Inn, walker: Make) -> None:
    customer, agent = await meet(inn, walker)
    await (
        agent.page.get_by_role("switch", name="内部备注")
        .or_(agent.page.get_by_role("button", name="内部备注"))
        .first.click()
    )
    note = agent.page.get_by_role("textbox", name=re.compile("写给同事的备注"))
    await note.fill("老客户，多送一泡")
    await note.press("Enter")
    await expect(agent.thread.get_by_text("老客户，多送一泡")).to_be_visible()
    await (
        agent.page.get_by_role("switch", name="内部备注")
        .or_(agent.page.get_by_role("button", name="内部备注"))
        .first.click()
    )
    await agent.reply("给您多备了一泡")
    await expect(customer.log.get_by_text("给您多备了一泡")).to_be_visible()
    await expect(customer.log.get_by_text("老客户，多送一泡")).to_have_count(0)


async def test_offline_messages_arrive_once_and_in_order(inn: Inn, walker: Make) -> None:
    customer, agent = await meet(inn, walker)
    await customer.context.set_offline(True)
    await asyncio.sleep(0.3)
    for words in ("第一句", "第二句", "第三句"):
        await customer.write(words)
    await asyncio.sleep(0.5)
    await expect(agent.thread.get_by_text("第一句")).to_have_count(0)
    await customer.context.set_offline(False)
    await expect(agent.thread.get_by_text("第三句")).to_be_visible()
    said = await agent.thread.inner_text()
    places = [said.find(words) for words in ("第一句", "第二句", "第三句")]
    assert places == sorted(places)
    for words in ("第一句", "第二句", "第三句"):
        await expect(agent.thread.get_by_text(words)).to_have_count(1)
        await expect(customer.log.get_by_text(words)).to_have_count(1)


async def test_the_card_shows_where_she_came_from_and_what_she_looked_at(inn: Inn, walker: Make) -> None:
    customer, agent = await walker(inn.url), await walker(inn.url)
    await customer.visit_shop("/demo?utm_source=xiaohongshu&utm_campaign=spring")
    await customer.write("在吗")
    await customer.page.goto(inn.url + "/demo/help")
    person = inn.people[1]
    await agent.sign_in(person.email, person.password)
    await agent.rows.first.click()
    side = agent.page.get_by_role("complementary").last
    await expect(side.get_by_text("xiaohongshu").first).to_be_visible()
    await expect(side.get_by_text(re.compile("/demo/help|帮助")).first).to_be_visible()


async def test_after_the_close_the_next_word_opens_a_new_conversation(inn: Inn, walker: Make) -> None:
    customer, agent = await meet(inn, walker)
    await agent.page.get_by_role("button", name="结束会话").first.click()
    await expect(customer.log.get_by_text(re.compile("结束")).first).to_be_visible()
    await customer.write("还有一个问题")
    await agent.open_list("我的")
    await expect(agent.rows.first).to_contain_text("还有一个问题")
