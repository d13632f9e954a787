"""The life of a conversation, walked through: put aside and back in time, wrapped up at its end, gone on
with when its customer comes back, and kept apart where it is no customer's."""

import re

import pytest
from playwright.async_api import expect
from sqlalchemy import text

from kezhan.simulate.client import Agent
from tests.journeys.conftest import Inn, meet
from tests.journeys.test_screens import LOOKS, keep
from tests.journeys.walk import Make, Walker

EVERY = [pytest.param(look, marks=() if look == "phone-dark-zh" else pytest.mark.long) for look in LOOKS]


async def step(agent: Walker, name: str) -> None:
    """One of the conversation's steps, from its menu."""
    await agent.page.get_by_role("button", name=re.compile("更多操作|More")).click()
    await agent.page.get_by_role("menuitem", name=re.compile(name)).click()


async def to_list(agent: Walker, name: str) -> None:
    await agent.page.goto(f"{agent.url}/conversations/{name}")


async def fall_due(inn: Inn) -> None:
    """The time of what is parked has come."""
    async with inn.house.db.tx(await inn.workspace_id()) as tx:
        await tx.run(text("update conversations set wake_at = now() where wake_at is not null"))
        await tx.run(text("update timers set due_at = now() where kind = 'conversations.wake'"))


@pytest.mark.parametrize("look", EVERY)
async def test_put_aside_and_back_in_time(inn: Inn, walker: Make, look: str) -> None:
    _, agent = await meet(inn, walker, **LOOKS[look])
    page = agent.page
    await page.keyboard.press("p")
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_text(re.compile("明天上午|Tomorrow morning"))).to_be_visible()
    await keep(agent, look, "park")
    await dialog.get_by_text(re.compile("明天上午|Tomorrow morning")).click()
    await expect(page.get_by_text(re.compile("暂存至|Parked until")).first).to_be_visible()
    await to_list(agent, "parked")
    await expect(agent.rows).to_have_count(1)
    await keep(agent, look, "parked")
    await to_list(agent, "mine")
    await fall_due(inn)
    await expect(page.get_by_text(re.compile("^(已到时间|Due)$"))).to_be_visible()
    await keep(agent, look, "due")
    await agent.rows.first.click()
    await expect(agent.thread.get_by_text(re.compile("暂存的时间到了|The time has come"))).to_be_visible()


async def shop_owner(inn: Inn) -> Agent:
    person = inn.people[0]
    return await Agent.sign_in(inn.url, person.email, person.password, await inn.house.client())


FIELDS = [
    {
        "id": "reason",
        "kind": "tree",
        "label": "咨询原因",
        "required": True,
        "choices": [
            {
                "id": "a",
                "label": "售前",
                "children": [{"id": "a1", "label": "价格"}, {"id": "a2", "label": "库存"}],
            },
            {"id": "b", "label": "售后", "children": []},
        ],
    },
    {"id": "solved", "kind": "yes_no", "label": "已解决", "required": False, "choices": []},
    {"id": "remark", "kind": "long_text", "label": "备注", "required": False, "choices": []},
]


@pytest.mark.parametrize("look", EVERY)
async def test_wrapped_up_at_its_end(inn: Inn, walker: Make, look: str) -> None:
    owner = await shop_owner(inn)
    form = {"version": 0, "fields": FIELDS}
    assert (await owner.request("PUT", "/api/forms/wrap_up", form)).status_code == 200
    _, agent = await meet(inn, walker, **LOOKS[look])
    page = agent.page
    await page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    ends = dialog.get_by_role("button", name=re.compile("^(结束会话|Close conversation)$"))
    await ends.click()
    await expect(dialog.get_by_text(re.compile("请先填写|Fill in “"))).to_be_visible()
    await keep(agent, look, "wrap-up")
    await dialog.get_by_label("咨询原因").click()
    await page.get_by_role("option", name="售前 / 库存").click()
    await ends.click()
    await expect(
        page.get_by_text(re.compile("会话已结束，重新打开|This conversation is closed"))
    ).to_be_visible()
    card = page.get_by_role("region", name=re.compile("^(会话小结|Wrap-up)$"))
    await page.reload()
    await expect(card.get_by_text("售前 / 库存")).to_be_visible()
    await keep(agent, look, "wrapped-up")
    await page.goto(f"{agent.url}/settings/wrapup")
    await expect(page.get_by_text(re.compile("客服看到的样子|What agents see"))).to_be_visible()
    await keep(agent, look, "settings-wrap-up")


