"""Every screen at desktop and phone width, both schemes, both languages: no serious violation of
accessibility, nothing that scrolls the page itself, nothing wider than the screen. Pictures are kept."""

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import expect

from kezhan.simulate.demo import fill_demo
from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker

PLACES = (
    "/conversations/mine",
    "/conversations/closed",
    "/contacts",
    "/visitors",
    "/settings",
    "/settings/channels",
    "/settings/channels/new/webchat",
    "/settings/channels/new/open",
    "/settings/hours",
    "/settings/hours/new",
    "/settings/hours/holidays/new",
    "/settings/invites",
    "/settings/invites/new",
    "/settings/workspace",
    "/settings/team",
    "/settings/tokens",
    "/settings/audit",
    "/me",
)
LOOKS = {
    "desktop-light-zh": {"width": 1440, "height": 900, "locale": "zh-CN", "color_scheme": "light"},
    "desktop-dark-en": {"width": 1440, "height": 900, "locale": "en-US", "color_scheme": "dark"},
    "narrow-light-en": {"width": 1024, "height": 768, "locale": "en-US", "color_scheme": "light"},
    "phone-light-en": {"width": 390, "height": 844, "locale": "en-US", "color_scheme": "light"},
    "phone-dark-zh": {"width": 390, "height": 844, "locale": "zh-CN", "color_scheme": "dark"},
}
QUICK = ("desktop-light-zh", "phone-dark-zh")
PICTURES = Path(__file__).parents[2] / ".artifacts" / "screens"
STILL = "() => [document.scrollingElement.scrollTop, document.documentElement.scrollWidth - innerWidth]"


async def keep(walker: Walker, look: str, name: str) -> None:
    folder = PICTURES / look
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    await walker.page.screenshot(path=folder / f"{name}.png")
    top, wider = await walker.page.evaluate(STILL)
    assert top == 0, f"{name}: the page itself has scrolled"
    assert wider <= 0, f"{name}: {wider} px wider than the screen"


async def tour(inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str) -> None:
    house = inn.house.house
    accounts = [(person.email, person.password) for person in inn.people]
    totals = await fill_demo(inn.url, inn.site_key, accounts, house.settings.data)
    assert totals is not None
    assert totals.good, totals.lines()
    owner = await walker(inn.url, **LOOKS[look])
    await owner.page.goto(inn.url + "/")
    await expect(owner.page.get_by_role("textbox").first).to_be_visible()
    await keep(owner, look, "sign-in")
    await owner.axe()
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    for place in PLACES:
        await owner.page.goto(inn.url + place)
        await expect(owner.page.get_by_role("heading").first).to_be_visible()
        await owner.page.wait_for_timeout(400)
        await keep(owner, look, place.strip("/").replace("/", "-"))
        await owner.axe()
    await owner.page.goto(inn.url + "/conversations/all")
    await owner.rows.first.click()
    await expect(owner.thread).to_be_visible()
    await owner.page.wait_for_timeout(600)
    await keep(owner, look, "thread")
    await owner.axe()
    customer = await walker(inn.url, **LOOKS[look])
    await customer.page.goto(inn.url + "/demo")
    await customer.page.get_by_role("button", name=re.compile("在线客服|customer service", re.I)).click()
    await expect(customer.chat.get_by_role("textbox")).to_be_visible()
    await customer.page.wait_for_timeout(400)
    await customer.page.screenshot(path=PICTURES / look / "widget.png")
    await customer.axe(customer.page.frame(url=re.compile("panel.html")))


@pytest.mark.parametrize("look", QUICK)
async def test_every_screen_is_accessible_and_keeps_its_shape(
    inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str
) -> None:
    await tour(inn, walker, look)


@pytest.mark.long
@pytest.mark.parametrize("look", [look for look in LOOKS if look not in QUICK])
async def test_every_screen_in_every_other_look(
    inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str
) -> None:
    await tour(inn, walker, look)
