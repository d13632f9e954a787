"""What holds for one channel is decided where the channel is: its hours, its team, its own words; and its
customer hears them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said
from kezhan.kit.testing import until
from kezhan.workspaces.tests.factories import member_client
from tests.journeys.channels.conftest import join, ours
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make

GREETING, CLOSED = "您好，欢迎光临客栈。", "现在打烊了。"


@pytest.fixture
async def office(inn: Inn) -> httpx2.AsyncClient:
    """A second owner, who does by calls what other journeys do by hand."""
    _, client = await member_client(inn.house, "owner", await inn.workspace_id())
    return client


async def made(office: httpx2.AsyncClient, path: str, form: dict[str, Any]) -> dict[str, Any]:
    answer = await office.post(path, json=form)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def prepared(office: httpx2.AsyncClient) -> None:
    """A team, and hours that begin tomorrow."""
    await made(office, "/api/teams", {"name": "公众号组"})
    days: list[list[dict[str, int]]] = [[] for _ in range(7)]
    days[(datetime.now(UTC) + timedelta(days=1)).weekday()] = [{"start": 9 * 60, "end": 18 * 60}]
    form = {"name": "夜里打烊", "time_zone": "UTC", "weekly": {"days": days}, "holiday_set_ids": []}
    await made(office, "/api/schedules", form)


@pytest.mark.long
async def test_a_channels_rules_are_written_at_the_channel_and_its_customer_hears_them(
    inn: Inn, wechat: Platform, office: httpx2.AsyncClient, walker: Make
) -> None:
    account_id = await join(inn, wechat, "客栈公众号")
    await prepared(office)
    owner = await walker(inn.url)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    page = owner.page
    await page.goto(f"{owner.url}/settings/channels/{account_id}?tab=rules")
    await page.get_by_role("combobox", name="工作时间").click()
    await page.get_by_role("option", name="夜里打烊").click()
    await expect(page.get_by_text("休息中").first).to_be_visible()
    await page.get_by_role("button", name="交给小组").click()
    await page.get_by_role("option", name="公众号组").click()
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="保存小组").click()
    # The team has nobody yet, which the house asks about.
    await page.get_by_role("button", name="仍然保存").click()
    await expect(page.get_by_role("listitem").filter(has_text="客栈公众号")).to_be_visible()
    await page.get_by_label("欢迎语", exact=True).fill(GREETING)
    await page.get_by_label("非工作时间", exact=True).fill(CLOSED + "\n开门：")
    await page.get_by_role("button", name="下次开门时间").click()
    await page.get_by_role("button", name="保存自动回复").click()
    await expect(page.get_by_text("已保存").last).to_be_visible()
    await owner.axe()

    customer = next(iter(wechat.phones))
    closed = f"{CLOSED}\n开门：明天 09:00"
    assert await answered(wechat, customer, "在吗？") == [closed]
    await wechat.say(customer, Said(text="有人吗？"))
    await page.get_by_role("combobox", name="工作时间").click()
    await page.get_by_role("option", name="全天接待").click()
    await expect(page.get_by_text("休息中")).to_have_count(0)

    await page.goto(owner.url + "/")
    await owner.open_list("未分配")
    await owner.rows.filter(has_text="有人吗？").or_(owner.rows.filter(has_text=CLOSED)).first.click()
    await expect(owner.thread.get_by_text("自动回复").first).to_be_visible()
    await owner.axe()
    talk = page.url.rstrip("/").rpartition("/")[2].partition("?")[0]
    assert (await office.put(f"/api/conversations/{talk}/closure")).status_code < 300
    assert await answered(wechat, customer, "早上好", before=1) == [closed, GREETING]


async def answered(wechat: Platform, customer: str, words: str, before: int = 0) -> list[str]:
    """She writes; all that has been written to her by then, once that is more."""
    await wechat.say(customer, Said(text=words))

    async def look() -> list[str]:
        shown = [one.text for one in ours(wechat, customer)]
        return shown if len(shown) > before else []

    return await until(look)