@pytest.mark.long
@pytest.mark.parametrize("look", EVERY)
async def test_comes_back_into_the_same_one_and_later_into_another(inn: Inn, walker: Make, look: str) -> None:
    owner = await shop_owner(inn)
    (channel,) = (await owner.get("/api/channels"))["items"]
    customer, agent = await meet(inn, walker, **LOOKS[look])
    page = agent.page
    field = page.get_by_role("textbox", name=re.compile("输入回复|Write a reply"))
    await field.fill("有的")
    await page.get_by_role("button", name=re.compile("^(发送|Send)$")).click()
    await expect(agent.thread.get_by_text("有的", exact=True)).to_be_visible()
    rules = {
        "idle": True,
        "reopen_hours": 24,
        "warning": {"zh": "还在吗？\n{minutes} 分钟后会结束会话。"},
        "closing": {"zh": "先聊到这里，欢迎再来。"},
    }
    path = f"/api/channels/{channel['id']}/life"
    assert (await owner.request("PUT", path, rules)).status_code == 200
    await page.keyboard.press("Escape")
    await page.keyboard.press("e")
    await expect(
        page.get_by_text(re.compile("会话已结束，重新打开|This conversation is closed"))
    ).to_be_visible()
    await customer.write("我又来了")
    await expect(agent.thread.get_by_text("我又来了")).to_be_visible()
    await expect(agent.thread.get_by_text(re.compile("客户再次来访|The customer came back"))).to_be_visible()
    assert (await owner.request("PUT", path, {**rules, "reopen_hours": 0})).status_code == 200
    await page.keyboard.press("e")
    await expect(
        page.get_by_text(re.compile("会话已结束，重新打开|This conversation is closed"))
    ).to_be_visible()
    await customer.write("还有一件事")
    following = agent.thread.get_by_role("link", name=re.compile("客户之后的会话|Next conversation"))
    await expect(following).to_be_visible()
    await page.reload()
    await expect(following).to_be_visible()
    await keep(agent, look, "linked")
    await following.click()
    await expect(agent.thread.get_by_role("link", name=re.compile("上一次会话|Previous"))).to_be_visible()
    admin = await walker(inn.url, **LOOKS[look])
    await admin.sign_in(inn.people[0].email, inn.people[0].password)
    await admin.page.goto(f"{inn.url}/settings/channels/{channel['id']}?tab=rules")
    section = admin.page.get_by_role("heading", name=re.compile("结束与再次来访|Ending and coming back"))
    await section.scroll_into_view_if_needed()
    await admin.page.get_by_text("5 分钟后会结束会话").last.scroll_into_view_if_needed()
    await keep(admin, look, "channel-life")


@pytest.mark.long
@pytest.mark.parametrize("look", EVERY)
async def test_kept_apart_where_it_is_no_customers(inn: Inn, walker: Make, look: str) -> None:
    customer, agent = await meet(inn, walker, **LOOKS[look])
    page = agent.page
    await step(agent, "屏蔽客户|Block the customer")
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label(re.compile("原因|Reason")).fill("广告")
    await keep(agent, look, "block")
    await dialog.get_by_role("button", name=re.compile("^(屏蔽|Block)$")).click()
    await expect(
        page.get_by_text(re.compile("会话已结束，重新打开|This conversation is closed"))
    ).to_be_visible()
    await customer.write("限时优惠")
    await expect(customer.log.get_by_text("限时优惠")).to_be_visible()
    await to_list(agent, "unassigned")
    await expect(agent.rows).to_have_count(0)
    await to_list(agent, "spam")
    await expect(agent.rows).to_have_count(1)
    await agent.rows.first.click()
    await expect(agent.thread.get_by_text("限时优惠")).to_be_visible()
    await keep(agent, look, "spam")
    await page.goto(f"{agent.url}/settings/blocked")
    await expect(page.get_by_text("广告")).to_be_visible()
    await keep(agent, look, "settings-blocked")
    await page.get_by_role("button", name=re.compile("^(解除|Unblock)")).first.click()
    await expect(page.get_by_text(re.compile("没有屏蔽任何客户|Nobody is blocked"))).to_be_visible()
    await customer.write("你好，想买茶")
    await to_list(agent, "mine")
    await expect(agent.rows).to_have_count(1)
