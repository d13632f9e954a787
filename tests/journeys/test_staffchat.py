"""An agent asks a colleague without leaving her customer; the colleague answers on a phone."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

from playwright.async_api import Locator, expect

from kezhan.workspaces.first_run import DemoAccount
from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker

PICTURES = os.environ.get("KEZHAN_PICTURES")


async def picture(walker: Walker, name: str) -> None:
    """No violation on what is shown now; kept where somebody wants to look at it."""
    await walker.axe()
    if PICTURES:
        await walker.page.screenshot(path=Path(PICTURES) / f"{name}.png")


def words(walker: Walker) -> Locator:
    """What has been said between colleagues."""
    return walker.page.get_by_role("log", name="的聊天")


async def say(walker: Walker, text: str, *, keys: bool = True) -> None:
    field = walker.page.get_by_label("发消息")
    await field.fill(text)
    if keys:
        await field.press("Enter")
    else:
        await walker.page.get_by_role("button", name="发送", exact=True).last.click()


async def asks(desk: Walker, boss: DemoAccount) -> None:
    """With the conversation at hand she chooses whom to ask; the thread stays where it is."""
    await desk.page.get_by_role("button", name="更多操作").click()
    await desk.page.get_by_role("menuitem", name="发给同事").click()
    drawer = desk.page.get_by_role("complementary", name="同事")
    await expect(drawer.get_by_text("选一位同事或一个聊天")).to_be_visible()
    await picture(desk, "staff-share")
    await drawer.get_by_role("button", name=boss.name).click()
    await expect(drawer.get_by_role("button", name="不附上会话")).to_be_visible()
    await say(desk, "这单可以赔吗？")
    await expect(words(desk).get_by_text("这单可以赔吗？")).to_be_visible()
    await expect(desk.thread.first.get_by_text("茶碎了，能赔吗？")).to_be_visible()


async def answers(desk: Walker, phone: Walker) -> None:
    """On the phone it is a page of its own; the link leads to what she sees anyway."""
    await phone.page.goto(phone.url + "/colleagues")
    row = phone.page.get_by_role("button", name="这单可以赔吗？")
    await expect(row.get_by_text("1 条未读")).to_be_attached()
    await picture(phone, "staff-list-phone")
    await row.click()
    await expect(words(phone).get_by_text("这单可以赔吗？")).to_be_visible()
    await expect(words(phone).get_by_role("link", name="接待中")).to_be_visible()
    await expect(words(desk).get_by_text("已读")).to_be_visible()
    await say(phone, "可以，走补发", keys=False)
    await expect(words(desk).get_by_text("可以，走补发")).to_be_visible()
    await picture(phone, "staff-thread-phone")
    await picture(desk, "staff-drawer")


async def goes_on_without_a_line(desk: Walker, phone: Walker) -> None:
    """What is written while nothing can be reached is kept, and said once when it can."""
    await desk.context.set_offline(True)
    await say(desk, "好的，马上")
    await expect(words(desk).get_by_text("发送中")).to_be_visible()
    await desk.context.set_offline(False)
    await expect(words(phone).get_by_text("好的，马上")).to_have_count(1)
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("complementary", name="同事")).to_have_count(0)


async def makes_a_group(desk: Walker, phone: Walker, boss: DemoAccount) -> None:
    await desk.page.goto(desk.url + "/colleagues")
    await desk.page.get_by_role("button", name="新建群聊").click()
    await desk.page.get_by_label("群聊名称").fill("破损理赔")
    await desk.page.get_by_role("checkbox", name=boss.name).check()
    await picture(desk, "staff-group-new")
    await desk.page.get_by_role("button", name="建立群聊").click()
    await expect(words(desk).get_by_text(f"你建立了群聊“破损理赔”，加入了{boss.name}")).to_be_visible()
    field = desk.page.get_by_label("发消息")
    await field.press_sequentially(f"@{boss.name[:1]}")
    await expect(desk.page.get_by_role("option", name=boss.name)).to_be_visible()
    await field.press("Enter")
    await field.press_sequentially("以后都发这里")
    await field.press("Enter")
    await expect(words(desk).get_by_text("以后都发这里")).to_be_visible()
    await picture(desk, "staff-group")
    await phone.page.get_by_role("button", name="返回").click()
    await expect(phone.page.get_by_text("有人提到你")).to_be_visible()


async def test_ask_a_colleague_beside_the_customer_who_hears_nothing_of_it(
    inn: Inn, walker: Callable[..., Awaitable[Walker]]
) -> None:
    _, boss, agent = inn.people
    customer, desk = await walker(inn.url), await walker(inn.url)
    await desk.sign_in(agent.email, agent.password)
    await customer.visit_shop()
    await customer.write("茶碎了，能赔吗？")
    await desk.open_list("我的")
    await desk.rows.first.click()
    await expect(desk.thread.first.get_by_text("茶碎了，能赔吗？")).to_be_visible()
    phone = await walker(inn.url, width=390, height=844, color_scheme="dark")
    await phone.sign_in(boss.email, boss.password)
    await asks(desk, boss)
    await answers(desk, phone)
    await goes_on_without_a_line(desk, phone)
    await makes_a_group(desk, phone, boss)
    heard = await customer.log.inner_text()
    assert "茶碎了" in heard and not any(kept in heard for kept in ("可以赔", "补发", "马上"))
