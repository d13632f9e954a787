"""Lists of one's own: a view made and live, several done at once and taken back, the palette."""

import re

from playwright.async_api import Locator, Page, expect

from tests.journeys.conftest import Inn
from tests.journeys.walk import PHONE, WIDTHS, Make, Walker


async def crowd(inn: Inn, walker: Make, count: int) -> list[Walker]:
    customers = [await walker(inn.url) for _ in range(count)]
    for n, customer in enumerate(customers):
        await customer.visit_shop()
        await customer.write(f"第{n + 1}位，在吗")
        await expect(customer.log.get_by_text("在吗")).to_be_visible()
    return customers


async def make_view(page: Page, name: str) -> None:
    await page.get_by_role("button", name=re.compile("切换视图")).click()
    await page.get_by_role("button", name="新建视图").click()
    editor = page.get_by_role("dialog", name="新建视图")
    await editor.get_by_label("名称").fill(name)
    await expect(editor.get_by_text(re.compile("现有 [23] 个会话"))).to_be_visible()


async def call_palette(page: Page) -> Locator:
    """By its keys on a desk; a phone has it below the views."""
    size = page.viewport_size
    if size is not None and size["width"] > PHONE["width"]:
        await page.keyboard.press("Control+k")
    else:
        await page.get_by_role("button", name=re.compile("切换视图")).click()
        await page.get_by_role("button", name="命令面板").last.click()
    return page.get_by_role("dialog", name="命令面板")


@WIDTHS
async def test_a_view_is_made_stays_live_and_many_are_done_at_once(
    inn: Inn, walker: Make, looks: dict[str, int]
) -> None:
    customers = await crowd(inn, walker, 2)
    boss = await walker(inn.url, **looks)
    page = boss.page
    await boss.sign_in(inn.people[1].email, inn.people[1].password)
    await make_view(page, "全部进行中")
    editor = page.get_by_role("dialog", name="新建视图")
    await boss.axe()
    await editor.get_by_role("button", name="保存").click()
    await expect(page.get_by_role("button", name="全部进行中：切换视图")).to_be_visible()
    await expect(boss.rows).to_have_count(2)
    customers += await crowd(inn, walker, 1)
    await expect(boss.rows).to_have_count(3)
    await boss.axe()
    if looks:
        palette = await call_palette(page)
        await palette.get_by_role("option", name=re.compile("选择多个会话")).click()
        await boss.rows.first.click()
    else:
        await boss.rows.first.hover()
        await page.get_by_role("checkbox", name=re.compile("^选择 ")).first.check()
    bar = page.get_by_role("region", name="批量操作").first
    await expect(bar.get_by_text("已选 1 个")).to_be_visible()
    await bar.get_by_role("checkbox").click()
    await expect(bar.get_by_text("已选 3 个")).to_be_visible()
    await boss.axe()
    await bar.get_by_role("button", name="结束").click()
    state = page.get_by_role("region", name="批量操作")
    await expect(state.get_by_text("完成 3 个")).to_be_visible()
    await expect(boss.rows).to_have_count(0)
    await expect(page.get_by_text("这个视图里没有会话")).to_be_visible()
    await state.get_by_role("button", name=re.compile("^撤销")).click()
    await expect(state.get_by_text("已撤销 3 个")).to_be_visible()
    await expect(boss.rows).to_have_count(3)
    palette = await call_palette(page)
    await palette.get_by_role("combobox").fill("qbjxz")
    await expect(palette.get_by_role("option", name=re.compile("全部进行中"))).to_be_visible()
    await boss.axe()
    await palette.get_by_role("combobox").fill("zc")
    await palette.get_by_role("combobox").press("Enter")
    await expect(page).to_have_url(re.compile("/conversations/parked$"))
    await expect(palette).to_be_hidden()
