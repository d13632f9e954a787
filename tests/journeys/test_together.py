"""Several people of the house at work on one conversation: handed on, invited in, named, listened to."""

import os
import re
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


async def online(walker: Walker) -> None:
    await expect(walker.page.get_by_role("button", name=re.compile("我的状态：在线")).last).to_be_visible()


async def do(walker: Walker, step: str) -> None:
    await walker.page.get_by_role("button", name="更多操作").click()
    await walker.page.get_by_role("menuitem", name=step).click()


def card(walker: Walker) -> Locator:
    return walker.page.get_by_role("article", name=re.compile("邀请你接入"))


async def ask_over(walker: Walker, name: str, note: str) -> None:
    """With keys alone."""
    await walker.page.keyboard.press("a")
    await walker.page.get_by_role("combobox", name="查找同事或小组").fill(name)
    await expect(walker.page.get_by_role("option")).to_have_count(1)
    await walker.page.keyboard.press("Enter")
    await walker.page.get_by_role("textbox", name="附言").fill(note)


async def handed_on(desk: Walker, phone: Walker, boss: DemoAccount) -> None:
    """Asked, declined with a reason; asked again, accepted on a phone."""
    await ask_over(desk, boss.name, "客户要专票，麻烦您")
    await picture(desk, "transfer-dialog")
    await desk.page.keyboard.press("Enter")
    await expect(desk.page.get_by_text(f"等待 {boss.name} 接手").first).to_be_visible()
    await expect(card(phone).get_by_text("客户要专票，麻烦您")).to_be_visible()
    await picture(desk, "transfer-waiting")
    await picture(phone, "offer-phone")
    await card(phone).get_by_role("textbox", name="谢绝原因（可不填）").fill("正在开会")
    await card(phone).get_by_role("button", name=re.compile("^谢绝")).click()
    await expect(desk.thread.get_by_text(re.compile("正在开会"))).to_be_visible()
    await expect(desk.page.get_by_role("status").get_by_text(f"等待 {boss.name} 接手")).to_have_count(0)
    await desk.reply("请稍等")
    await desk.page.get_by_role("textbox", name=re.compile("输入回复")).press("Escape")
    await ask_over(desk, boss.name, "")
    await desk.page.keyboard.press("Enter")
    await card(phone).get_by_role("button", name=re.compile("^接入")).click()
    await expect(phone.thread.get_by_text("请问怎么开发票？")).to_be_visible()


async def invited(desk: Walker, phone: Walker, agent: DemoAccount) -> None:
    """Back in as a guest, from the phone."""
    await do(phone, "邀请同事…")
    await phone.page.get_by_role("button", name=f"邀请 {agent.name}").click()
    await expect(phone.page.get_by_role("button", name=f"移出 {agent.name}")).to_be_visible()
    await picture(phone, "invite-phone")
    await phone.page.keyboard.press("Escape")
    await desk.open_list("我的")
    await expect(desk.rows.first.get_by_text("受邀")).to_be_visible()
    await desk.rows.first.click()
    await expect(desk.page.get_by_text("你受邀加入")).to_be_visible()
    await picture(desk, "guest")


async def named(desk: Walker, third: Walker, owner: DemoAccount) -> None:
    """By keys; she reads it where she has been named."""
    await desk.page.keyboard.press("n")
    note = desk.page.get_by_label("写给同事的备注")
    await note.press_sequentially(f"@{owner.name[:1]}")
    await expect(desk.page.get_by_role("option").first).to_be_visible()
    await picture(desk, "mention-picker")
    await desk.page.keyboard.press("Enter")
    await note.press_sequentially("请看看这单")
    await desk.page.keyboard.press("Enter")
    await expect(desk.thread.get_by_text(f"@{owner.name}")).to_be_visible()
    await third.page.keyboard.press("g")
    await third.page.keyboard.press("n")
    found = third.page.get_by_role("link", name=re.compile("请看看这单"))
    await expect(found).to_be_visible()
    await picture(third, "mentions")
    await found.click()
    await expect(third.thread.get_by_text("请看看这单")).to_be_visible()
    await expect(found.get_by_text("未读")).to_have_count(0)


async def overtaken(desk: Walker, phone: Walker, boss: DemoAccount) -> None:
    """Two write at once: each sees it, and that the other was quicker."""
    await desk.page.get_by_role("switch", name="内部备注").click()
    theirs = phone.page.get_by_role("textbox", name=re.compile("输入回复"))
    await theirs.press_sequentially("发票会在")
    await expect(desk.page.get_by_text(f"{boss.name} 正在写回复")).to_be_visible()
    await desk.page.get_by_role("textbox", name=re.compile("输入回复")).press_sequentially("您好")
    await theirs.fill("发票会在三天内寄出")
    await phone.page.get_by_role("button", name="发送", exact=True).click()
    await expect(
        desk.page.get_by_role("alert").get_by_text(f"你输入时，{boss.name} 已经回复")
    ).to_be_visible()
    await picture(desk, "overtaken")


async def listened_to(desk: Walker, phone: Walker, third: Walker, owner: DemoAccount) -> None:
    """What is whispered reaches colleagues alone."""
    await do(third, "旁听")
    await expect(third.page.get_by_text("旁听中")).to_be_visible()
    await expect(desk.thread.get_by_text(f"{owner.name} 开始旁听")).to_be_visible()
    whisper = third.page.get_by_label("输入密语…")
    await whisper.fill("先确认抬头")
    await picture(third, "supervise")
    await whisper.press("Enter")
    for one in (desk, phone):
        await expect(one.thread.get_by_text("先确认抬头")).to_be_visible()
    await picture(desk, "whisper")
    await picture(phone, "whisper-phone")
    await third.page.get_by_role("button", name="接管").first.click()
    await expect(third.page.get_by_text("旁听中")).to_have_count(0)


async def test_handed_on_invited_named_overtaken_and_listened_to(
    inn: Inn, walker: Callable[..., Awaitable[Walker]]
) -> None:
    owner, boss, agent = inn.people
    customer, desk = await walker(inn.url), await walker(inn.url)
    await desk.sign_in(agent.email, agent.password)
    await online(desk)
    await customer.visit_shop()
    await customer.write("请问怎么开发票？")
    await desk.open_list("我的")
    await desk.rows.first.click()
    await expect(desk.thread.get_by_text("请问怎么开发票？")).to_be_visible()
    phone = await walker(inn.url, width=390, height=844)
    await phone.sign_in(boss.email, boss.password)
    await online(phone)
    await handed_on(desk, phone, boss)
    await invited(desk, phone, agent)
    third = await walker(inn.url)
    await third.sign_in(owner.email, owner.password)
    await named(desk, third, owner)
    await overtaken(desk, phone, boss)
    await listened_to(desk, phone, third, owner)
    await third.reply("我来跟进")
    await expect(customer.log.get_by_text("我来跟进")).to_be_visible()
    heard = await customer.log.inner_text()
    for kept in ("先确认抬头", "请看看这单", "客户要专票", "正在开会", "旁听"):
        assert kept not in heard
