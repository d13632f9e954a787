"""What a person does in a browser, in her words."""

import json
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page, expect

AXE = Path(__file__).parents[2] / "web" / "apps" / "desk" / "node_modules" / "axe-core" / "axe.min.js"
# What moves for ever, as a skeleton does, counts as still.
STILL = """() => document.fonts.status === 'loaded' && document.getAnimations().every(
  (moves) => moves.playState !== 'running' || moves.effect?.getComputedTiming().iterations === Infinity)"""
# Rules whose finds are never serious are not asked; none of the others needs the style sheets once more.
SERIOUS = """async () => {
    const mild = axe._audit.rules.filter(({ impact }) => impact === 'minor' || impact === 'moderate')
    const rules = Object.fromEntries(mild.map(({ id }) => [id, { enabled: false }]))
    return (await axe.run({ resultTypes: ['violations'], preload: false, rules })).violations
}"""
EXPECTED = ("401 (Unauthorized)", "net::ERR_", "Failed to load resource", "WebSocket connection to")

PHONE = {"width": 390, "height": 844}
# On a phone in the quick run; at a desk the same walk is a long one.
WIDTHS = pytest.mark.parametrize(
    "looks", [pytest.param({}, id="desktop", marks=pytest.mark.long), pytest.param(PHONE, id="phone")]
)
# Where she is already, there is nothing to do.
FOLLOW = """async (path) => {
    const { $router } = document.getElementById('app').__vue_app__.config.globalProperties
    return $router.currentRoute.value.fullPath === path ? null : (await $router.push(path))?.message ?? null
}"""


class Walker:
    """One person, one browser context. `check` at the end: nothing left the installation, nothing broke."""

    def __init__(self, url: str, context: BrowserContext, page: Page) -> None:
        self.url = url
        self.context = context
        self.page = page
        self.strange: list[str] = []
        self.faults: list[str] = []
        self._asked: set[Any] = set()
        context.on("request", self._on_request)
        context.on("requestfinished", self._on_answered)
        context.on("requestfailed", self._on_answered)
        context.on("console", self._on_console)
        context.on("weberror", lambda error: self.faults.append(str(error.error)))

    def _on_request(self, request: Any) -> None:
        if request.resource_type in {"fetch", "xhr", "stylesheet", "image", "font"}:
            self._asked.add(request)
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.strange.append(request.url)

    def _on_answered(self, request: Any) -> None:
        self._asked.discard(request)

    def _on_console(self, message: Any) -> None:
        if message.type == "error" and not any(word in message.text for word in EXPECTED):
            self.faults.append(message.text)

    def check(self) -> None:
        assert self.strange == [], "a request left the installation"
        assert self.faults == [], self.faults

    async def settled(self) -> None:
        """Nothing is asked for any more, nothing moves; returns after five seconds of something for ever."""
        deadline = time.monotonic() + 5
        quiet = 0
        while quiet < 2 and time.monotonic() < deadline:
            await self.page.wait_for_timeout(40)
            quiet = 0 if self._asked or not await self.page.evaluate(STILL) else quiet + 1

    async def follow(self, path: str) -> None:
        """Go there within the desk, as a link in it would: nothing is loaded anew."""
        assert await self.page.evaluate(FOLLOW, path) is None, path

    async def axe(self, page_or_frame: Any = None, *, still: bool = False) -> None:
        """No serious or critical violation on what is shown now; `still`: it has settled already."""
        place = page_or_frame or self.page
        if not still:
            await self.settled()
        if not await place.evaluate("() => 'axe' in window"):
            await place.evaluate(AXE.read_text())
        found = await place.evaluate(SERIOUS)
        serious = [
            (violation["id"], [node["target"] for node in violation["nodes"]][:3])
            for violation in found
            if violation["impact"] in {"serious", "critical"}
        ]
        assert serious == [], json.dumps(serious, ensure_ascii=False)

    # A customer on the demo shop

    async def visit_shop(self, path: str = "/demo") -> FrameLocator:
        await self.page.goto(self.url + path)
        await self.page.get_by_role("button", name=re.compile("在线客服|customer service", re.I)).click()
        return self.chat

    @property
    def chat(self) -> FrameLocator:
        return self.page.frame_locator("iframe[src*='panel.html']")

    @property
    def log(self) -> Locator:
        """What has been said, on the customer's side."""
        return self.chat.get_by_role("log")

    async def write(self, words: str) -> None:
        field = self.chat.get_by_label("输入消息")
        await field.fill(words)
        await field.press("Enter")

    # An agent at the workbench

    async def sign_in(self, email: str, password: str) -> None:
        await self.page.goto(self.url + "/")
        await self.page.get_by_label(re.compile("邮箱|E-?mail")).fill(email)
        await self.page.get_by_label(re.compile("^(密码|Password)")).fill(password)
        await self.page.keyboard.press("Enter")
        await expect(
            self.page.get_by_role("heading", name=re.compile("会话|Conversations")).first
        ).to_be_visible()

    async def open_list(self, name: str) -> None:
        await self.page.get_by_role("link", name=re.compile(f"^{name}")).first.click()

    @property
    def rows(self) -> Locator:
        return self.page.locator("[data-row]")

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("log")

    async def reply(self, words: str) -> None:
        field = self.page.get_by_role("textbox", name=re.compile("输入回复"))
        await field.fill(words)
        await field.press("Enter")


Make = Callable[..., Awaitable[Walker]]
"""The fixture `walker`: an address, and the browser's size and looks; a person there."""
