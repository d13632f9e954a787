"""Every screen at desktop and phone width, both schemes, both languages: no serious violation of
accessibility, nothing that scrolls the page itself, nothing wider than the screen. Pictures are kept."""

import os
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from kezhan.kit.ids import new_id
from kezhan.simulate.client import Agent
from kezhan.simulate.demo import fill_demo
from tests.journeys.conftest import Inn
from tests.journeys.walk import Walker

PLACES = (
    "/conversations/mine",
    "/conversations/closed",
    "/conversations/mentions",
    "/search?q=茶",
    "/contacts",
    "/visitors",
    "/colleagues",
    "/monitor",
    "/monitor/wall",
    "/monitor/alerts",
    "/contacts/alike",
    "/contacts/import",
    "/companies",
    "/satisfaction",
    "/satisfaction?tab=answers",
    "/satisfaction?tab=follow",
    "/settings",
    "/settings/channels",
    "/settings/channels/new",
    "/settings/channels/new/webchat",
    "/settings/channels/new/open",
    "/settings/channels/new/wechat_oa",
    "/settings/channels/new/email",
    "/settings/channels/new/telegram",
    "/settings/channels/new/whatsapp",
    "/settings/reception",
    "/settings/reception?tab=seats",
    "/settings/reception?tab=limits",
    "/settings/reception?tab=general",
    "/settings/staffing",
    "/settings/staffing?tab=forecast",
    "/settings/staffing?tab=shifts",
    "/settings/hours",
    "/settings/hours/new",
    "/settings/hours/holidays/new",
    "/settings/translation",
    "/settings/quick",
    "/settings/quick/new",
    "/settings/invites",
    "/settings/invites/new",
    "/settings/surveys",
    "/settings/surveys/new",
    "/settings/orders",
    "/settings/workspace",
    "/settings/team",
    "/settings/access",
    "/settings/roles",
    "/settings/masking",
    "/settings/protection",
    "/settings/tokens",
    "/settings/tags",
    "/settings/tags?tab=rules",
    "/settings/segments",
    "/settings/words",
    "/settings/fields",
    "/settings/wrapup",
    "/settings/blocked",
    "/settings/webhooks",
    "/settings/api",
    "/settings/privacy",
    "/settings/consent",
    "/settings/backup",
    "/settings/audit",
    "/me",
)
# Of one thing, drawn by the parts of the page that makes one; and doors, which other journeys pass.
ELSEWHERE = {
    "holidays",
    "join",
    "nowhere",
    "quick-reply",
    "schedule",
    "second",
    "secure",
    "company",
    "setup",
    "sign-in",
    "unreachable",
}
ROUTES = """() => {
    const { $router } = document.getElementById('app').__vue_app__.config.globalProperties
    return [$router.currentRoute.value.name, $router.getRoutes().map(({ name }) => name).filter(Boolean)]
}"""
LOOKS = {
    "desktop-light-zh": {"width": 1440, "height": 900, "locale": "zh-CN", "color_scheme": "light"},
    "desktop-dark-en": {"width": 1440, "height": 900, "locale": "en-US", "color_scheme": "dark"},
    "narrow-light-en": {"width": 1024, "height": 768, "locale": "en-US", "color_scheme": "light"},
    "phone-light-en": {"width": 390, "height": 844, "locale": "en-US", "color_scheme": "light"},
    "phone-dark-zh": {"width": 390, "height": 844, "locale": "zh-CN", "color_scheme": "dark"},
}
QUICK = ("phone-dark-zh",)
# Drawn by the same parts as others, so the quick run passes them over.
ALIKE = {
    "/settings/channels/new/open",
    "/settings/channels/new/email",
    "/settings/channels/new/telegram",
    "/settings/channels/new/whatsapp",
}
# So long that its looking through takes as long as ten other pages.
LONG = {"/settings/api"}
PICTURES = Path(__file__).parents[2] / ".artifacts" / "screens"
# What a channel's page and the rest of its setting up have to show.
CHANNEL_PLACES = (
    "",
    "?tab=settings",
    "?tab=door",
    "?tab=rules",
    "?tab=share",
    "?tab=check",
    "?tab=log",
    "?tab=log&log=deliveries",
    "/setup?step=door",
    "/setup?step=test",
    "/setup?step=done",
)
# What stands on pages that are empty at first.
FURNITURE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/api/tags", {"name": "高价值客户", "group": "等级", "colour": "amber"}),
    (
        "POST",
        "/api/segments",
        {
            "name": "近期新客",
            "description": "30 天内第一次来",
            "filter": {"groups": [{"conditions": [{"is": "age", "field": "met_at", "minutes": 43200}]}]},
        },
    ),
    ("POST", "/api/word-lists", {"name": "不要承诺", "words": ["包治百病", "绝对正品"], "agents": "warn"}),
    (
        "PUT",
        "/api/fields/contact",
        {"version": 0, "fields": [{"id": "level", "kind": "number", "label": "积分"}]},
    ),
    (
        "PUT",
        "/api/forms/wrap_up",
        {"version": 0, "fields": [{"id": "why", "kind": "text", "label": "咨询原因"}]},
    ),
    ("PUT", f"/api/companies/{new_id()}", {"name": "杭州山间茶业有限公司", "domains": ["shanjian.example"]}),
    (
        "POST",
        "/api/webhooks",
        {"name": "订单系统", "address": "https://shop.example/", "events": ["contact.merged"]},
    ),
)
# A message that is not there shows as its key.
KEY = re.compile(r"\b(?:desk(?:_[a-z]+)?|staffing|audit)\.\w+\.\w+")
SHAPE = "() => [document.scrollingElement.scrollTop, document.documentElement.scrollWidth - innerWidth]"


