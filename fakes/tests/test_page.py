"""The page in a real browser: a customer speaks and is answered, an account is connected, trouble made."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, async_playwright, expect

from fakes.app import every_platform
from fakes.platforms.wechat_oa import WechatOa
from fakes.serve import running
from fakes.tests.hook import Hook, hooked
from fakes.wire import plain
from kezhan.kit.testing import CHROMIUM_SHELL

FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]


class Desk:
    def __init__(self, page: Page, oa: WechatOa, hook: Hook) -> None:
        self.page, self.oa, self.hook = page, oa, hook
        self.faults: list[str] = []
        self.asked: list[str] = []


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    if CHROMIUM_SHELL is None:
        pytest.skip("Debian's package chromium is not installed, so no browser test runs")
    platforms = every_platform()
    (oa,) = (platform for platform in platforms if isinstance(platform, WechatOa))
    async with running(platforms) as base, hooked() as hook, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM_SHELL, args=FLAGS)
        page = await browser.new_page(locale="zh-CN", viewport={"width": 1280, "height": 860})
        desk = Desk(page, oa, hook)
        page.on("pageerror", lambda fault: desk.faults.append(str(fault)))
        page.on("request", lambda request: desk.asked.append(request.url))
        await page.goto(f"{base}/#wechat_oa")
        yield desk
        await browser.close()
        assert desk.faults == []
        assert [url for url in desk.asked if not url.startswith((base, "data:", "blob:"))] == []


async def test_a_customer_speaks_and_sees_the_answer(desk: Desk) -> None:
    desk.oa.form["webhook"] = desk.hook.url
    page, chat = desk.page, desk.page.locator("#chat")
    await page.get_by_label("说点什么").fill("明前龙井到了吗")
    await page.get_by_role("button", name="发送").click()
    await expect(chat.locator(".line.customer")).to_contain_text("明前龙井到了吗")
    await expect(chat.locator(".fate")).to_contain_text("已送达")
    phone = next(iter(desk.oa.phones.values()))
    phone.show("a1", "us", "text", "到了 <b>500 克</b>")
    await expect(chat.locator(".line.us .bubble")).to_have_text("到了 <b>500 克</b>")
    await page.get_by_role("button", name="图片", exact=True).click()
    await page.get_by_role("button", name="示例图片").click()
    await page.get_by_role("button", name="发送").click()
    await expect(chat.locator("img")).to_be_visible()
    await page.get_by_role("button", name="取消关注").click()
    await expect(chat.locator(".line")).to_have_count(3)
    assert phone.notes["unfollowed"] is True
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()


async def test_connecting_trouble_and_log(desk: Desk) -> None:
    page = desk.page
    await page.locator("input[name=webhook]").fill(desk.hook.url)
    await page.get_by_role("button", name="保存并连接").click()
    await expect(page.locator(".result.bad")).to_contain_text("没有正确应答")
    desk.hook.answer = lambda asked: plain(asked.one("echostr"))
    await page.get_by_role("button", name="保存并连接").click()
    await expect(page.locator(".result.ok")).to_be_visible()
    await page.get_by_role("tab", name="麻烦").click()
    await page.get_by_role("button", name="快进 49 小时").click()
    await expect(page.get_by_label("时间快进（秒）")).to_have_value(str(49 * 3600))
    assert desk.oa.world.switches.clock_ahead == 49 * 3600
    await page.get_by_role("tab", name="日志").click()
    await expect(page.locator("#log details")).to_have_count(2)
    await page.locator("#log summary").first.click()
    await expect(page.locator("#log details[open] pre").first).to_be_visible()


async def test_every_platform_on_a_phone(desk: Desk) -> None:
    page = desk.page
    await page.set_viewport_size({"width": 390, "height": 844})
    for number in range(len(every_platform())):
        await page.get_by_role("button", name="平台", exact=True).click()
        await page.locator("#platforms button").nth(number).click()
        await expect(page.locator(".frame .composer")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
