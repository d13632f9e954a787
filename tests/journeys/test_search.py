"""A supervisor looks for words: hits while she types, one of them opened where it was said, the way back,
filters, and the hits taken out as a list. At desktop and phone width."""

import re

from playwright.async_api import expect

from tests.journeys.conftest import Inn, meet
from tests.journeys.walk import WIDTHS, Make


@WIDTHS
async def test_words_are_found_opened_where_they_were_said_and_taken_out(
    inn: Inn, walker: Make, looks: dict[str, int]
) -> None:
    customer, agent = await meet(inn, walker, **looks)
    await customer.write("武夷山的大红袍怎么泡")
    await expect(agent.thread.get_by_text("武夷山的大红袍怎么泡")).to_be_visible()
    page, field = agent.page, agent.page.get_by_role("searchbox", name="搜索")
    if looks:
        await page.get_by_role("button", name="返回").click()
    await page.get_by_role("link", name="搜索", exact=True).locator("visible=true").click()
    await expect(field).to_be_focused()
    await agent.axe()
    messages = page.get_by_role("region", name="消息")
    hit = messages.get_by_role("link").filter(has_text="武夷山的大红袍怎么泡")
    async with page.expect_response(re.compile("/api/search")):
        await field.press_sequentially("大红袍怎")
    # Words are taken in a moment after they are said: she asks again until they are.
    while not await hit.count():
        async with page.expect_response(re.compile("/api/search")):
            await field.press("Enter")
    await expect(hit.locator("mark")).to_have_text("大红袍怎")
    await agent.axe()
    await hit.click()
    said = agent.thread.get_by_text("武夷山的大红袍怎么泡")
    await expect(said).to_be_in_viewport()
    await agent.axe()
    await page.get_by_role("link", name="返回搜索结果").click()
    await expect(field).to_have_value("大红袍怎")
    await page.get_by_role("link", name="消息", exact=True).click()
    await page.get_by_label("发言方", exact=True).click()
    await page.get_by_role("option", name="我方说的").click()
    await expect(page.get_by_text("在当前筛选条件下没有结果。")).to_be_visible()
    await page.get_by_role("button", name="清除筛选").last.click()
    await expect(hit).to_be_visible()
    await page.get_by_role("button", name="导出搜索结果").click()
    sheet = page.get_by_role("dialog", name="导出搜索结果")
    await sheet.get_by_role("button", name="导出", exact=True).click()
    await expect(sheet.get_by_text("共 1 行")).to_be_visible()
    await agent.axe()
    async with page.expect_download() as download:
        await sheet.get_by_role("button", name="下载").click()
    kept = (await (await download.value).path()).read_text("utf-8-sig")
    assert "武夷山的大红袍怎么泡" in kept and kept.startswith("时间,客户")
