"""A connected channel is tried from end to end with the customer's own phone, then switched over in stages;
real screens, and the platform as its documents describe it."""

from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said
from kezhan.channels.tests.platform import PNG
from kezhan.kit.testing import until
from tests.journeys.channels.conftest import connect, ours
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make


async def test_a_channel_passes_every_step_and_is_switched_over_and_back(
    inn: Inn, wechat: Platform, walker: Make
) -> None:
    owner = await walker(inn.url)
    page = owner.page
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    await connect(owner, wechat, "微信公众号")
    await page.get_by_role("link", name="打开渠道页").click()
    await page.get_by_role("link", name="验收").click()
    await page.get_by_role("button", name="开始验收").click()
    code = (await page.locator("output").text_content() or "").strip()
    await owner.axe()
    customer = next(iter(wechat.phones))
    await wechat.say(customer, Said(text=f"验收 {code}"))
    await expect(page.get_by_text("用手机发一张图片。")).to_be_visible()
    await wechat.say(customer, Said(kind="image", data=PNG, media_type="image/png"))
    await expect(page.get_by_role("status").get_by_text("验收通过")).to_be_visible()

    async def shown() -> list[str]:
        return [one.kind for one in ours(wechat, customer)]

    assert await until(shown) == ["text", "image"]
    await owner.axe()
    await page.emulate_media(media="print")
    await expect(page.get_by_role("listitem").filter(has_text="收到图片").first).to_be_visible()
    await expect(page.get_by_role("link", name="灰度")).not_to_be_visible()
    await page.emulate_media(media="screen")
    await page.get_by_role("link", name="灰度").click()
    await page.get_by_role("button", name="50%").click()
    await page.get_by_label("其余客户转发到", exact=False).fill("https://old.example/hook")
    await page.get_by_role("button", name="保存").click()
    await expect(page.get_by_text("再等等")).to_be_visible()
    await owner.axe()
    await page.get_by_role("button", name="一键切回旧系统").click()
    await page.get_by_role("dialog").get_by_role("button", name="一键切回旧系统").click()
    await expect(page.get_by_text("进行中的会话仍在客栈接待到结束。", exact=False)).to_be_visible()
    owner.check()
