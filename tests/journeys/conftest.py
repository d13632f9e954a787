"""One browser for every journey, and an inn to walk through: the product with its pages and its demo."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import text

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.kit.postgres import Access
from kezhan.kit.testing import CHROMIUM_SHELL, PATIENCE
from kezhan.kit.webbuild import ensure_assets
from kezhan.testing import Running, running
from kezhan.workspaces.first_run import DemoAccount, ensure_demo_people
from tests.journeys.walk import Make, Walker

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_PATIENCE_MS = PATIENCE * 1000
expect.set_options(timeout=_PATIENCE_MS)


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    async with launched(CHROMIUM_SHELL) as browser:
        yield browser


@asynccontextmanager
async def launched(program: str | None) -> AsyncIterator[Browser]:
    if program is None:
        pytest.skip("Debian's package chromium is not installed, so no browser test runs")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def assets() -> Path:
    return ensure_assets(ROOT, print)


class Inn:
    """The product with its demo shop, served. People: 0 the owner, 1 a supervisor, 2 an agent."""

    def __init__(self, house: Running, people: list[DemoAccount], site_key: str) -> None:
        self.house = house
        self.url = house.url
        self.people = people
        self.site_key = site_key

    async def workspace_id(self) -> UUID:
        async with self.house.db.system_tx() as tx:
            found: UUID = await tx.value(text("select id from workspaces where demo"))
        return found


@asynccontextmanager
async def opened_inn(access: Access, folder: Path, assets: Path, **changes: object) -> AsyncIterator[Inn]:
    """The inn, with settings other than usual where `changes` says so."""
    async with running(access, folder, assets, demo=True, **changes) as house:
        people = await ensure_demo_people(house.db, house.house.settings)
        site_key = await ensure_demo_shop(house.db, house.house.keyring)
        assert site_key is not None
        yield Inn(house, people, site_key)


@pytest.fixture
async def inn(access: Access, tmp_path: Path, assets: Path) -> AsyncIterator[Inn]:
    async with opened_inn(access, tmp_path, assets) as inn:
        yield inn


@pytest.fixture
async def walker(chromium: Browser) -> AsyncIterator[Make]:
    """Makes people with a browser of their own. Every request they cause must stay in the installation. The
    desk's service worker, through which a browser reads every part once more, is for who asks for it."""
    async with AsyncExitStack() as stack:

        async def make(url: str, *, width: int = 1280, height: int = 800, **more: Any) -> Walker:
            looks = {"locale": "zh-CN", "service_workers": "block", "reduced_motion": "reduce", **more}
            context: BrowserContext = await chromium.new_context(
                viewport={"width": width, "height": height}, **looks
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(_PATIENCE_MS)
            page: Page = await context.new_page()
            made = Walker(url, context, page)
            stack.callback(made.check)
            return made

        yield make


async def meet(
    inn: Inn, walker: Make, words: str = "你好，明前龙井还有吗？", /, **looks: Any
) -> tuple[Walker, Walker]:
    """The customer has said this, and the supervisor who comes has been given her conversation and has it
    open. Both screens are of one size, the rest of `looks` is the supervisor's."""
    size = {side: looks[side] for side in ("width", "height") if side in looks}
    customer, agent = await walker(inn.url, **size), await walker(inn.url, **looks)
    await customer.visit_shop()
    await customer.write(words)
    await agent.sign_in(inn.people[1].email, inn.people[1].password)
    await agent.rows.first.click()
    await expect(agent.thread.get_by_text(words)).to_be_visible()
    await expect(agent.page.get_by_role("textbox", name=re.compile("输入回复|Write a reply"))).to_be_visible()
    return customer, agent
