"""Tags kept by the supervisor, put on a conversation and its customer, and seen by a colleague at once."""

import re

from playwright.async_api import Locator, Page, expect

from tests.journeys.conftest import Inn, meet
from tests.journeys.walk import WIDTHS, Make, Walker


async def make_tag(walker: Walker, name: str, group: str, colour: str) -> None:
    page = walker.page
    await page.get_by_role("button", name="新建标签").first.click()
    editor = page.get_by_role("dialog", name="新建标签")
    await editor.get_by_label("名称").fill(name)
    await editor.get_by_role("radio", name=colour).click()
    await editor.get_by_label("分组").fill(group)
    await walker.axe()
    await editor.get_by_role("button", name="保存").click()
    await expect(editor).to_have_count(0)
    await expect(page.get_by_text(name).first).to_be_visible()


async def put_on(field: Locator, page: Page, words: str, option: str) -> None:
    await field.get_by_role("button", name=re.compile("^添加标签")).click()
    words_field = page.get_by_placeholder("名称或拼音首字母")
    await words_field.fill(words)
    await page.get_by_role("option", name=option).click()
    await expect(words_field).to_have_count(0)


async def panel(walker: Walker) -> Locator:
    """What is known of the customer; on a phone a screen of its own."""
    side = walker.page.get_by_role("complementary", name="客户资料")
    if not await side.count():
        await walker.page.get_by_role("button", name=re.compile("客户资料")).click()
    return side


@WIDTHS
async def test_tags_are_kept_put_on_and_seen(inn: Inn, walker: Make, looks: dict[str, int]) -> None:
    _, boss = await meet(inn, walker, **looks)
    page = boss.page
    thread = re.sub(r"^https?://[^/]+", "", page.url)
    await boss.follow("/settings/tags")
    await expect(page.get_by_text("还没有标签")).to_be_visible()
    for name, group, colour in (("高价值", "等级", "琥珀"), ("退换货", "", "蓝"), ("需回访", "", "紫")):
        await make_tag(boss, name, group, colour)
    await boss.axe()
    await boss.follow(thread)
    side = await panel(boss)
    talk = side.get_by_role("region", name="会话标签")
    await put_on(talk, page, "thh", "退换货")
    await expect(talk.get_by_text("退换货")).to_be_visible()
    await put_on(talk, page, "xhf", "需回访")
    await put_on(talk, page, "加急", "新建“加急”")
    await expect(talk.get_by_text("加急")).to_be_visible()
    hers = side.get_by_role("region", name="客户标签")
    await put_on(hers, page, "gjz", "高价值")
    await expect(hers.get_by_text("高价值")).to_be_visible()
    await boss.axe()

    other = await walker(inn.url, **looks)
    await other.sign_in(inn.people[0].email, inn.people[0].password)
    await other.follow("/conversations/all")
    row = other.rows.first
    await expect(row.get_by_text("退换货")).to_be_visible()
    await expect(row.get_by_text("+1")).to_be_visible()
    await other.axe()
    await talk.get_by_role("button", name="移除标签 退换货").click()
    await expect(row.get_by_text("退换货")).to_have_count(0)
    await expect(row.get_by_text("加急")).to_be_visible()

    await other.follow("/search?q=龙井")
    await other.page.get_by_role("button", name="标签", exact=True).click()
    await other.page.get_by_role("option", name="高价值").click()
    await expect(other.page.get_by_text("明前").first).to_be_visible()
    await other.axe()
    await other.follow("/settings/tags")
    await other.page.get_by_role("button", name="需回访：更多操作").click()
    await other.page.get_by_role("menuitem", name="合并").click()
    dialog = other.page.get_by_role("dialog", name=re.compile("需回访"))
    await dialog.get_by_role("button", name="并入").click()
    await other.page.get_by_role("option", name="加急").click()
    await other.axe()
    await dialog.get_by_role("button", name="合并").click()
    await expect(talk.get_by_text("需回访")).to_have_count(0)
    await expect(talk.get_by_text("加急")).to_have_count(1)
    await other.axe()
