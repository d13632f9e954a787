"""Quick replies: called up by a slash, offered to a customer's words, kept by a supervisor, from a list."""

import re

import pytest
from playwright.async_api import expect

from kezhan.demo.replies import ensure_demo_replies
from tests.journeys.conftest import Inn, meet
from tests.journeys.walk import PHONE, WIDTHS, Make

_LIST = "title,code,body\n优惠券领取,yhq,券在首页\n会员日,hyr,每月八号\n空的,,\n"


async def test_a_slash_calls_it_up_and_what_she_asks_offers_it(inn: Inn, walker: Make) -> None:
    await ensure_demo_replies(inn.house.db)
    customer, agent = await meet(inn, walker, "你好，请问怎么退货？")
    page, field = agent.page, agent.page.get_by_role("textbox", name=re.compile("输入回复"))
    offered = page.get_by_role("group", name="推荐的快捷回复")
    await expect(offered.get_by_role("button", name="退货流程")).to_be_visible()
    await agent.axe()
    await offered.get_by_role("button", name="退货流程").click()
    await expect(field).to_have_value(re.compile("^收到七天内"))
    await field.press("Enter")
    await expect(customer.log.get_by_text("收到七天内")).to_be_visible()
    await expect(offered).to_be_hidden()
    await field.press_sequentially("/yh")
    options = page.get_by_role("listbox", name="快捷回复").get_by_role("option")
    await expect(options.first).to_contain_text("优惠券领取")
    await agent.axe()
    await field.press("Enter")
    await expect(field).to_have_value(re.compile("^优惠券在首页"))
    await field.press("Enter")
    await expect(customer.log.get_by_text("优惠券在首页")).to_be_visible()
    await customer.chat.get_by_label("输入消息").press_sequentially("可以开具发票吗")
    await expect(offered.get_by_role("button", name="开具发票")).to_be_visible()
    await field.focus()
    await field.press("Escape")
    await expect(offered).to_be_hidden()
    await expect(field).to_be_focused()


async def test_fingers_choose_it_from_a_sheet(inn: Inn, walker: Make) -> None:
    await ensure_demo_replies(inn.house.db)
    customer, agent = await meet(inn, walker, "在吗", **PHONE)
    await agent.page.get_by_role("button", name="快捷回复（行首输入 /）").click()
    sheet = agent.page.get_by_role("dialog", name="快捷回复")
    await sheet.get_by_role("textbox").fill("kcxx")
    await expect(sheet.get_by_text("没有与“kcxx”匹配的快捷回复")).to_be_visible()
    await sheet.get_by_role("textbox").fill("kcwh")
    await expect(sheet.get_by_role("button", name=re.compile("开场问候"))).to_be_visible()
    await agent.axe()
    await sheet.get_by_role("button", name=re.compile("开场问候")).click()
    field = agent.page.get_by_role("textbox", name=re.compile("输入回复"))
    await expect(field).to_have_value(re.compile("欢迎光临！我是山间茶铺的林晚晴"))
    await agent.page.get_by_role("button", name="发送", exact=True).click()
    await expect(customer.log.get_by_text("欢迎光临")).to_be_visible()


@pytest.mark.long
@WIDTHS
async def test_a_supervisor_keeps_them(inn: Inn, walker: Make, looks: dict[str, int]) -> None:
    await ensure_demo_replies(inn.house.db)
    boss = await walker(inn.url, **looks)
    page = boss.page
    await boss.sign_in(inn.people[1].email, inn.people[1].password)
    await page.goto(inn.url + "/settings/quick")
    await page.get_by_role("navigation", name="分类").get_by_role("button", name=re.compile("优惠")).click()
    await expect(page.get_by_role("link", name=re.compile("优惠券领取"))).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("开场问候"))).to_be_hidden()
    await boss.axe()
    await page.get_by_role("link", name="新建快捷回复").click()
    await expect(page.get_by_label("分类")).to_have_value("售前/优惠")
    await page.get_by_label("标题").fill("生日礼")
    await page.get_by_label("短码").fill("srl")
    await page.get_by_label("回复内容").fill("{{customer.phone}}")
    await expect(page.get_by_text("没有“customer.phone”这个变量")).to_be_visible()
    await page.get_by_label("回复内容").fill("生日快乐，")
    await page.get_by_role("button", name="客户名称").click()
    await expect(page.get_by_role("figure", name="客户将看到")).to_contain_text("生日快乐，王女士")
    await page.locator("input[type=file]").set_input_files(
        {"name": "贺卡.txt", "mimeType": "text/plain", "buffer": "生日快乐".encode()}
    )
    await expect(page.get_by_role("button", name="移除 贺卡.txt")).to_be_visible()
    await boss.axe()
    await page.get_by_role("button", name="创建", exact=True).click()
    await expect(page.get_by_role("link", name=re.compile("生日礼"))).to_be_visible()
    await page.get_by_role("button", name="导入").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_role("textbox").fill(_LIST)
    await dialog.get_by_role("button", name="看看会有什么变化").click()
    await expect(dialog.get_by_text("请填写内容，或添加附件。")).to_be_visible()
    await boss.axe()
    await dialog.get_by_role("button", name="导入 2 条").click()
    await expect(page.get_by_role("link", name=re.compile("会员日"))).to_be_visible()
    await page.get_by_role("link", name=re.compile("生日礼")).click()
    await page.get_by_role("button", name="移除", exact=True).click()
    await page.get_by_role("dialog").get_by_role("button", name="移除").click()
    await expect(page.get_by_role("link", name=re.compile("会员日"))).to_be_visible()
    await expect(page.get_by_role("link", name=re.compile("生日礼"))).to_be_hidden()
