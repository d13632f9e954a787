"""One browser for every journey, and an inn to walk through: the product with its pages and its demo."""

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from kezhan.channels.first_run import ensure_demo_shop
from kezhan.kit.postgres import Access
from kezhan.kit.testing import PATIENCE
from kezhan.kit.webbuild import ensure_assets
from kezhan.testing import Running, running
from kezhan.workspaces.first_run import DemoAccount, ensure_demo_people
from tests.journeys.walk import Walker

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
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
    if CHROMIUM is None:
        pytest.skip("Debian's package chromium is not installed, so no browser test runs")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
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
async def walker(chromium: Browser) -> AsyncIterator[Callable[..., Awaitable[Walker]]]:
    """Makes people with a browser of their own. Every request they cause must stay in the installation."""
    async with AsyncExitStack() as stack:

        async def make(url: str, *, width: int = 1280, height: int = 800, **more: Any) -> Walker:
            context: BrowserContext = await chromium.new_context(
                viewport={"width": width, "height": height}, locale=more.pop("locale", "zh-CN"), **more
            )
            stack.push_async_callback(context.close)
            context.set_default_timeout(_PATIENCE_MS)
            page: Page = await context.new_page()
            made = Walker(url, context, page)
            stack.callback(made.check)
            return made

        yield make
