"""One agent with a phone and a tablet: swipes, a drawer, one draft, no network, a push."""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from kezhan.kit.testing import CHROMIUM, until
from tests.journeys.conftest import Inn, launched
from tests.journeys.walk import Walker

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
TABLET = {"width": 834, "height": 1112, "has_touch": True}


async def _swipe(page: Page, start: int, end: int) -> None:
    """A finger from left to right, or back."""
    cdp = await page.context.new_cdp_session(page)
    for step, kind in enumerate(["touchStart", *["touchMove"] * 6, "touchEnd"]):
        x = start + (end - start) * min(step, 6) / 6
        points = [] if kind == "touchEnd" else [{"x": x, "y": 300}]
        await cdp.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        await page.wait_for_timeout(20)
    await cdp.detach()


SHOWN = (
    "navigator.serviceWorker.getRegistration('/').then(r => r.getNotifications())"
    ".then(n => n.map(o => o.tag))"
)


async def _pushed(page: Page, url: str, push: dict[str, Any], *, sight: bool) -> list[str]:
    """The tags of what is shown once a push service has brought this, the desk being in sight or not."""
    await page.evaluate("navigator.serviceWorker.ready")
    cdp = await page.context.new_cdp_session(page)
    found: list[str] = []
    cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: found.extend(one["registrationId"] for one in told["registrations"]),
    )
    await cdp.send("ServiceWorker.enable")
    await until(lambda: found)
    if not sight:
        await page.goto("about:blank")
    message = {"origin": url, "registrationId": found[-1], "data": json.dumps(push)}
    await cdp.send("ServiceWorker.deliverPushMessage", message)
    await page.wait_for_timeout(400)
    if not sight:
        await page.goto(f"{url}/demo")
    shown: list[str] = await page.evaluate(SHOWN)
    return shown


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    """One with a window, which shows notices."""
    async with launched(CHROMIUM) as browser:
        yield browser


async def test_a_phone_and_a_tablet_are_one_desk(inn: Inn, walker: Callable[..., Awaitable[Walker]]) -> None:
    customer = await walker(inn.url)
    phone = await walker(inn.url, **PHONE, service_workers="allow")
    tablet = await walker(inn.url, **TABLET)
    await phone.context.grant_permissions(["notifications"], origin=inn.url)
    for one in (phone, tablet):
        await one.sign_in(inn.people[2].email, inn.people[2].password)
    await customer.visit_shop()
    await customer.write("龙井有货吗？")
    await expect(customer.log.get_by_text("龙井有货吗？")).to_be_visible()

    # The phone: list, thread, customer, and back by swipes.
    field = re.compile("输入回复")
    await phone.rows.first.click()
    await expect(phone.thread.get_by_text("龙井有货吗？")).to_be_visible()
    take = phone.page.get_by_role("button", name=re.compile("^接入"))
    if await take.count():
        await take.first.click()
    await phone.axe()
    await phone.page.get_by_role("button", name=re.compile("客户资料")).click()
    await expect(phone.page.get_by_role("complementary", name="客户资料")).to_be_visible()
    await _swipe(phone.page, 40, 300)
    await expect(phone.page.get_by_role("complementary", name="客户资料")).to_have_count(0)
    await _swipe(phone.page, 300, 40)
    await expect(phone.thread).to_be_visible()

    # The tablet: two panes and a drawer; what is begun on one goes on on the other.
    await tablet.rows.first.click()
    await expect(tablet.rows.first).to_be_visible()
    await expect(tablet.page.get_by_role("textbox", name=field)).to_be_visible()
    await phone.page.get_by_role("textbox", name=field).fill("有的，明前")
    await expect(tablet.page.get_by_role("textbox", name=field)).to_have_value("有的，明前")
    await tablet.page.get_by_role("button", name="客户资料", exact=True).click()
    await expect(tablet.page.get_by_role("dialog")).to_be_visible()
    await tablet.axe()
    await tablet.page.keyboard.press("Escape")

    # No network: what is written is kept, and goes out afterwards.
    await phone.context.set_offline(True)
    await phone.page.get_by_role("textbox", name=field).fill("有的，明前也有")
    await phone.page.get_by_role("button", name="发送", exact=True).click()
    await expect(phone.page.get_by_text(re.compile("没有网络|网络已断开|离线"))).to_be_visible()
    await expect(phone.thread.get_by_text("有的，明前也有")).to_be_visible()
    await phone.page.reload()
    await expect(phone.page.get_by_role("heading", name="没有网络")).to_be_visible()
    await phone.context.set_offline(False)
    await phone.page.get_by_role("link", name=re.compile("重试")).click()
    await expect(customer.log.get_by_text("有的，明前也有")).to_be_visible()
    await _swipe(phone.page, 30, 320)
    await expect(phone.rows.first).to_be_visible()

    # A page in sight tells by itself; out of sight the worker does, and what is opened is taken back.
    talk = tablet.page.url.split("/")[-1].split("?")[0]
    path, tag = f"/conversations/mine/{talk}", f"c:{talk}"
    push = {"v": 1, "kind": "message", "tag": tag, "title": "访客", "body": "还有明前的吗？", "path": path}
    assert await _pushed(phone.page, inn.url, push, sight=True) == []
    assert await _pushed(phone.page, inn.url, push, sight=False) == [tag]
    await phone.page.goto(inn.url + path)
    await expect(phone.thread.get_by_text("有的，明前也有")).to_be_visible()
    await phone.page.wait_for_function(f"async () => (await {SHOWN}).length === 0")