async def keep(walker: Walker, look: str, name: str, *, axe: bool = True) -> None:
    folder = PICTURES / look
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103
    await walker.settled()
    await walker.page.screenshot(path=folder / f"{name}.png")
    top, wider = await walker.page.evaluate(SHAPE)
    assert top == 0, f"{name}: the page itself has scrolled"
    assert wider <= 0, f"{name}: {wider} px wider than the screen"
    assert KEY.findall(await walker.page.inner_text("body")) == [], name
    if axe:
        await walker.axe(still=True)


async def furnish(inn: Inn) -> tuple[str, ...]:
    """One thing of every kind, two customers with one address, a team, and a channel of a platform; the
    places where the last two are seen."""
    person = inn.people[0]
    owner = await Agent.sign_in(inn.url, person.email, person.password, await inn.house.client())
    made: dict[str, Any] = {}
    for method, path, body in FURNITURE:
        answer = await owner.request(method, path, body)
        assert answer.status_code < 300, (path, answer.text)
        made[path] = answer.json()
    people = [
        row["head"]["contact_id"] for row in (await owner.get("/api/conversations?name=all&limit=2"))["items"]
    ]
    for one in people:
        email = {"email": "li@shanjian.example"}
        assert (await owner.request("PATCH", f"/api/contacts/{one}", email)).status_code == 200
    team = (await owner.request("POST", "/api/teams", {"name": "售前咨询"})).json()
    secrets = {"app_secret": "s" * 32, "token": "t" * 16, "aes_key": "a" * 43}
    form = {"adapter": "wechat_oa", "name": "客栈公众号", "settings": {}, "secrets": secrets}
    answer = await owner.request("POST", "/api/channels", form)
    assert answer.status_code == 201, answer.text
    channel = f"/settings/channels/{answer.json()['channel']['id']}"
    return (
        f"/monitor/teams/{team['id']}",
        f"/settings/webhooks/{made['/api/webhooks']['endpoint']['id']}",
        f"/contacts/{people[0]}",
        *(channel + place for place in CHANNEL_PLACES),
    )


def name_of(place: str) -> str:
    """A picture's; ids are left out."""
    return (
        re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "one", place).strip("/").translate(str.maketrans("/?=&", "----"))
    )


async def talk(owner: Walker, look: str) -> None:
    """A conversation, why it is where it is, and the menu of her own seat."""
    page = owner.page
    await page.goto(owner.url + "/conversations/all")
    await owner.rows.first.click()
    await expect(owner.thread).to_be_visible()
    await keep(owner, look, "thread")
    if "desktop" not in look:
        await page.get_by_role("button", name=re.compile("客户|customer", re.I)).first.click()
    await page.get_by_role("tab", name=re.compile("分配|Routing")).click()
    await keep(owner, look, "trace")
    await page.goto(owner.url + "/conversations/mine")
    await page.get_by_role("button", name=re.compile("我的状态|My state|My status")).last.click()
    await expect(page.get_by_role("menu")).to_be_visible()
    await keep(owner, look, "seat")


