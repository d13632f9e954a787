"""Two who share no language: the service is set up, what she writes is read in translation, the answer is
seen before it goes out; a last word is kept for later, and held as she speaks first."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from fakes.base import Platform
from fakes.serve import standing
from kezhan.kit.postgres import Access
from kezhan.scheduled.keep import TIMER
from kezhan.workspaces.first_run import demo_workspace
from tests.journeys.conftest import Inn, opened_inn
from tests.journeys.walk import WIDTHS, Make, Walker


@pytest.fixture
async def inn(access: Access, tmp_path: Path, assets: Path) -> AsyncIterator[Inn]:
    async with opened_inn(access, tmp_path, assets, inside_networks=("127.0.0.0/8",)) as inn:
        yield inn


@pytest.fixture
async def service() -> AsyncIterator[Platform]:
    async with standing("translator") as platform:
        yield platform


async def set_up(owner: Walker, service: Platform) -> None:
    page = owner.page
    await page.goto(owner.url + "/settings/translation")
    await expect(page.get_by_text("还没有接入翻译服务")).to_be_visible()
    await page.get_by_label(re.compile("^地址")).fill(f"{service.base}/{service.name}/v1")
    await page.get_by_label(re.compile("^模型")).fill("phrase-book")
    await page.get_by_label("密钥").fill("sk-wrong")
    await page.get_by_role("button", name="试一试").click()
    await expect(page.get_by_text("翻译服务不接受这个密钥")).to_be_visible()
    await page.get_by_label("密钥").fill(service.form["key"])
    await page.get_by_role("button", name="试一试").click()
    await expect(page.get_by_role("status").get_by_text("您好，请问有什么可以帮您？")).to_be_visible()
    await owner.axe()
    await shot(owner, "settings")
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_placeholder("已保存，不改就留空")).to_be_visible()


async def fall_due(inn: Inn) -> None:
    """Its hour has come."""
    workspace_id = await demo_workspace(inn.house.db)
    assert workspace_id is not None
    async with inn.house.db.tx(workspace_id) as tx:
        await tx.run(text("update scheduled_messages set due_at = now()"))
        await tx.run(text("update timers set due_at = now() where kind = :kind"), {"kind": TIMER})


async def shot(walker: Walker, name: str) -> None:
    if folder := os.environ.get("KEZHAN_SHOTS"):
        width = walker.page.viewport_size["width"] if walker.page.viewport_size else 0
        await walker.page.screenshot(path=f"{folder}/later-{name}-{width}.png")


@WIDTHS
async def test_read_answered_and_promised_in_translation(
    inn: Inn, walker: Make, service: Platform, looks: dict[str, Any]
) -> None:
    agent, customer = await walker(inn.url, **looks), await walker(inn.url)
    await agent.sign_in(inn.people[0].email, inn.people[0].password)
    await set_up(agent, service)
    await customer.visit_shop()
    await customer.write("Where is my order?")
    await agent.page.goto(inn.url + "/conversations/all")
    await agent.rows.first.click()
    page = agent.page
    await expect(agent.thread.get_by_text("Where is my order?")).to_be_visible()
    await page.get_by_role("switch", name="翻译这个会话").click()
    await expect(agent.thread.get_by_text("我的订单到哪里了？")).to_be_visible()
    await page.get_by_role("textbox", name=re.compile("输入回复")).fill("您的订单明天送达。")
    await page.get_by_role("button", name="发送", exact=True).click()
    preview = page.get_by_role("region", name="客户会收到")
    await expect(preview.get_by_role("textbox")).to_have_value("Your order will arrive tomorrow.")
    await agent.axe()
    await shot(agent, "preview")
    await preview.get_by_role("button", name="发送译文").click()
    await expect(customer.log.get_by_text("Your order will arrive tomorrow.")).to_be_visible()
    await expect(agent.thread.get_by_text("您的订单明天送达。")).to_be_visible()
    await expect(customer.log.get_by_text("您的订单")).to_have_count(0)
    await page.get_by_role("switch", name="翻译这个会话").click()
    await page.get_by_role("textbox", name=re.compile("输入回复")).fill("还有什么可以帮您？")
    await page.get_by_role("button", name="定时发送").click()
    dialog = page.get_by_role("dialog", name="定时发送")
    await expect(dialog.get_by_role("button", name=re.compile("明天 9:00"))).to_be_visible()
    await agent.axe()
    await shot(agent, "dialog")
    await dialog.get_by_role("button", name=re.compile("一小时后")).click()
    foot = page.get_by_role("region", name="定时消息")
    await expect(foot.get_by_text("还有什么可以帮您？")).to_be_visible()
    await customer.write("Thank you")
    await expect(agent.thread.get_by_text("Thank you")).to_be_visible()
    await fall_due(inn)
    await expect(foot.get_by_text("客户在这之后又说了话")).to_be_visible()
    await expect(page.get_by_text("你的一条定时消息没有发出", exact=True)).to_be_visible()
    await agent.axe()
    await shot(agent, "held")
    await foot.get_by_role("button", name="现在发送").click()
    await expect(customer.log.get_by_text("还有什么可以帮您？")).to_be_visible()
    await expect(foot).to_be_hidden()
