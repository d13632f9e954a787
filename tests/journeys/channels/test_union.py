"""One person on an official account and a mini-program of one Open Platform account: one customer at the
desk, and a step from either conversation to the other; real screens, platforms as their documents say."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import expect

from fakes.base import Platform
from fakes.phone import Said
from fakes.serve import standing
from kezhan.kit.testing import until
from tests.journeys.channels.conftest import connect, join, ours
from tests.journeys.conftest import Inn
from tests.journeys.walk import Make


@pytest.fixture
async def program() -> AsyncIterator[Platform]:
    async with standing("wechat_miniprogram") as platform:
        yield platform


def customer_of(platform: Platform) -> str:
    """Her open id there; she bears the same name on both."""
    return next(phone.id for phone in platform.phones.values() if phone.name == "林小满")


async def test_one_person_on_the_account_and_the_mini_program_is_one_customer(
    inn: Inn, wechat: Platform, program: Platform, walker: Make
) -> None:
    owner = await walker(inn.url)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    await connect(owner, wechat, "微信公众号")
    await connect(owner, program, "微信小程序")
    on_account, in_program = customer_of(wechat), customer_of(program)
    assert on_account != in_program
    await wechat.say(on_account, Said(text="公众号上问：龙井还有货吗？"))
    await program.act(in_program, "enter_known", {})
    await program.settled()
    await program.say(in_program, Said(text="小程序里问：订单到哪了？"))

    page = owner.page
    await page.goto(owner.url + "/conversations/all")
    await expect(owner.rows).to_have_count(2)
    await owner.rows.filter(has_text="小程序里问").click()
    await expect(owner.thread.get_by_text("小程序里问：订单到哪了？")).to_be_visible()
    doors = page.get_by_role("navigation", name="渠道")
    await expect(doors.get_by_role("link")).to_have_count(2)
    await expect(doors.get_by_role("link", name="微信小程序")).to_have_attribute("aria-current", "true")
    await owner.axe()
    await page.get_by_role("tab", name="历史会话").click()
    await expect(page.get_by_role("complementary").get_by_text("公众号上问")).to_be_visible()
    await expect(page.get_by_role("complementary").get_by_text("微信公众号")).to_be_visible()
    await owner.axe()
    await page.get_by_role("tab", name="客户").click()
    await doors.get_by_role("link", name="微信公众号").click()
    await expect(owner.thread.get_by_text("公众号上问：龙井还有货吗？")).to_be_visible()
    await owner.reply("有的，今天就能发货。")

    async def answered() -> list[str]:
        return [one.text for one in ours(wechat, on_account)]

    assert await until(answered) == ["有的，今天就能发货。"]
    assert ours(program, in_program) == []
    await page.goto(owner.url + "/contacts")
    await expect(page.get_by_role("link", name="林小满")).to_have_count(1)


async def test_whom_the_mini_program_names_only_later_becomes_one_customer_before_the_agents_eyes(
    inn: Inn, wechat: Platform, program: Platform, walker: Make
) -> None:
    await join(inn, wechat, "微信公众号")
    await join(inn, program, "微信小程序")
    on_account, in_program = customer_of(wechat), customer_of(program)
    await wechat.say(on_account, Said(text="公众号上问：龙井还有货吗？"))
    owner = await walker(inn.url)
    await owner.sign_in(inn.people[0].email, inn.people[0].password)
    page = owner.page
    await page.goto(owner.url + "/conversations/all")
    await expect(owner.rows).to_have_count(1)
    await program.say(in_program, Said(text="小程序里问：订单到哪了？"))
    await expect(owner.rows).to_have_count(2)
    await owner.rows.filter(has_text="小程序里问").click()
    await expect(owner.thread.get_by_text("小程序里问：订单到哪了？")).to_be_visible()
    doors = page.get_by_role("navigation", name="渠道")
    await expect(doors).to_have_count(0)

    # She signs in over there and comes back to the talk.
    await program.act(in_program, "enter_known", {})
    line = owner.thread.get_by_text("确认与另一位客户是同一人")
    await expect(line.last).to_be_visible()
    await expect(doors.get_by_role("link")).to_have_count(2)
    # What she said over there before stands above at once.
    await expect(owner.thread.get_by_text("公众号上问：龙井还有货吗？")).to_have_count(1)
    await owner.axe()
    await doors.get_by_role("link", name="微信公众号").click()
    await expect(owner.thread.get_by_text("公众号上问：龙井还有货吗？")).to_be_visible()
    await expect(line.last).to_be_visible()
    await page.goto(owner.url + "/contacts")
    await expect(page.get_by_role("link", name="林小满")).to_have_count(1)