async def arrange(inn: Inn) -> None:
    """Room for everybody who waits, and rules: who is chosen is asked first, the rest is never reached."""
    person = inn.people[0]
    owner = await Agent.sign_in(inn.url, person.email, person.password, await inn.house.client())
    form = {**await owner.get("/api/reception"), "live_units": 50}
    assert (await owner.request("PUT", "/api/reception", form)).status_code == 200
    rules = [{"id": str(new_id()), "name": "官网咨询", "accept_seconds": 120}]
    names = ("批发客户", "Wholesale customers from abroad who ask for samples first")
    rules += [{"id": str(new_id()), "name": name, "when": {"pages": ["/wholesale"]}} for name in names]
    version = (await owner.get("/api/routing-policy"))["version"]
    body = {"version": version, "despite": True, "policy": {"rules": rules}}
    assert (await owner.request("PUT", "/api/routing-policy", body)).status_code == 200


async def dialogs(owner: Walker, look: str) -> None:
    """A rule, what the rules would have done, what speaks against them, a new alert."""
    page = owner.page

    async def show(name: str, button: str) -> None:
        await page.get_by_role("button", name=re.compile(button)).first.click()
        await expect(page.get_by_role("dialog")).to_be_visible()
        await keep(owner, look, name)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)

    await page.goto(owner.url + "/settings/reception")
    await show("rule", "官网咨询.*编辑|编辑.*官网咨询|Edit.*官网咨询")
    await page.locator("[data-arrow='up']").last.click()
    await show("preview", "^(预览|Preview)")
    await show("doubts", "^(保存|Save)$")
    await keep(owner, look, "doubted", axe=False)
    await page.goto(owner.url + "/monitor/alerts")
    await show("alert", "新建提醒|New alert")


async def ask(owner: Walker, customer: Walker, look: str) -> None:
    """A customer's first words, offered to the owner, who declines; what both see."""
    panel = customer.page.frame(url=re.compile("panel.html"))
    await customer.chat.get_by_role("textbox").fill("请问怎么退货？")
    await customer.page.keyboard.press("Enter")
    await expect(owner.page.get_by_role("article").first).to_be_visible()
    await keep(owner, look, "offer")
    await customer.settled()
    await customer.page.screenshot(path=PICTURES / look / "widget-offered.png")
    await owner.page.get_by_role("button", name=re.compile("^(谢绝|Decline)")).first.click()
    place = customer.chat.get_by_role("region", name=re.compile("排队情况|Waiting"))
    await expect(place).to_contain_text(re.compile("第 1 位|Number 1"))
    await customer.settled()
    await customer.page.screenshot(path=PICTURES / look / "widget-waiting.png")
    await customer.axe(panel)


async def tour(inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str) -> None:
    house = inn.house.house
    accounts = [(person.email, person.password) for person in inn.people]
    totals = await fill_demo(inn.url, inn.site_key, accounts, house.settings.data)
    assert totals is not None
    assert totals.good, totals.lines()
    owner = await walker(inn.url, **LOOKS[look])
    await owner.page.goto(inn.url + "/")
    await expect(owner.page.get_by_role("textbox").first).to_be_visible()
    await keep(owner, look, "sign-in")
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    await owner.settled()
    await owner.page.goto(inn.url + PLACES[0])  # without the notices of what she has just been given
    furnished, seen = await furnish(inn), set[str]()
    for place in (*PLACES, *furnished):
        if look in QUICK and place in ALIKE:
            continue
        await owner.follow(place)
        name, known = await owner.page.evaluate(ROUTES)
        seen.add(name)
        await expect(owner.page.get_by_role("heading").first).to_be_visible()
        await keep(owner, look, name_of(place), axe=look not in QUICK or place not in LONG)
    # Where there is room beside their list, settings open at the first of them.
    assert set(known) - seen - {"settings"} == ELSEWHERE
    await talk(owner, look)
    await arrange(inn)
    await dialogs(owner, look)
    customer = await walker(inn.url, **LOOKS[look])
    await customer.page.goto(inn.url + ("/demo?lang=en" if look.endswith("en") else "/demo"))
    await customer.page.get_by_role("button", name=re.compile("在线客服|Open the chat")).click()
    await expect(customer.chat.get_by_role("textbox")).to_be_visible()
    await customer.settled()
    await customer.page.screenshot(path=PICTURES / look / "widget.png")
    await customer.axe(customer.page.frame(url=re.compile("panel.html")))
    await ask(owner, customer, look)


@pytest.mark.parametrize("look", QUICK)
async def test_every_screen_is_accessible_and_keeps_its_shape(
    inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str
) -> None:
    await tour(inn, walker, look)


@pytest.mark.long
@pytest.mark.parametrize("look", [look for look in LOOKS if look not in QUICK])
async def test_every_screen_in_every_other_look(
    inn: Inn, walker: Callable[..., Awaitable[Walker]], look: str
) -> None:
    await tour(inn, walker, look)
