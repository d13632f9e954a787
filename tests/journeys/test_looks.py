"""The workspace's looks: chosen by its owner, worn by every desk that is open and by the customer's chat."""

import io
from collections.abc import Awaitable, Callable

import pytest
from PIL import Image
from playwright.async_api import expect

from kezhan.workspaces.tints import tints
from tests.journeys.conftest import Inn
from tests.journeys.walk import WIDTHS, Walker

Make = Callable[..., Awaitable[Walker]]
_YELLOW = tints("#f9e79f").light.accent


def _logo() -> bytes:
    out = io.BytesIO()
    Image.new("RGBA", (600, 300), (200, 30, 30, 128)).save(out, "PNG")
    return out.getvalue()


async def _wears(walker: Walker, colour: str) -> None:
    await expect(walker.page.locator("html")).to_have_css("--kz-pine", colour)


@pytest.mark.long  # rules and screens are tested in their rooms
@WIDTHS
async def test_an_owner_gives_the_desk_a_colour_and_a_logo(
    inn: Inn, walker: Make, looks: dict[str, int]
) -> None:
    owner, agent = await walker(inn.url, **looks), await walker(inn.url)
    await agent.sign_in(inn.people[2].email, inn.people[2].password)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    page, logo = owner.page, agent.page.get_by_role("img", name="山间茶铺", exact=True)
    await page.goto(inn.url + "/settings/workspace")
    await page.get_by_label("颜色代码").fill("#f9e79f")
    await expect(page.get_by_text("这个颜色直接使用不够清晰")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": _logo()}
    )
    await expect(page.get_by_role("button", name="移除")).to_be_visible()
    await owner.axe()
    await page.get_by_role("button", name="保存外观").click()
    await expect(page.get_by_text("已保存")).to_be_visible()
    for one in (owner, agent):
        await _wears(one, _YELLOW)
    await expect(logo).to_be_visible()
    assert await logo.evaluate("async (one) => (await one.decode(), one.naturalWidth)") == 480
    await owner.axe()
    await agent.axe()
    # Opened again it is there before anything has been asked for.
    await agent.page.route("**/api/me", lambda _: None)
    await agent.page.reload()
    await _wears(agent, _YELLOW)
    await agent.page.unroute_all(behavior="ignoreErrors")
    await page.get_by_role("button", name="客栈松绿").click()
    await page.get_by_role("button", name="移除").click()
    await page.get_by_role("button", name="保存外观").click()
    await _wears(owner, "#1d6b4b")
    await agent.page.reload()
    await _wears(agent, "#1d6b4b")
    await expect(logo).to_be_hidden()
