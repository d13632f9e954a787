"""One customer, one history: what was said before stands above, a day is gone to, what is known of her is
beside it, and two of her conversations become one."""

import re
from uuid import UUID

import pytest
from playwright.async_api import Locator, expect
from sqlalchemy import text

from kezhan.conversations.tests.factories import make_account
from kezhan.kit.ids import new_id
from kezhan.kit.testing import until
from tests.journeys.conftest import Inn
from tests.journeys.test_screens import LOOKS, keep
from tests.journeys.walk import Make, Walker

EVERY = [pytest.param(look, marks=() if look == "phone-dark-zh" else pytest.mark.long) for look in LOOKS]
_PAST = """
with her as (
    select c.workspace_id, c.account_id, c.identity_id, c.contact_id,
        (select id from memberships where role = 'owner' limit 1) as owner_id
    from conversations c where c.id = :now
), made as (
    insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
        assignee_id, last_seq, rev, opened_at, active_at, closed_at)
    select workspace_id, :id, account_id, identity_id, contact_id, 'webchat', 'closed',
        case when :theirs then owner_id end, 40, 40, now() - :days * interval '1 day',
        now() - :days * interval '1 day', now() - :days * interval '1 day' from her
)
insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, body, created_at)
select her.workspace_id, :id, s, s, 'text', 'visitor', her.identity_id, :days || ' 天前第 ' || s || ' 句',
    now() - :days * interval '1 day' + s * interval '1 second' from her, generate_series(1, 40) s
"""
_BESIDE = """
with her as (select workspace_id, contact_id from conversations where id = :now), known as (
    insert into identities (workspace_id, id, contact_id, account_id, external_id)
    select workspace_id, :identity, contact_id, :account, 'elsewhere' from her
), made as (
    insert into conversations (workspace_id, id, account_id, identity_id, contact_id, channel, state,
        last_seq, rev, inbound_count, preview_seq, preview_kind, preview_author, preview_text,
        opened_at, active_at)
    select workspace_id, :id, :account, :identity, contact_id, 'telegram', 'queued', 1, 1, 1, 1, 'text',
        'visitor', '在 Telegram 上也问一下', now(), now() from her
)
insert into messages (workspace_id, conversation_id, seq, rev, kind, author_kind, author_id, body, created_at)
select workspace_id, :id, 1, 1, 'text', 'visitor', :identity, '在 Telegram 上也问一下', now() from her
"""


async def _before(inn: Inn) -> None:
    """She has been here twenty, ten and five days ago, and writes on another channel as well; the talk of ten
    days ago is for other eyes."""
    workspace_id = await inn.workspace_id()
    account_id = await make_account(inn.house.db, workspace_id)
    async with inn.house.db.tx(workspace_id) as tx:
        newest = text(
            "select id from conversations where channel = 'webchat' order by opened_at desc limit 1"
        )
        now: UUID = await tx.value(newest)
        for days in (20, 10, 5):
            await tx.run(text(_PAST), {"now": now, "id": new_id(), "days": days, "theirs": days == 10})
        await tx.run(text(_BESIDE), {"now": now, "id": new_id(), "identity": new_id(), "account": account_id})


async def _to_side(agent: Walker, tab: str) -> Locator:
    """What is known of her, opened at one of its parts; on a phone it is a screen of its own."""
    side = agent.page.get_by_role("complementary", name=re.compile("客户资料|Customer"))
    if not await side.is_visible():
        await agent.page.get_by_role("button", name=re.compile("，客户资料$|, customer details$")).click()
    await side.get_by_role("tab", name=re.compile(tab)).click()
    return side


async def _look_up(agent: Walker, look: str) -> None:
    """Upwards through all that was said before, as far as it goes."""
    log = agent.thread
    await expect(log.get_by_text("你好，又是我")).to_be_in_viewport()
    await expect(log.get_by_text("5 天前第 40 句")).to_be_attached()
    first = log.get_by_text("20 天前第 1 句", exact=True)

    async def at_the_first() -> int:
        await log.evaluate("log => log.parentElement.scrollTo(0, 0)")
        await agent.page.wait_for_timeout(100)
        return await first.count()

    await until(at_the_first)
    await expect(log.get_by_text(re.compile("你无权查看|Not visible to you"))).to_have_count(1)
    await expect(log.get_by_text("10 天前第 40 句")).to_have_count(0)
    await keep(agent, look, "history-thread")


async def _go_to_a_day(agent: Walker, look: str) -> None:
    page, side = agent.page, await _to_side(agent, "历史|History")
    await side.get_by_role("button", name=re.compile("跳到某天|Go to a day")).click()
    days = page.get_by_role("button", name=re.compile("^(跳到 |Go to [A-Z])"))
    await expect(days.first).to_be_visible()
    await keep(agent, look, "history-days")
    await days.first.click()
    await expect(agent.thread.locator("[data-past] .ring-pine")).to_be_visible()


async def _note(agent: Walker, look: str) -> None:
    side = await _to_side(agent, "备注|Notes")
    field = side.get_by_label(re.compile("客户备注|Note about"))
    await field.fill("喜欢凤凰单丛，周末才收货")
    await field.press("Control+Enter")
    await expect(side.get_by_role("listitem").filter(has_text="周末才收货")).to_be_visible()
    await keep(agent, look, "history-notes")
    await side.get_by_role("tab", name=re.compile("订单|Orders")).click()
    await expect(side.get_by_text(re.compile("尚未接入|not connected"))).to_be_visible()


async def _merge(agent: Walker, look: str) -> None:
    page, side = agent.page, await _to_side(agent, "历史|History")
    await side.get_by_role("button", name=re.compile("与另一个会话合并|Merge with")).click()
    does = page.get_by_role("button", name=re.compile("^(合并|Merge)$"))
    dialog = page.get_by_role("dialog").filter(has=does)  # in a narrow window the side is one as well
    await page.wait_for_timeout(300)
    await keep(agent, look, "history-merge")
    await does.click()
    await expect(dialog).to_be_hidden()


@pytest.mark.parametrize("look", EVERY)
async def test_all_that_was_said_with_a_customer_is_one_thread(inn: Inn, walker: Make, look: str) -> None:
    customer, agent = await walker(inn.url), await walker(inn.url, **LOOKS[look])
    await customer.visit_shop()
    await customer.write("你好，又是我")
    person = inn.people[2]
    await agent.sign_in(person.email, person.password)
    row = agent.rows.filter(has_text="你好，又是我").first
    await expect(row).to_be_visible()
    await _before(inn)
    await row.click()
    await _look_up(agent, look)
    await _go_to_a_day(agent, look)
    await _note(agent, look)
    await _merge(agent, look)
    if look.startswith("phone"):
        await agent.page.get_by_role("button", name=re.compile("返回|Back")).first.click()
    elif look.startswith("narrow"):
        await agent.page.keyboard.press("Escape")
    await expect(agent.thread.get_by_text(re.compile("并了进来|into this one"))).to_be_visible()
    await expect(agent.thread.get_by_text("在 Telegram 上也问一下")).to_be_attached()
