"""A card with buttons, pressed; reactions of both sides; pictures looked through; messages handed on."""

import os
import re
from collections.abc import Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.async_api import Locator, expect

from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker

PICTURES = os.environ.get("KEZHAN_PICTURES")


def picture_of(colour: str) -> bytes:
    out = BytesIO()
    Image.new("RGB", (640, 420), colour).save(out, "PNG")
    return out.getvalue()


async def look(walker: Walker, name: str, place: Any = None) -> None:
    """No violation on what is shown now; kept where somebody wants to look at it."""
    await walker.axe(place)
    if PICTURES:
        await walker.page.screenshot(path=Path(PICTURES) / f"{name}.png")


def bubble(walker: Walker, words: str) -> Locator:
    return walker.thread.locator("[data-seq]").filter(has_text=words).first


async def send_card(desk: Walker) -> None:
    page = desk.page
    await page.get_by_role("button", name="发送卡片").click()
    dialog = page.get_by_role("dialog", name="发送卡片或按钮")
    await dialog.get_by_role("textbox", name="卡片上方的文字").fill("您看这款怎么样？")
    await dialog.get_by_role("textbox", name="标题").fill("青瓷手冲壶 600ml")
    await dialog.get_by_role("textbox", name="价格").fill("¥299")
    await dialog.get_by_role("textbox", name="地址").fill("javascript:alert(1)")
    await dialog.locator("input[type=file]").set_input_files(
        {"name": "壶.png", "mimeType": "image/png", "buffer": picture_of("#7fa99b")}
    )
    for number, label in enumerate(("要这款", "换一款"), 1):
        await dialog.get_by_role("button", name="添加按钮").click()
        await dialog.get_by_role("textbox", name=f"第 {number} 个按钮的文字").fill(label)
    await dialog.get_by_role("button", name="发送", exact=True).click()
    await expect(dialog.get_by_text(re.compile("地址需以 http"))).to_be_visible()
    await dialog.get_by_role("textbox", name="地址").fill(f"{desk.url}/demo")
    await expect(dialog.get_by_role("button", name="移除图片")).to_be_visible()
    await look(desk, "card-dialog")
    await dialog.get_by_role("button", name="发送", exact=True).click()
    await expect(dialog).to_have_count(0)


async def test_a_card_is_pressed_reacted_to_looked_at_and_handed_on(
    inn: Inn, walker: Callable[..., Awaitable[Walker]]
) -> None:
    customer = await walker(inn.url, width=390, height=760)
    await customer.visit_shop()
    await customer.write("有没有手冲壶？")
    other = await walker(inn.url)
    await other.visit_shop()
    await other.write("你们几点下班？")
    desk = await walker(inn.url)
    person = inn.people[2]
    await desk.sign_in(person.email, person.password)
    await desk.open_list("我的")
    await expect(desk.rows).to_have_count(2)
    await desk.rows.filter(has_text="有没有手冲壶？").click()

    await send_card(desk)
    press = customer.chat.get_by_role("button", name="要这款")
    await expect(customer.chat.locator(".card img")).to_be_visible()
    await press.focus()
    await customer.page.keyboard.press("Enter")
    await expect(press).to_be_disabled()
    await expect(bubble(desk, "点按按钮")).to_contain_text("要这款")
    await expect(desk.thread.get_by_text("客户点了这个")).to_have_count(1)

    await customer.log.get_by_role("button", name="消息操作").last.click()
    await customer.chat.get_by_role("menuitemradio", name="用 🎉 回应").click()
    await expect(desk.thread.get_by_role("button", name=re.compile("^🎉"))).to_be_visible()
    said = bubble(desk, "有没有手冲壶？")
    await said.hover()
    await said.get_by_role("button", name="表情回应").click()
    await desk.page.get_by_role("button", name="用 👍 回应").click()
    await expect(customer.chat.get_by_role("button", name=f"👍 {person.name}")).to_be_visible()
    await look(customer, "card-phone", customer.page.frames[-1])

    for colour in ("#a3b899", "#c9a66b"):
        await desk.page.locator("input[type=file]").first.set_input_files(
            {"name": f"{colour[1:]}.png", "mimeType": "image/png", "buffer": picture_of(colour)}
        )
        await desk.page.get_by_role("button", name="发送", exact=True).click()
        await expect(desk.thread.get_by_role("button", name=f"查看图片 {colour[1:]}.png")).to_be_visible()
    await look(desk, "rich-thread")
    await viewed(desk)
    await handed_on(desk, other)
    desk.check()
    customer.check()


async def viewed(desk: Walker) -> None:
    """All pictures by keys, and back to where one was."""
    opener = desk.thread.get_by_role("button", name="查看图片 c9a66b.png")
    await opener.press("Space")
    dialog = desk.page.get_by_role("dialog", name="c9a66b.png")
    await expect(dialog.get_by_text("第 2 张，共 2 张")).to_be_visible()
    await expect(dialog.locator("img")).to_be_visible()
    await look(desk, "viewer")
    await desk.page.keyboard.press("ArrowLeft")
    await expect(
        desk.page.get_by_role("dialog", name="a3b899.png").get_by_text("第 1 张，共 2 张")
    ).to_be_visible()
    await desk.page.keyboard.press("Escape")
    await expect(desk.page.get_by_role("dialog")).to_have_count(0)
    await expect(opener).to_be_focused()


async def handed_on(desk: Walker, other: Walker) -> None:
    page = desk.page
    said = bubble(desk, "有没有手冲壶？")
    await said.hover()
    await said.get_by_role("button", name="消息操作").click()
    await page.get_by_role("menuitem", name="转发").click()
    await desk.thread.get_by_role("checkbox", name="选择这条消息").last.click()
    await expect(page.get_by_text("已选 2 条")).to_be_visible()
    await page.get_by_role("button", name="转发", exact=True).click()
    dialog = page.get_by_role("dialog", name="转发消息")
    await dialog.get_by_role("checkbox", name="写明转发自谁").click()
    await look(desk, "forward-dialog")
    await dialog.get_by_role("listitem").filter(has_text="你们几点下班？").get_by_role("button").click()
    await expect(other.log.get_by_text(re.compile("转发自 ")).first).to_be_visible()
    await expect(page.get_by_text("已选 2 条")).to_have_count(0)
