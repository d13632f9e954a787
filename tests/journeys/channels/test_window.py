"""A WeChat account connected by the wizard, its customer served, and a window that closes; real screens, and
the platform as its documents describe it."""

from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said
from kezhan.channels.tests.platform import PNG
from kezhan.kit.testing import until
from tests.journeys.channels.conftest import connect, ours
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make

_DAYS = 49 * 3600.0


async def test_a_wechat_account_is_connected_and_its_customer_served_until_the_window_closes(
    inn: Inn, wechat: Platform, walker: Make
) -> None:
    owner = await walker(inn.url)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    await connect(owner, wechat, "微信公众号")
    customer = next(iter(wechat.phones))
    await wechat.say(customer, Said(text="你好，龙井还有货吗？"))
    await wechat.say(customer, Said(kind="image", data=PNG, media_type="image/png"))
    await wechat.say(customer, Said(kind="voice", data=b"#!AMR\n", media_type="audio/amr"))
    await owner.page.goto(owner.url + "/")
    row = owner.rows.filter(has_text="公众号").or_(owner.rows.first).first
    await row.click()
    await expect(owner.thread.get_by_text("你好，龙井还有货吗？")).to_be_visible()
    await expect(owner.thread.get_by_role("button", name="查看图片", exact=False)).to_be_visible()
    await owner.reply("有的，今天就能发货。")

    async def shown() -> list[str]:
        return [one.text for one in ours(wechat, customer)]

    assert await until(shown) == ["有的，今天就能发货。"]
    await expect(owner.page.get_by_text("还可回复 4 条").first).to_be_visible()
    wechat.switch({"clock_ahead": _DAYS})
    await owner.reply("还需要别的吗？")
    await expect(owner.thread.get_by_text("超出可回复时间").first).to_be_visible()
    await expect(owner.page.get_by_text("窗口已关闭").first).to_be_visible()
    await owner.axe()
    assert await shown() == ["有的，今天就能发货。"]
    wechat.switch({"clock_ahead": 0.0})
    await wechat.say(customer, Said(text="在吗？"))
    await expect(owner.page.get_by_text("还可回复 5 条").first).to_be_visible()
